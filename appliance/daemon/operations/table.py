"""Tables: what plugins declare as SQL over the collections' views, run for a person or a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from appliance.api.errors import QueryError
from appliance.api.reports import ReportColumn
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Listing, OperationRefused
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


def table(
    desk: Desk,
    name: str,
    title: str,
    columns: Sequence[ReportColumn],
    read: Callable[[Connection, float], list[tuple[Any, ...]]],
) -> TableResult:
    """Run a query that a plugin declared.

    Args:
        desk: of the conversation.
        name, title, columns: of what is asked for.
        read: runs it on a connection, within so many seconds.

    Raises:
        OperationRefused: it is wrong, too slow, or its columns are not those declared.
    """
    side_readers = desk.box.store.side_readers
    try:
        rows = side_readers.call(lambda connection: read(connection, desk.box.query_timeout_s))
    except QueryError as error:
        raise OperationRefused(f"the query of {name}: {error}", "plugin_failed") from error
    return TableResult(
        rows=[list(row) for row in rows], name=name, title=title, columns=tuple(columns)
    )
