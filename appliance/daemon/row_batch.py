"""Batches of rows on their way into the box: bounded in rows and in bytes."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.api.importing import ROWS
from appliance.exchange.gathering import Gathered
from appliance.exchange.rows import Row

MAX_ROWS = 500
"""As `appliance.daemon.operations.import_messages.MAX_ROWS`, which this must not exceed."""

MAX_BYTES = 1024 * 1024
"""Bytes of rows after which a batch is full."""

MAX_ROW_BYTES = 2 * 1024 * 1024
"""Bytes of one row; with it the fullest batch still fits into a line of a request."""


class RowBatch:
    """Rows that wait to be sent."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._size = 0

    def too_large(self, row: Row) -> bool:
        """Tell whether a row cannot be sent at all."""
        return len(msgspec.json.encode(row.values)) > MAX_ROW_BYTES

    def add(self, row: Row) -> None:
        """Take a row in."""
        values = row.values
        sent: dict[str, Any] = {"number": row.number, "values": values}
        if isinstance(row, Gathered):
            sent["values"] = {name: value for name, value in values.items() if name != ROWS}
            sent["rows"] = values[ROWS]
        self._rows.append(sent)
        self._size += len(msgspec.json.encode(row.values)) + 40

    @property
    def full(self) -> bool:
        """Whether it is time to send."""
        return len(self._rows) >= MAX_ROWS or self._size >= MAX_BYTES

    def taken(self) -> list[dict[str, Any]]:
        """Return the rows and begin anew."""
        rows, self._rows, self._size = self._rows, [], 0
        return rows
