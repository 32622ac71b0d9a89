"""Codes that a receipt printer draws itself: ``GS ( k`` and ``GS k``, as ink on paper."""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image

_BARCODES = {
    0: "upca",
    2: "ean13",
    3: "ean8",
    4: "code39",
    5: "itf",
    6: "codabar",
    65: "upca",
    67: "ean13",
    68: "ean8",
    69: "code39",
    70: "itf",
    71: "codabar",
    73: "code128",
}
"""Symbologies of ``GS k`` by their number; UPC-E and Code 93 are not drawn."""

_OPTIONS: dict[str, dict[str, object]] = {
    "code39": {"add_checksum": False},
    "itf": {"narrow": 1, "wide": 3},
}
_LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}
_MOST_QR = 3_000


class Code(NamedTuple):
    """A code.

    Attributes:
        ink: 255 is black.
        text: what it holds.
        kind: its symbology.
    """

    ink: Image.Image
    text: str
    kind: str


def qr_ink(data: bytes, module: int, level: int) -> Code | None:
    """Draw a QR code without white around it; None for what none can hold.

    Args:
        data: what it holds.
        module: dots of a square, 1 to 16.
        level: of its correction, 48 to 51.
    """
    import segno

    if not 0 < len(data) <= _MOST_QR or not 1 <= module <= 16 or level not in _LEVELS:
        return None
    try:
        code = segno.make(data, error=_LEVELS[level], boost_error=False, micro=False)
    except ValueError:
        return None
    side = len(code.matrix)
    squares = Image.new("1", (side, side), 0)
    squares.putdata([255 if square else 0 for row in code.matrix for square in row])
    ink = squares.resize((side * module, side * module), Image.Resampling.NEAREST)
    return Code(ink, data.decode("utf-8", "replace"), "qr")


def barcode_ink(number: int, data: bytes, module: int, height: int) -> Code | None:
    """Draw a bar code without its text; None for what none can hold or what is not drawn here.

    Args:
        number: of the symbology, in ``GS k``.
        data: what it holds; Code 128 with ``{A``, ``{B``, ``{C`` where a set begins.
        module: dots of the narrowest bar, 1 to 6.
        height: dots.
    """
    from barcode import get_barcode_class
    from barcode.errors import BarcodeError

    kind = _BARCODES.get(number)
    if kind is None or not 1 <= module <= 6 or height < 1:
        return None
    text = _code128(data) if kind == "code128" else data.decode("ascii", "replace").strip("*")
    if not text:
        return None
    try:
        (bars,) = get_barcode_class(kind)(text, **_OPTIONS.get(kind, {})).build()
    except (BarcodeError, KeyError, ValueError, IndexError):
        return None
    strip = Image.new("1", (len(bars), 1), 0)
    strip.putdata([255 if bar == "1" else 0 for bar in bars])
    ink = strip.resize((len(bars) * module, height), Image.Resampling.NEAREST)
    return Code(ink, text, kind)


def _code128(data: bytes) -> str:
    """Return what a Code 128 holds; "" where its sets are wrong or it holds function characters."""
    found, at, pairs = "", 0, False
    if data[:1] != b"{":
        return ""
    while at < len(data):
        byte = data[at]
        if byte == 0x7B:
            follows = data[at + 1 : at + 2]
            if follows == b"{":
                found += "{"
            elif follows in (b"A", b"B", b"C"):
                pairs = follows == b"C"
            else:
                return ""
            at += 2
            continue
        if pairs and byte > 99:
            return ""
        found += f"{byte:02}" if pairs else chr(byte)
        at += 1
    return found
