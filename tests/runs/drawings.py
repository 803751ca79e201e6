"""Drawings for tests, as a page sends them."""

from base64 import b64encode

import numpy as np

SIDE = 160


def seven(left=50, top=30, size=90, pen=9):
    """A 7 of two strokes on a canvas of bytes, ink high."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    canvas[top : top + pen, left : left + size * 2 // 3] = 255
    for row in range(size):
        start = left + (size * 2 // 3) - pen - row // 3
        canvas[top + row, start : start + pen] = 255
    return canvas


def message(canvas):
    """The drawing in a question."""
    return {"ink": b64encode(canvas.tobytes()).decode(), "size": len(canvas)}


def own(label, top=4, size=56, pen=6):
    """A 7 in a set of one's own, under any label."""
    ink = seven(left=14, top=top, size=size, pen=pen)[:64, :64] > 127
    return {"label": label, "bits": b64encode(np.packbits(ink).tobytes()).decode()}
