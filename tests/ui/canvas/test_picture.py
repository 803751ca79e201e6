"""Pictures as people upload them, good and bad: each bad one gets a short sentence."""

import asyncio
import io
import json
import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from nnviz.photo import SIDE, ink_from_picture
from nnviz.ui.canvas import picture
from tests.runs.drawings import seven


def encoded(image, kind="PNG", **options):
    held = io.BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def written(mode="L"):
    """A 7, dark on light."""
    return Image.fromarray(255 - seven()).convert(mode)


def png_header(width, height):
    """A PNG of that size by its header, and next to nothing else."""
    about = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data)
        )

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", about) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def post(content, pieces=1):
    """Send a file to the server as a browser does; returns the answer's JSON."""
    size = -(-len(content) // pieces) or 1
    parts = [content[start : start + size] for start in range(0, len(content), size)] or [b""]
    sent = []
    scope = {
        "type": "http", "method": "POST", "path": "/nnviz/picture", "query_string": b"",
        "headers": [], "http_version": "1.1", "scheme": "http", "root_path": "",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }

    async def receive():
        body = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": body, "more_body": bool(parts)}

    async def send(message):
        sent.append(message)

    asyncio.run(Starlette(routes=picture.routes())(scope, receive, send))
    assert sent[0]["status"] == 200
    return json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_picture_comes_back_as_its_ink(kind, mode):
    answer = post(encoded(written(mode), kind), pieces=3)
    assert answer["size"] == SIDE
    ink = np.frombuffer(b64decode(answer["ink"]), np.uint8).reshape(SIDE, SIDE) / 255
    expected = ink_from_picture(255 - seven())
    both = (ink > 0.5) & (expected > 0.5)
    assert both.sum() > 0.95 * (expected > 0.5).sum()


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255)])
def test_what_is_drawn_on_nothing_is_ink(ink):
    pixels = np.zeros((160, 160, 4), np.uint8)
    pixels[..., :3] = ink
    pixels[..., 3] = seven()
    found = picture.ink_of_file(encoded(Image.fromarray(pixels)))
    expected = ink_from_picture(255 - seven())
    assert (found > 0.5).sum() == pytest.approx((expected > 0.5).sum(), rel=0.05)


def test_a_scan_of_16_bits_of_grey_is_read_like_one_of_8():
    pixels = np.asarray(written(), np.uint16) * 257
    found = picture.ink_of_file(encoded(Image.fromarray(pixels)))
    np.testing.assert_array_equal(found, picture.ink_of_file(encoded(written())))


def test_a_photo_held_sideways_is_turned():
    exif = Image.Exif()
    exif[274] = 6  # to be turned a quarter to the right
    turned = written().transpose(Image.Transpose.ROTATE_90)
    found = picture.ink_of_file(encoded(turned, "JPEG", exif=exif, quality=95))
    expected = picture.ink_of_file(encoded(written(), "JPEG", quality=95))
    assert np.abs(found - expected).mean() < 0.02


def animated_gif():
    return encoded(written(), "GIF", save_all=True, append_images=[written().rotate(90)])


BAD = {
    "broken PNG": (encoded(written())[:200], "broken"),
    "broken JPEG": (encoded(written(), "JPEG")[:300], "broken"),
    "only the start of a PNG": (b"\x89PNG\r\n\x1a\n", "this is a broken PNG"),
    "50 megapixels": (png_header(10_000, 5_000), "50.0 megapixels; at most 25"),
    "50 megapixels of real pixels": (
        encoded(Image.new("1", (10_000, 5_000), 1)), "50.0 megapixels; at most 25"
    ),
    "a bomb": (png_header(60_000, 60_000), "far more than 50 megapixels"),
    "animated GIF": (animated_gif(), "Only PNG and JPEG pictures are taken; this is a GIF"),
    "text named .png": (b"Seven, honestly.\n" * 20, "neither, whatever its name says"),
    "nothing": (b"", "an empty file"),
    "WebP": (encoded(written("RGB"), "WEBP"), "a WebP picture"),
    "BMP": (encoded(written(), "BMP"), "a BMP picture"),
    "blank": (encoded(Image.new("L", (300, 300), 255)), "No digit stands out"),
    "too many bytes": (b"\x89PNG" + bytes(12_000_001), "At most 12 MB"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_of_a_digit_gets_a_sentence(name):
    content, says = BAD[name]
    answer = post(content)
    assert says in answer["error"]
    assert len(answer["error"]) < 120
    assert "ink" not in answer


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(monkeypatch):
    def decode(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", decode)
    assert "50.0 megapixels" in post(BAD["50 megapixels of real pixels"][0])["error"]
