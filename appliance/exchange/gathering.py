"""Gathering: rows of a file that are about one thing become one row.

A file of orders has a row for each line. Taken one by one they would change an order as often as
it has lines, and half of it where one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from appliance.api.importing import MAX_TOGETHER, ROWS, ImportValues
from appliance.exchange.rows import Row, RowProblem


class Gathered(Row, frozen=True, kw_only=True):
    """Rows as one.

    Attributes:
        numbers: the lines where they start; `number` is the first of them.
    """

    numbers: tuple[int, ...]


def gathered(rows: Iterable[Row | RowProblem], column: str) -> Iterator[Row | RowProblem]:
    """Yield rows that follow one another with the same value of a column as one.

    Where one of them is wrong all are: the others become problems. What a wrong row is about is not
    known, so it counts to what is before it and to what comes after it.

    Args:
        rows: of a file.
        column: by whose value they belong together; "" leaves the rows as they are.
    """
    if not column:
        yield from rows
        return
    waiting: list[Row] = []
    wrong: list[int] = []
    between: list[int] = []
    for item in rows:
        if isinstance(item, RowProblem):
            between.append(item.number)
            yield item
            continue
        if waiting and item.values.get(column) != waiting[0].values.get(column):
            yield from _together(waiting, wrong + between)
            waiting, wrong = [], []
        wrong += between
        between = []
        waiting.append(item)
    yield from _together(waiting, wrong + between)


def together(rows: Iterable[ImportValues], column: str) -> list[Row]:
    """Return values of rows as rows numbered from 1, those that belong together as one.

    Args:
        rows: of no file, none of them wrong.
        column: as of `gathered`.
    """
    numbered = (Row(number=number, values=dict(one)) for number, one in enumerate(rows, 1))
    return [row for row in gathered(numbered, column) if isinstance(row, Row)]


def _together(rows: Sequence[Row], wrong: Sequence[int]) -> Iterator[Row | RowProblem]:
    if not rows:
        return
    text = ""
    if wrong:
        lines = ", ".join(map(str, dict.fromkeys(wrong[:5])))
        text = f"it may belong together with line {lines}, which cannot be used"
    elif len(rows) > MAX_TOGETHER:
        text = f"more than {MAX_TOGETHER} rows are about the same"
    if text:
        for row in rows:
            yield RowProblem(number=row.number, column=None, text=text)
        return
    yield Gathered(
        number=rows[0].number,
        values={**rows[0].values, ROWS: [row.values for row in rows]},
        numbers=tuple(row.number for row in rows),
    )
