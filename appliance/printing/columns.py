"""Columns: how wide each column of a table is on paper of so many characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from appliance.api.documents import Column
from appliance.printing.width import NO_BREAK, printable, width, words

READABLE = 6
"""Characters that a column needs to be readable, where it does not say otherwise."""

_THOUSANDS = re.compile(r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))")

_GROUP = re.compile(r"[0-9]{3}(?![0-9])")

_WIDEST = 2
"""Columns that the widest character takes; no column of a table is narrower."""


def figures_kept(columns: Sequence[Column], row: Sequence[str]) -> list[str]:
    """Return a row whose figures are not broken between their thousands."""
    return [
        _THOUSANDS.sub(NO_BREAK, cell) if column.align == "right" else cell
        for column, cell in zip(columns, row, strict=True)
    ]


def fitted(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[Column]:
    """Return columns of figures, which are aligned to the right, as wide as what is in them.

    What a column of figures does not need goes to the names; and a figure is not cut in two while
    there is another way to lay out the table.
    """
    return [
        _fitted(column, [row[at] for row in rows]) if column.align == "right" else column
        for at, column in enumerate(columns)
    ]


def _fitted(column: Column, cells: Sequence[str]) -> Column:
    word = max(_widths_of_words(cells), default=0)
    whole = max((width(line) for cell in cells for line in printable(cell).split("\n")), default=0)
    header = max(_widths_of_words([column.title]), default=0)
    natural = max(whole, width(printable(column.title)))
    return msgspec.structs.replace(
        column,
        width=max(word, header, min(column.width, natural)) if column.width > 0 else column.width,
        least=max(min(_floor(column), natural), word),
    )


def _widths_of_words(cells: Sequence[str]) -> Iterator[int]:
    return (width(word) for cell in cells for word in words(printable(cell)))


def _floor(column: Column) -> int:
    if column.least > 0:
        return column.least
    return min(column.width, READABLE) if column.width > 0 else READABLE


def gaps_of(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the spaces before each column: two where one would join figures.

    ``3`` and ``2 150.00`` side by side, or ``2`` and ``150.00``, would be read as one number.
    """
    found = [
        2 if column.align == "right" and any(_joins(printable(row[at])) for row in rows) else 1
        for at, column in enumerate(columns)
    ]
    return [0, *found[1:]]


def _joins(cell: str) -> bool:
    """Tell whether a figure has spaces of its own, or begins like a group of thousands."""
    return " " in cell.replace(NO_BREAK, " ") or _GROUP.match(cell) is not None


def column_widths(
    columns: Sequence[Column], total: int, gaps: Sequence[int] | None = None
) -> list[int] | None:
    """Return a width for each column, or None where they do not fit.

    Args:
        columns: of the table.
        total: characters for all of them with the gaps between.
        gaps: spaces before each column; None for one between two.

    Declared widths are kept where the columns that take the rest stay readable, and are shrunk,
    those that shrink first and of these the widest, where they do not.
    """
    room = total - (len(columns) - 1 if gaps is None else sum(gaps))
    least = [max(_WIDEST, _floor(column)) for column in columns]
    if not columns or sum(least) > room:
        return None
    sizes = [max(column.width, floor) for column, floor in zip(columns, least, strict=True)]
    while (excess := sum(sizes) - room) > 0:
        shrinking = [at for at in range(len(sizes)) if sizes[at] > least[at]]
        at = max(shrinking, key=lambda i: (columns[i].shrinks, sizes[i] - least[i], i))
        sizes[at] -= min(excess, max(1, (sizes[at] - least[at]) // 2))
    takers = [at for at, column in enumerate(columns) if column.width <= 0]
    rest = room - sum(sizes)
    for order, at in enumerate(takers):
        share = rest // (len(takers) - order)
        sizes[at] += share
        rest -= share
    return sizes
