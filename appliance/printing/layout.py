"""The layout: a document as a sheet, strip by strip, for paper of so many columns.

No line is wider than the paper; what does not fit is wrapped and never cut off. A picture or a code
that cannot be drawn is replaced by what it says, so that it stops no document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from appliance.api.documents import (
    Barcode,
    Block,
    CopyMark,
    Document,
    Feed,
    Heading,
    Image,
    KeyValue,
    Qr,
    Rule,
    Signature,
    Table,
    Text,
    Total,
    Totals,
)
from appliance.printing import sheet as strips
from appliance.printing.barcode import barcode_strip
from appliance.printing.labels import LABELS
from appliance.printing.picture import picture_strip
from appliance.printing.qr_code import qr_strip
from appliance.printing.sheet import Line, Sheet, Strip, Style
from appliance.printing.table import key_value, table_lines
from appliance.printing.width import aligned, printable, width, wrapped

COLUMNS = 48
"""Characters across 80 mm paper in a receipt printer's usual font (576 dots, 12 a character)."""

MIN_COLUMNS = 8
"""Narrower paper is not laid out."""

DOTS = 12
"""Dots across one column."""

MAX_FEED = 50
"""Lines of empty paper that one block makes at most."""

_BOLD = Style(bold=True)
_TALL = Style(tall=True, bold=True)
_LARGE = Style(tall=True, wide=True, bold=True)
_SIGNATURE_DOTS = 120
_INVERSE = Style(bold=True, inverse=True)


def lay_out(
    document: Document,
    columns: int = COLUMNS,
    blobs: Mapping[str, bytes] = MappingProxyType({}),
) -> Sheet:
    """Lay a document out.

    Args:
        document: what to print.
        columns: of the paper, `MIN_COLUMNS` or more.
        blobs: the pictures that the document names, by their SHA-256.

    Raises:
        ValueError: the paper is too narrow.
    """
    if columns < MIN_COLUMNS:
        raise ValueError(f"{columns} columns are too narrow; {MIN_COLUMNS} at least")
    paper = _Paper(columns, document.language, blobs)
    found = [strip for block in document.blocks for strip in paper.strips(block)]
    found.append(strips.Cut())
    return Sheet(title=document.title, columns=columns, dots=columns * DOTS, strips=tuple(found))


class _Paper:
    """Lays blocks out on paper of one width."""

    def __init__(self, columns: int, language: str, blobs: Mapping[str, bytes]) -> None:
        self._columns = columns
        self._language = LABELS.language(language)
        self._blobs = blobs

    def strips(self, block: Block) -> Iterator[Strip]:
        """Lay out one block."""
        match block:
            case Heading():
                yield from self._heading(block)
            case Text():
                yield from self._text(block)
            case KeyValue():
                yield from self._pair(block.key, block.value, _BOLD if block.bold else Style())
            case Table():
                yield from table_lines(block, self._columns)
            case Totals():
                yield from self._totals(block)
            case Rule():
                yield Line(text=("=" if block.strong else "-") * self._columns)
            case Qr():
                yield from self._qr(block)
            case Barcode():
                yield from self._barcode(block)
            case Image():
                yield from self._image(block)
            case Signature():
                yield from self._signature(block)
            case Feed():
                yield strips.Feed(lines=max(1, min(block.lines, MAX_FEED)))
            case CopyMark():
                yield from self._copy_mark(block)

    def _lines(self, text: str, align: str, style: Style) -> Iterator[Line]:
        columns = self._columns // 2 if style.wide else self._columns
        for line in wrapped(printable(text), columns):
            yield Line(text=aligned(line, columns, align), style=style)

    def _heading(self, block: Heading) -> Iterator[Line]:
        if block.level == 1:
            yield from self._lines(block.text, "center", self._fitting(block.text))
        else:
            yield from self._lines(block.text, "center" if block.level == 2 else "left", _BOLD)

    def _fitting(self, text: str) -> Style:
        """Large letters where no word is cut and at most two lines come of it; else tall ones."""
        half = self._columns // 2
        whole = printable(text)
        fits = max((width(word) for word in whole.split()), default=0) <= half
        return _LARGE if fits and len(wrapped(whole, half)) <= 2 else _TALL

    def _text(self, block: Text) -> Iterator[Line]:
        style = Style(bold=block.bold, tall=block.size != "normal", wide=block.size == "large")
        yield from self._lines(block.text, block.align, style)

    def _totals(self, block: Totals) -> Iterator[Line]:
        for row in block.rows:
            yield from self._total(row) if row.strong else self._pair(row.label, row.value, Style())

    def _pair(self, key: str, value: str, style: Style) -> Iterator[Line]:
        columns = self._columns // 2 if style.wide else self._columns
        for text in key_value(key, value, columns):
            yield Line(text=text, style=style)

    def _total(self, row: Total) -> Iterator[Line]:
        """Large letters where label and figure fit beside each other; else tall ones."""
        large = width(printable(row.label)) + 1 + width(printable(row.value)) <= self._columns // 2
        yield from self._pair(row.label, row.value, _LARGE if large else _TALL)

    def _qr(self, block: Qr) -> Iterator[Strip]:
        strip = qr_strip(block.data, self._columns * DOTS)
        if strip is not None:
            yield strip
        text = block.data if block.text is None or strip is None else block.text
        if text:
            yield from self._lines(text, "center", Style())

    def _barcode(self, block: Barcode) -> Iterator[Strip]:
        strip = barcode_strip(block.kind, block.data, self._columns * DOTS)
        if strip is None:
            yield from self._lines(block.data, "center", Style())
        else:
            yield strip

    def _image(self, block: Image) -> Iterator[Strip]:
        data = block.data or self._blobs.get(block.sha256, b"")
        dots = self._columns * DOTS
        wide = dots * max(1, min(block.width, 100)) // 100
        strip = picture_strip(data, wide, dots, block.align)
        if strip is not None:
            yield strip
        elif block.text:
            yield from self._lines(f"[{block.text}]", block.align, Style())

    def _signature(self, block: Signature) -> Iterator[Strip]:
        data = block.data or self._blobs.get(block.sha256, b"")
        dots = self._columns * DOTS
        strip = picture_strip(data, dots * 2 // 3, dots, "right", _SIGNATURE_DOTS) if data else None
        yield strip if strip is not None else strips.Feed(lines=1)
        label = wrapped(printable(block.label), self._columns)
        room = self._columns - width(label[-1]) - 1
        for text in label[:-1]:
            yield Line(text=text)
        if room >= self._columns // 3:
            yield Line(text=f"{label[-1]} {'_' * room}")
        else:
            yield Line(text=label[-1])
            yield Line(text="_" * self._columns)
        if block.name:
            yield from self._lines(block.name, "right", Style())

    def _copy_mark(self, block: CopyMark) -> Iterator[Line]:
        if block.copy:
            text = LABELS.say(self._language, "copy", number=block.copy)
            yield from self._lines(text, "center", _INVERSE)
        else:
            yield from self._lines(LABELS.say(self._language, "original"), "center", _BOLD)
