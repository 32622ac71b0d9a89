"""Documents as plain text: what a printer without graphics, a file or a screen shows.

No line is wider than asked for; what does not fit is wrapped and never cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appliance.api.documents import (
    Block,
    Column,
    Document,
    Heading,
    KeyValue,
    Qr,
    Rule,
    Table,
    Text,
)
from appliance.printing.width import aligned, printable, width, wrapped

COLUMNS = 48
"""Characters across 80 mm paper in a receipt printer's usual font (576 dots, 12 a character)."""

MIN_COLUMNS = 8
"""Narrower paper is not laid out."""

_READABLE = 6
"""Columns that a table's column needs to be readable, where its declared width is not less."""


_WIDEST = 2
"""Columns that the widest character takes; no column of a table is narrower."""


def lay_out(document: Document, columns: int = COLUMNS) -> str:
    """Lay a document out.

    Args:
        document: what to print.
        columns: of the paper, `MIN_COLUMNS` or more.

    Returns:
        Lines without white space at their ends, each ended by a line feed.

    Raises:
        ValueError: the paper is too narrow.
    """
    if columns < MIN_COLUMNS:
        raise ValueError(f"{columns} columns are too narrow; {MIN_COLUMNS} at least")
    lines = (line for block in document.blocks for line in _block(block, columns))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _block(block: Block, columns: int) -> Iterator[str]:
    if isinstance(block, Heading):
        yield from _text(block.text, columns, "center")
    elif isinstance(block, Text):
        yield from _text(block.text, columns, block.align)
    elif isinstance(block, KeyValue):
        yield from _key_value(printable(block.key), printable(block.value), columns)
    elif isinstance(block, Rule):
        yield "-" * columns
    elif isinstance(block, Qr):
        # Its text below is all of a QR code that plain text can hold.
        yield from _text(block.data, columns, "center")
    else:
        yield from _table(block, columns)


def _text(text: str, columns: int, align: str) -> Iterator[str]:
    for line in wrapped(printable(text), columns):
        yield aligned(line, columns, align)


def _key_value(key: str, value: str, columns: int) -> Iterator[str]:
    """The value to the right of its key, or in lines of its own where both do not fit."""
    keys, values = wrapped(key, columns), wrapped(value, columns)
    if len(values) == 1 and width(keys[-1]) + 1 + width(values[0]) <= columns:
        yield from keys[:-1]
        yield keys[-1] + aligned(values[0], columns - width(keys[-1]), "right")
        return
    yield from keys
    for line in values:
        yield aligned(line, columns, "right")


def _table(table: Table, columns: int) -> Iterator[str]:
    widths = column_widths(table.columns, columns)
    if widths is None:
        yield from _stacked(table, columns)
        return
    yield from _row(table.columns, widths, [column.title for column in table.columns])
    for row in table.rows:
        yield from _row(table.columns, widths, _cells(table, row))


def _row(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> Iterator[str]:
    wrapped_cells = [
        wrapped(printable(cell), size) for cell, size in zip(cells, widths, strict=True)
    ]
    for number in range(max(map(len, wrapped_cells), default=0)):
        yield " ".join(
            aligned(lines[number] if number < len(lines) else "", size, column.align)
            for lines, size, column in zip(wrapped_cells, widths, columns, strict=True)
        )


def _stacked(table: Table, columns: int) -> Iterator[str]:
    """A table too wide for the paper: each cell in a line with its column's title."""
    for number, row in enumerate(table.rows):
        if number:
            yield ""
        for column, cell in zip(table.columns, _cells(table, row), strict=True):
            yield from _key_value(printable(column.title), printable(cell), columns)


def _cells(table: Table, row: Sequence[str]) -> list[str]:
    """A row with exactly as many cells as there are columns; further cells join the last."""
    cells = list(row[: len(table.columns)])
    if len(row) > len(table.columns) and cells:
        cells[-1] = " ".join(row[len(table.columns) - 1 :])
    return cells + [""] * (len(table.columns) - len(cells))


def column_widths(columns: Sequence[Column], total: int) -> list[int] | None:
    """Return a width for each column, one space between them, or None where they do not fit.

    Declared widths are kept where the columns that take the rest stay readable, and are shrunk,
    the widest first, where they do not.
    """
    room = total - (len(columns) - 1)
    floors = [max(_WIDEST, min(c.width, _READABLE)) if c.width > 0 else _READABLE for c in columns]
    if not columns or sum(floors) > room:
        return None
    sizes = [max(column.width, floor) for column, floor in zip(columns, floors, strict=True)]
    while (excess := sum(sizes) - room) > 0:
        at = max(range(len(sizes)), key=lambda i: (sizes[i] - floors[i], i))
        sizes[at] -= min(excess, max(1, (sizes[at] - floors[at]) // 2))
    takers = [i for i, column in enumerate(columns) if column.width <= 0]
    rest = room - sum(sizes)
    for order, at in enumerate(takers):
        share = rest // (len(takers) - order)
        sizes[at] += share
        rest -= share
    return sizes
