"""A table read piece by piece, as long as it may be, in the memory of one piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance.api.context import SqlValue
from appliance.api.reports import ReportColumn
from appliance.store.connection import Connection, translated
from appliance.store.tables import check_rows

PIECE_ROWS = 2_000
PIECE_S = 120.0
"""Seconds that a piece may take; the first includes sorting all rows."""


class TableStream:
    """A query that a plugin declared, on a connection of its own: the store as it stood at once.

    Nothing is folded out of the write-ahead log past that moment, so close it soon.
    """

    def __init__(
        self,
        store: Path,
        sql: str,
        columns: Sequence[ReportColumn],
        parameters: Mapping[str, SqlValue],
    ) -> None:
        """Open a connection to the store's file; the query runs with the first piece.

        Raises:
            StoreError: it cannot be opened.
        """
        self._columns = columns
        self._connection = Connection(store, read_only=True)
        # What has to be sorted goes to a file rather than into memory.
        self._connection.rows("PRAGMA temp_store=FILE")
        self._connection.rows("PRAGMA cache_size=-4000")
        self._connection.rows("BEGIN")
        self._connection.rows("SELECT 1 FROM box_meta LIMIT 1")  # what is read stands from here on
        self._pieces = self._connection.stream_guarded(sql, parameters, PIECE_S, PIECE_ROWS)

    def piece(self) -> tuple[list[tuple[Any, ...]], bool]:
        """Return the next rows, and whether there may be more.

        Raises:
            QueryTooMuch: it takes too long.
            QueryError: the query is wrong, or its columns are not those declared.
        """
        with translated():
            found = next(self._pieces, [])
        check_rows(found, self._columns)
        return found, len(found) == PIECE_ROWS

    def close(self) -> None:
        """Close the connection."""
        self._pieces.close()
        self._connection.close()
