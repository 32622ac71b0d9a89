"""A receipt printer's letters: its code pages, and a cell of dots for each character.

Numbers of pages are those of Epson's ``ESC t``. The font is the one that the appliance brings;
where letters stand is decided here alone.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from PIL import Image, ImageDraw, ImageFont

EPSON_PAGES: Mapping[int, str] = MappingProxyType(
    {
        0: "cp437",
        2: "cp850",
        3: "cp860",
        4: "cp863",
        5: "cp865",
        13: "cp857",
        14: "cp737",
        15: "iso8859-7",
        16: "cp1252",
        17: "cp866",
        18: "cp852",
        19: "cp858",
        32: "cp720",
        33: "cp775",
        34: "cp855",
        35: "cp861",
        36: "cp862",
        37: "cp864",
        38: "cp869",
        39: "iso8859-2",
        40: "iso8859-15",
        44: "cp1125",
        45: "cp1250",
        46: "cp1251",
        47: "cp1253",
        48: "cp1254",
        49: "cp1255",
        50: "cp1256",
        51: "cp1257",
        52: "cp1258",
        53: "kz1048",
    }
)
"""Python's codec of each page, by its number; those that Python has."""

FONT_A, FONT_B = (12, 24), (9, 17)
"""Dots of a cell of either font."""

_SIZES = {FONT_A: (20, 19), FONT_B: (15, 13)}
"""Of the drawn font, and rows from the cell's top to the line that letters stand on."""


def letters(data: bytes, codec: str | None) -> str:
    """Return the characters of bytes, U+FFFD for each that the page lacks; every one has a cell.

    Args:
        data: 0x20 and above.
        codec: of the page; None for a page that is not known, whose lower half is ASCII.
    """
    if codec is None:
        return "".join(chr(byte) if byte < 0x7F else "\ufffd" for byte in data)
    return "".join(_letter(byte, codec) for byte in data)


@lru_cache(maxsize=4096)
def _letter(byte: int, codec: str) -> str:
    found = bytes((byte,)).decode(codec, "replace")
    return found if len(found) == 1 and (found.isprintable() or found == "\xa0") else "\ufffd"


@lru_cache(maxsize=4096)
def cell(character: str, font: tuple[int, int], bold: bool) -> Image.Image:
    """Return the ink of one character: a picture of the font's cell in which 255 is black."""
    size, base = _SIZES[font]
    drawn = Image.new("1", font, 0)
    pen = ImageDraw.Draw(drawn)
    if character == "\ufffd":
        pen.rectangle((1, 2, font[0] - 2, base), outline=255)
        return drawn
    pen.fontmode = "1"
    pen.text((0, base), character, font=_font(size, bold), fill=255, anchor="ls")
    return drawn


@lru_cache(maxsize=8)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSansMono-Bold.ttf" if bold else "DejaVuSansMono.ttf"
    data = (files("appliance.printing") / "fonts" / name).read_bytes()
    return ImageFont.truetype(io.BytesIO(data), size)
