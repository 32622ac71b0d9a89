"""Tables: what plugins declare as SQL over the collections' views, run on one connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.api.context import SqlValue
from appliance.api.errors import QueryError
from appliance.api.reports import ReportColumn
from appliance.store.connection import MAX_RESULT, Connection

_CELLS = frozenset({str, int, type(None)})
"""What SQLite gives of a query that keeps to its columns."""


def read_table(
    connection: Connection,
    sql: str,
    columns: Sequence[ReportColumn],
    parameters: Mapping[str, SqlValue],
    *,
    timeout_s: float,
    max_rows: int = MAX_RESULT,
) -> list[tuple[Any, ...]]:
    """Run a query that a plugin declared and return its rows, each as its columns say.

    Raises:
        QueryTooMuch: it takes too long or gives too many rows.
        QueryError: it is wrong, or its columns are not those declared.
    """
    rows = connection.select_guarded(sql, parameters, timeout_s, max_rows)
    check_rows(rows, columns)
    return rows


def check_rows(rows: Sequence[tuple[Any, ...]], columns: Sequence[ReportColumn]) -> None:
    """Hold rows of a query to the columns that are declared of it.

    Raises:
        QueryError: a row has another number of values, or one that is no text or integer.
    """
    count = len(columns)
    for row in rows:
        if len(row) != count or not _CELLS.issuperset(map(type, row)):
            raise QueryError(
                f"gives {len(row)} values for {len(columns)} columns, or one that is neither text "
                "nor an integer; its plugin has to be mended"
            )
