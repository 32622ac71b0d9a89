"""A context that notes what a plugin looks at, and answers the same question once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.api.context import Context, SqlValue
from appliance.api.mutations import Row
from appliance.store.looks import Looks, question, read_by


class WatchedContext:
    """An `appliance.api.Context` over another one."""

    def __init__(self, context: Context, looks: Looks, collections: frozenset[str]) -> None:
        """Watch.

        Args:
            context: does the work.
            looks: takes note.
            collections: the names of all.
        """
        self._context = context
        self._looks = looks
        self._collections = collections

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
        collections = read_by(sql, self._collections)
        self._looks.at.update(collections)
        asked = question(sql, parameters) if collections else None
        if asked is None:
            return self._context.select(sql, parameters)
        answer = self._looks.told(asked)
        if answer is None:
            answer = self._context.select(sql, parameters)
            self._looks.keep(asked, collections, answer)
        return answer

    def get(self, collection: str, record_id: str) -> Row | None:
        """Return one record, or None where it does not exist or is deleted."""
        self._looks.at.add(collection)
        return self._context.get(collection, record_id)

    def missing(self, collection: str, record_ids: Sequence[str]) -> list[str]:
        """Return those of the ids that are no records of the collection, in their order."""
        self._looks.at.add(collection)
        return self._context.missing(collection, record_ids)

    def search(self, collection: str, text: str, limit: int = 50) -> list[str]:
        """Return ids of records whose searchable fields contain the text, whatever its case."""
        self._looks.at.add(collection)
        return self._context.search(collection, text, limit)
