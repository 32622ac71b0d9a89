"""Tables as lines of letters, in the first of three ways that fits the paper.

Side by side; the cells of some columns in lines of their own above the rest; each cell in a line
with its column's title.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from appliance.api.documents import Column, Table
from appliance.printing.columns import column_widths, figures_kept, fitted, gaps_of
from appliance.printing.sheet import Line, Style
from appliance.printing.width import aligned, printable, width, wrapped

_BOLD = Style(bold=True)
_INDENT = "  "


class _Grid(NamedTuple):
    columns: Sequence[Column]
    widths: Sequence[int]
    gaps: Sequence[int]


def table_lines(table: Table, columns: int) -> Iterator[Line]:
    """Lay a table out on paper of so many columns."""
    rows = [figures_kept(table.columns, _cells(table, row)) for row in table.rows]
    table = msgspec.structs.replace(table, columns=tuple(fitted(table.columns, rows)))
    gaps = gaps_of(table.columns, rows)
    widths = column_widths(table.columns, columns, gaps)
    if widths is not None:
        yield from _side_by_side(table, rows, _Grid(table.columns, widths, gaps), columns)
        return
    lower = [at for at, column in enumerate(table.columns) if not column.own_line]
    rest = [table.columns[at] for at in lower]
    gaps = gaps_of(rest, [[row[at] for at in lower] for row in rows])
    widths = column_widths(rest, columns, gaps) if len(rest) < len(table.columns) else None
    if widths is not None:
        yield from _two_storeys(table, rows, lower, _Grid(rest, widths, gaps), columns)
    else:
        yield from _stacked(table, rows, columns)


def key_value(key: str, value: str, columns: int) -> Iterator[str]:
    """The value to the right of its key, or in lines of its own where both do not fit."""
    keys, values = wrapped(printable(key), columns), wrapped(printable(value), columns)
    if len(values) == 1 and width(keys[-1]) + 1 + width(values[0]) <= columns:
        yield from keys[:-1]
        yield keys[-1] + aligned(values[0], columns - width(keys[-1]), "right")
        return
    yield from keys
    for line in values:
        yield aligned(line, columns, "right")


def _side_by_side(
    table: Table, rows: Sequence[Sequence[str]], grid: _Grid, columns: int
) -> Iterator[Line]:
    if table.header:
        for text in _row(grid, [column.title for column in table.columns]):
            yield Line(text=text, style=_BOLD)
    for number, cells in enumerate(rows):
        for text in _row(grid, cells):
            yield Line(text=text)
        yield from _note(table, number, columns)


def _two_storeys(
    table: Table,
    rows: Sequence[Sequence[str]],
    lower: Sequence[int],
    grid: _Grid,
    columns: int,
) -> Iterator[Line]:
    upper = [at for at in range(len(table.columns)) if at not in lower]

    def both(cells: Sequence[str], style: Style) -> Iterator[Line]:
        above = " ".join(text for text in (printable(cells[at]) for at in upper) if text)
        for text in wrapped(above, columns):
            yield Line(text=aligned(text, columns, "left"), style=style)
        for text in _row(grid, [cells[at] for at in lower]):
            yield Line(text=aligned(text, columns, "right"), style=style)

    if table.header:
        yield from both([column.title for column in table.columns], _BOLD)
    for number, cells in enumerate(rows):
        yield from both(cells, Style())
        yield from _note(table, number, columns)


def _stacked(table: Table, rows: Sequence[Sequence[str]], columns: int) -> Iterator[Line]:
    for number, cells in enumerate(rows):
        if number:
            yield Line(text="")
        for column, cell in zip(table.columns, cells, strict=True):
            title = column.title if table.header else ""
            for text in key_value(title, cell, columns):
                yield Line(text=text)
        yield from _note(table, number, columns)


def _row(grid: _Grid, cells: Sequence[str]) -> Iterator[str]:
    wrapped_cells = [
        wrapped(printable(cell), size) for cell, size in zip(cells, grid.widths, strict=True)
    ]
    for number in range(max(map(len, wrapped_cells), default=0)):
        yield "".join(
            " " * gap + aligned(lines[number] if number < len(lines) else "", size, column.align)
            for lines, size, column, gap in zip(
                wrapped_cells, grid.widths, grid.columns, grid.gaps, strict=True
            )
        )


def _note(table: Table, number: int, columns: int) -> Iterator[Line]:
    note = table.notes[number] if number < len(table.notes) else ""
    if not note:
        return
    for text in wrapped(printable(note), columns - len(_INDENT)):
        yield Line(text=_INDENT + text)


def _cells(table: Table, row: Sequence[str]) -> list[str]:
    """A row with exactly as many cells as there are columns; further cells join the last."""
    cells = list(row[: len(table.columns)])
    if len(row) > len(table.columns) and cells:
        cells[-1] = " ".join(row[len(table.columns) - 1 :])
    return cells + [""] * (len(table.columns) - len(cells))
