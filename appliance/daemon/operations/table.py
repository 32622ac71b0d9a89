"""Tables: what plugins declare as SQL over the collections' views, run for a person or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.api.context import SqlValue
from appliance.api.errors import QueryError
from appliance.api.reports import ReportColumn
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Listing, OperationRefused
from appliance.store.box import QUERY_SHARE
from appliance.store.connection import Connection


class TableResult(Listing, kw_only=True):
    """Rows of a query, each a list with one value for each column.

    Attributes:
        name, title: of the report or the kind of file.
        columns: what the values mean.
    """

    name: str
    title: str
    columns: tuple[ReportColumn, ...]


def run_query(
    desk: Desk,
    name: str,
    title: str,
    sql: str,
    columns: Sequence[ReportColumn],
    parameters: Mapping[str, SqlValue],
) -> TableResult:
    """Run a query that a plugin declared.

    Raises:
        OperationRefused: it is wrong, too slow, or its columns are not those declared.
    """
    timeout_s = desk.box.settings.plugins.call_timeout_s * QUERY_SHARE

    def read(connection: Connection) -> list[tuple[Any, ...]]:
        return connection.select_guarded(sql, parameters, timeout_s)

    try:
        rows = desk.box.store.fetch(read)
    except QueryError as error:
        raise OperationRefused(f"the query of {name}: {error}", "plugin_failed") from error
    for row in rows:
        wrong = len(row) != len(columns) or any(
            not isinstance(value, str | int | None) for value in row
        )
        if wrong:
            raise OperationRefused(
                f"the query of {name} gives {len(row)} values for {len(columns)} columns, or one "
                "that is neither text nor an integer; its plugin has to be mended",
                "plugin_failed",
            )
    return TableResult(
        rows=[list(row) for row in rows], name=name, title=title, columns=tuple(columns)
    )
