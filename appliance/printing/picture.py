"""Pictures: files from outside as black and white dots, within bounds."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

from appliance.api.documents import Align
from appliance.printing.sheet import PictureStrip

MAX_BYTES = 8_388_608
"""Bytes of a picture's file; a larger one is not looked at."""

MAX_PIXELS = 40_000_000
"""Pixels of a picture; a larger one is not unpacked."""

MAX_HEIGHT = 1600
"""Dots of a picture's height on paper, 200 mm at 203 dpi; a higher one is made smaller."""

_BAND = 256

FORMATS = ("PNG", "JPEG")


def picture_strip(
    data: bytes, most: int, dots: int, align: Align, height: int = MAX_HEIGHT
) -> PictureStrip | None:
    """Return a picture as dots; None where the file is no picture or too large.

    Args:
        data: a PNG or JPEG file.
        most: dots that the picture is wide at most; it is never made larger than it is.
        dots: of the paper.
        align: where it stands.
        height: dots that it is high at most, 1 or more.
    """
    found = dithered(data, most, min(height, MAX_HEIGHT))
    if found is None:
        return None
    left = {"left": 0, "center": (dots - found.width) // 2, "right": dots - found.width}[align]
    # In a picture of Pillow's 1 is white.
    rows = bytes(byte ^ 0xFF for byte in found.tobytes())
    return PictureStrip(
        width=found.width, height=found.height, rows=_trimmed(rows, found.width), left=left
    )


def dithered(data: bytes, most: int, height: int) -> Image.Image | None:
    """Return a picture in black and white within a box of dots, by Floyd and Steinberg's method."""
    if not 0 < len(data) <= MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    return None
                opened.draft("L", (most, height))
                grey = _grey(opened)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        return None
    scale = min(most / grey.width, height / grey.height, 1)
    size = (max(1, int(grey.width * scale)), max(1, int(grey.height * scale)))
    if size != grey.size:
        grey = grey.resize(size, Image.Resampling.BOX)
    return grey.convert("1")


def _grey(opened: Image.Image) -> Image.Image:
    """In shades of grey, upright, what is transparent as white paper."""
    if opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info:
        return _on_paper(opened)
    ImageOps.exif_transpose(opened, in_place=True)
    return opened.convert("L")


def _on_paper(opened: Image.Image) -> Image.Image:
    """A picture on white paper, band by band: whole, it would be in memory three times."""
    grey = Image.new("L", opened.size)
    for top in range(0, opened.height, _BAND):
        box = (0, top, opened.width, min(top + _BAND, opened.height))
        band = opened.crop(box).convert("RGBA")
        paper = Image.new("RGBA", band.size, "white")
        paper.alpha_composite(band)
        grey.paste(paper.convert("L"), (0, top))
    return grey


def _trimmed(rows: bytes, width: int) -> bytes:
    """White out the dots right of the picture in each row's last byte."""
    spare = -width % 8
    if not spare:
        return rows
    stride = (width + 7) // 8
    cut = bytearray(rows)
    for at in range(stride - 1, len(cut), stride):
        cut[at] &= 0xFF << spare & 0xFF
    return bytes(cut)
