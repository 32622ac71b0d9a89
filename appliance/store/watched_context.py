"""A context that tells when a plugin looks into the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.api.context import Context, SqlValue
from appliance.api.mutations import Row


class WatchedContext:
    """An `appliance.api.Context` over another one."""

    def __init__(self, context: Context, looking: Callable[[], None]) -> None:
        """Watch.

        Args:
            context: does the work.
            looking: called before each look; must not touch the store itself.
        """
        self._context = context
        self._looking = looking

    @property
    def now_ms(self) -> int:
        """The server's clock, UTC milliseconds."""
        return self._context.now_ms

    @property
    def settings(self) -> Mapping[str, Any]:
        """The plugin's own settings, complete with defaults."""
        return self._context.settings

    def new_id(self) -> str:
        """Make an id for a new record."""
        return self._context.new_id()

    def select(
        self, sql: str, parameters: Sequence[SqlValue] | Mapping[str, SqlValue] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one SELECT; see `appliance.api.Reader.select`."""
        self._looking()
        return self._context.select(sql, parameters)

    def get(self, collection: str, record_id: str) -> Row | None:
        """Return one record, or None where it does not exist or is deleted."""
        self._looking()
        return self._context.get(collection, record_id)

    def missing(self, collection: str, record_ids: Sequence[str]) -> list[str]:
        """Return those of the ids that are no records of the collection, in their order."""
        self._looking()
        return self._context.missing(collection, record_ids)

    def search(self, collection: str, text: str, limit: int = 50) -> list[str]:
        """Return ids of records whose searchable fields contain the text, whatever its case."""
        self._looking()
        return self._context.search(collection, text, limit)
