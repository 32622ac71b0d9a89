"""Sheets as plain text: what a file, a screen or a printer without graphics shows."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.printing.sheet import BarcodeStrip, Feed, Line, QrStrip, Sheet
from appliance.printing.width import aligned, printable, width, wrapped


def plain_text(sheet: Sheet) -> str:
    """Write a sheet as lines without white space at their ends, each ended by a line feed.

    Of codes it has what they say, where no line says the same; of pictures and cuts nothing.
    """
    said = "".join(strip.text for strip in sheet.strips if isinstance(strip, Line))
    there = "".join(said.split())
    lines = (line for strip in sheet.strips for line in _lines(strip, sheet.columns, there))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(strip: object, columns: int, there: str) -> Iterator[str]:
    match strip:
        case Line():
            yield _narrowed(strip.text, columns) if strip.style.wide else strip.text
        case Feed():
            yield from [""] * strip.lines
        case BarcodeStrip() if strip.text_below:
            yield aligned(strip.data, columns, "center")
        case QrStrip() if "".join(printable(strip.data).split()) not in there:
            for line in wrapped(printable(f"[QR {strip.data}]"), columns):
                yield aligned(line, columns, "center")
        case _:
            pass


def _narrowed(text: str, columns: int) -> str:
    """A line of wide letters in usual ones, where it stands; label and figure at both edges."""
    inner = text.strip()
    before = len(text) - len(text.lstrip())
    around = width(text) - width(inner)
    if not around and "  " in inner:
        label, _, figure = inner.rpartition("  ")
        return label + aligned(figure, columns - width(label), "right")
    if before and abs(around - 2 * before) <= 1:
        return aligned(inner, columns, "center")
    return aligned(inner, columns, "right" if before else "left")
