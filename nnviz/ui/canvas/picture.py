"""Pictures that people upload: checked before they are decoded, then turned into ink."""

import asyncio
import io
import threading
import warnings
from base64 import b64encode

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from nnviz.drawing import InkError
from nnviz.photo import ink_from_picture

MOST_BYTES = 12_000_000
MOST_PIXELS = 25_000_000
_DRAFT = 960  # pixels a side that a JPEG is decoded to at least, where it has more
_ONLY = "Only PNG and JPEG pictures are taken"

# One at a time: a decoded picture takes up to 100 MB.
_decoding = threading.Lock()


class PictureError(ValueError):
    """The picture cannot be taken; the message says why, to the person who sent it."""


def routes() -> list[BaseRoute]:
    """Return the route that takes pictures."""
    return [Route("/nnviz/picture", _answer, methods=["POST"])]


async def _answer(request: Request) -> JSONResponse:
    """Answer a picture with its ink: ``{"size", "ink"}``, bytes in base64, or ``{"error"}``."""
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > MOST_BYTES:
            return _refused(f"This file is too large. At most {MOST_BYTES // 10**6} MB are taken.")
        chunks.append(chunk)
    try:
        ink = await asyncio.to_thread(ink_of_file, b"".join(chunks))
    except (PictureError, InkError) as error:
        return _refused(str(error))
    values = np.rint(ink * 255).astype(np.uint8)
    return JSONResponse({"size": len(values), "ink": b64encode(values.tobytes()).decode()})


def _refused(text: str) -> JSONResponse:
    # Not an HTTP error: the browser would report one in its console besides the page's message.
    return JSONResponse({"error": text})


def ink_of_file(content: bytes) -> np.ndarray:
    """Return the ink of a PNG or JPEG file, (side, side), 0 to 1.

    Raises
    ------
    PictureError
        If it is something else, too large or broken.
    InkError
        If no digit stands out in it.
    """
    with _decoding:
        try:
            grey = _grey(content)
        except UnidentifiedImageError as error:
            raise PictureError(f"{_ONLY}; this is {_kind(content)}.") from error
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            if isinstance(error, PictureError):
                raise
            raise PictureError("This picture is broken: it cannot be decoded.") from error
    return ink_from_picture(grey)


def _grey(content: bytes) -> np.ndarray:
    """Return a picture as it is to be seen, (height, width), 0 (black) to 255."""
    with warnings.catch_warnings():
        # Pillow warns of very large pictures while it reads the header.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise PictureError(_too_large("far more than 50")) from error
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise PictureError(_too_large(f"{width * height / 1e6:.1f}"))
    image.draft("L", (_DRAFT, _DRAFT))
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        return (np.asarray(image) >> 8).astype(np.uint8)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _ground(image)), image)
    return np.asarray(image.convert("L"))


def _ground(image: Image.Image) -> tuple[int, int, int, int]:
    """Return white, or black where what is drawn on nothing is itself light."""
    grey, alpha = (np.asarray(image.convert("LA"))[..., k] for k in (0, 1))
    drawn = grey[alpha > 127]
    return (0, 0, 0, 255) if drawn.size and drawn.mean() > 127 else (255, 255, 255, 255)


def _too_large(megapixels: str) -> str:
    return (
        f"This picture has {megapixels} megapixels; at most {MOST_PIXELS // 10**6} are taken. "
        "Make it smaller."
    )


_SIGNATURES = {
    b"GIF8": "a GIF, animated or not",
    b"RIFF": "a WebP picture",
    b"BM": "a BMP picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"%PDF": "a PDF",
    b"\x89PNG": "a broken PNG",
    b"\xff\xd8": "a broken JPEG",
}


def _kind(content: bytes) -> str:
    """Return what a file that is no picture of ours seems to be."""
    if not content:
        return "an empty file"
    known = [name for start, name in _SIGNATURES.items() if content.startswith(start)]
    if not known and b"ftyp" in content[:16]:
        return "a HEIC or AVIF picture"
    return known[0] if known else "neither, whatever its name says"
