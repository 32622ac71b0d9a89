"""The context that hooks get: a reader over one connection, for as long as the call lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson

from appliance.api.context import Past, SqlValue
from appliance.api.errors import QueryError
from appliance.api.mutations import Row
from appliance.api.values import uuid7
from appliance.store.connection import Connection
from appliance.store.search_text import search_text
from appliance.sync.registry import Registry

Newest = Callable[[Iterable[str]], int]
"""Tells the seq of the newest change in some collections."""

_AS_OF = """
SELECT r.id, CASE WHEN r.seq <= :seq THEN r.body ELSE v.body END,
    CASE WHEN r.seq > :seq THEN v.at END
FROM json_each(:ids) g JOIN box_rows r ON r.collection = :collection AND r.id = g.value
LEFT JOIN box_versions v ON v.row = r.num AND r.seq > :seq AND v.seq = (
    SELECT max(w.seq) FROM box_versions w WHERE w.row = r.num AND w.seq <= :seq)
"""

MIN_TRIGRAM = 3
"""Shorter texts are looked for without the index."""


class StoreContext:
    """An `appliance.api.Context` over a connection that is inside a transaction."""

    def __init__(
        self,
        connection: Connection,
        now_ms: Callable[[], int],
        settings: Mapping[str, Any],
        *,
        registry: Registry,
        query_timeout_s: float,
        newest: Newest | None = None,
    ) -> None:
        """Take a connection.

        Args:
            connection: inside the transaction of the call.
            now_ms: the clock.
            settings: the plugin's settings, complete.
            registry: the collections.
            query_timeout_s: how long one query may take.
            newest: of the writer, which knows what is not committed; read from the store where
                None.
        """
        self._db = connection
        self._now_ms = now_ms
        self._settings = MappingProxyType(dict(settings))
        self._registry = registry
        self._timeout = query_timeout_s
        self._newest = newest or self._committed
        self._epoch: str | None = None
        self._numbers: dict[str, int] = {}

    @property
    def now_ms(self) -> int:
        """The server's clock, UTC milliseconds."""
        return self._now_ms()

    @property
    def settings(self) -> Mapping[str, Any]:
        """The plugin's own settings, complete with defaults."""
        return self._settings

    def new_id(self) -> str:
        """Make an id for a new record."""
        return uuid7(self._now_ms())

    def select(
        self, sql: str, parameters: Sequence[SqlValue] | Mapping[str, SqlValue] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one SELECT over the collections' views; see `appliance.api.Reader.select`."""
        return self._db.select_guarded(sql, parameters, self._timeout)

    def _number(self, collection: str) -> int:
        number = self._numbers.get(collection)
        if number is None:
            found = self._db.row("SELECT num FROM box_collections WHERE name = ?", (collection,))
            if found is None:
                raise QueryError(f"there is no collection {collection!r}")
            number = self._numbers[collection] = int(found[0])
        return number

    def get(self, collection: str, record_id: str) -> Row | None:
        """Return one record, or None where it does not exist or is deleted."""
        found = self._db.row(
            "SELECT body FROM box_rows WHERE collection = ? AND id = ? AND deleted = 0",
            (self._number(collection), record_id),
        )
        if found is None:
            return None
        row: Row = orjson.loads(found[0])
        return row

    def missing(self, collection: str, record_ids: Sequence[str]) -> list[str]:
        """Return those of the ids that are no records of the collection, in their order."""
        number = self._number(collection)
        if len(record_ids) == 1:
            found = self._db.row(
                "SELECT 1 FROM box_rows WHERE collection = ? AND id = ? AND deleted = 0",
                (number, record_ids[0]),
            )
            return [] if found else list(record_ids)
        return [
            record_id
            for (record_id,) in self._db.rows(
                "SELECT g.value FROM json_each(?) g WHERE NOT EXISTS (SELECT 1 FROM box_rows r"
                " WHERE r.collection = ? AND r.id = g.value AND r.deleted = 0)",
                (orjson.dumps(record_ids).decode(), number),
            )
        ]

    @property
    def epoch(self) -> str:
        """Names the store's history; new after a restore, which closes the store."""
        if self._epoch is None:
            found = self._db.row("SELECT value FROM box_meta WHERE key = 'epoch'")
            self._epoch = str(found[0]) if found else ""
        return self._epoch

    def newest(self, *collections: str) -> int:
        """Return the seq of the newest change in any of the collections, 0 where there is none."""
        return self._newest(collections)

    def _committed(self, collections: Iterable[str]) -> int:
        found = self._db.row(
            "SELECT max(last_seq) FROM box_collections"
            " WHERE name IN (SELECT value FROM json_each(?))",
            (orjson.dumps(list(collections)).decode(),),
        )
        return int(found[0] or 0) if found else 0

    def as_of(self, collection: str, record_ids: Sequence[str], seq: int) -> dict[str, Past]:
        """Return records as they stood at a seq; see `appliance.api.Reader.as_of`."""
        compiled = self._registry.get(collection)
        if compiled is None or not compiled.spec.history:
            raise QueryError(f"the collection {collection!r} keeps no history")
        found = dict.fromkeys(record_ids, Past(None, None))
        values = {
            "ids": orjson.dumps(list(record_ids)).decode(),
            "collection": self._number(collection),
            "seq": seq,
        }
        for record_id, body, until_ms in self._db.rows(_AS_OF, values):
            if body is None:
                found.pop(record_id, None)
            else:
                found[record_id] = Past(orjson.loads(body) if body else None, until_ms)
        return found

    def search(self, collection: str, text: str, limit: int = 50) -> list[str]:
        """Return ids of records whose searchable fields contain the text, whatever its case."""
        wanted = text.casefold().strip()
        if not wanted:
            return []
        number = self._number(collection)
        if len(wanted) < MIN_TRIGRAM:
            return self._scan(collection, number, wanted, limit)
        phrase = '"' + wanted.replace('"', '""') + '"'
        found = self._db.rows(
            "SELECT r.id FROM box_search s JOIN box_rows r ON r.num = s.rowid"
            " WHERE s.text MATCH ? AND r.collection = ? AND r.deleted = 0 LIMIT ?",
            (phrase, number, limit),
        )
        return [record_id for (record_id,) in found]

    def _scan(self, collection: str, number: int, wanted: str, limit: int) -> list[str]:
        """Look for a short text in every record whose JSON text holds it somewhere."""
        compiled = self._registry.get(collection)
        found: list[str] = []
        for record_id, body in self._db.rows(
            "SELECT id, body FROM box_rows WHERE collection = ? AND deleted = 0"
            " AND instr(fold(body), ?)",
            (number, wanted),
        ):
            if len(found) >= limit or compiled is None:
                break
            if wanted in search_text(orjson.loads(body), compiled.searchable):
                found.append(record_id)
        return found
