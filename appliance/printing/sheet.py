"""A sheet: a document laid out for paper of so many columns, as strips from top to bottom.

The layout decides where everything stands; whoever puts a sheet on paper (plain text, ESC/POS,
a picture) draws each strip as it is and decides nothing about the layout. So all of them agree.
"""

from __future__ import annotations

from typing import Literal

import msgspec

BarcodeKind = Literal["code128", "code39", "ean13", "ean8", "upca", "itf"]
"""Bar code symbologies that receipt printers draw themselves."""


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How the letters of a line look.

    Attributes:
        bold: heavier.
        wide: each character takes two columns.
        tall: each character takes two lines.
        inverse: white on black, over the whole width.
    """

    bold: bool = False
    wide: bool = False
    tall: bool = False
    inverse: bool = False


PLAIN = Style()
"""The printer's usual letters."""


class Line(msgspec.Struct, frozen=True, kw_only=True, tag="line"):
    """One line of letters.

    Attributes:
        text: padded to where it stands; nothing that does not print, no line feed, no wider than
            the sheet's columns (half of them where `style.wide`).
        style: of all its letters.
    """

    text: str
    style: Style = PLAIN


class QrStrip(msgspec.Struct, frozen=True, kw_only=True, tag="qr"):
    """A QR code in the middle of the paper.

    Attributes:
        data: what it holds, UTF-8.
        module: dots a side of one of its squares, 2 to 12.
    """

    data: str
    module: int = 6


class BarcodeStrip(msgspec.Struct, frozen=True, kw_only=True, tag="barcode"):
    """A bar code in the middle of the paper.

    Attributes:
        kind: its symbology.
        data: what it holds; valid for the symbology, check digit included.
        height: dots.
        text_below: whether the printer writes the data below it.
    """

    kind: BarcodeKind
    data: str
    height: int = 80
    text_below: bool = True


class PictureStrip(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """A picture of black and white dots.

    Attributes:
        width, height: dots; the width is that of the paper at most.
        rows: the dots, row by row, eight a byte, the most significant bit leftmost, 1 is black;
            each row begins with a new byte.
        left: dots of white to its left.
    """

    width: int
    height: int
    rows: bytes
    left: int = 0


class Feed(msgspec.Struct, frozen=True, kw_only=True, tag="feed"):
    """White paper: so many `lines` of the usual height."""

    lines: int = 1


class Cut(msgspec.Struct, frozen=True, kw_only=True, tag="cut"):
    """The end of a piece of paper: cut, or torn off by hand."""


Strip = Line | QrStrip | BarcodeStrip | PictureStrip | Feed | Cut
"""A part of a sheet over the whole width of the paper."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A document laid out.

    Attributes:
        title: names the print job.
        columns: characters of the printer's usual font across the paper.
        dots: across the paper, where the layout placed pictures; 12 a column in the usual font.
        strips: from top to bottom.
    """

    title: str
    columns: int
    dots: int
    strips: tuple[Strip, ...]
