"""Full loads: what a file that names everything no longer names goes out of use.

A record is never deleted by it: where its collection has a field ``active``, that becomes false. A
later file that names the record again, without saying whether it is active, brings it back into
use; what a person made inactive stays so.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from appliance.api.mutations import Row
from appliance.store.connection import Connection
from appliance.sync.registry import Registry

ACTIVE = "active"
"""The field that says whether a record is in use."""

PAGE = 500
"""Records looked at, and made inactive, at a stretch."""


class Unnamed(NamedTuple):
    """A record in use that the file does not name.

    Attributes:
        row: its number in the store.
        id: the record's id.
        external_id: its name in the file's system.
        body: as it stands.
    """

    row: int
    id: str
    external_id: str
    body: Row


class Page(NamedTuple):
    """Some records of a collection: how many that are not new are in use, those not named, and
    where to go on."""

    active: int
    unnamed: list[Unnamed]
    after: str | None


class FullLoad:
    """What one file names, as one bit for each record of the store that was there before.

    Attributes:
        collections: that the file is about; what it only mentions is not among them.
    """

    def __init__(self, source: str, newest_row: int) -> None:
        """Begin.

        Args:
            source: whose external ids the file holds; records of other sources are left alone.
            newest_row: the highest number of a record in the store.
        """
        self._source = source
        self._newest = newest_row
        self._named = bytearray(newest_row // 8 + 1)
        self.collections: set[str] = set()

    @classmethod
    def begin(cls, source: str, connection: Connection) -> FullLoad:
        """Begin on a store as it stands."""
        found = connection.row("SELECT coalesce(max(num), 0) FROM box_rows")
        assert found is not None
        return cls(source, int(found[0]))

    def named(self, collection: str, row: int | None) -> None:
        """Note that the file names a record; None for one that is new."""
        self.collections.add(collection)
        if row is not None and row <= self._newest:
            self._named[row >> 3] |= 1 << (row & 7)

    def with_active(self, registry: Registry) -> list[str]:
        """Return those of the collections that have a field ``active``."""
        return sorted(
            name
            for name in self.collections
            if any(f.name == ACTIVE and f.type == "bool" for f in registry[name].spec.fields)
        )

    def page(self, connection: Connection, collection: str, after: str) -> Page:
        """Look at the next records of a collection, in the order of their external ids.

        Args:
            connection: to the store.
            collection: one of `with_active`.
            after: where the last page ended, "" for the first.
        """
        active = 0
        unnamed = []
        last = None
        found = connection.rows(
            "SELECT r.num, r.id, x.ext_id, r.body FROM box_collections k"
            " JOIN box_external_refs x ON x.source = ? AND x.collection = k.num AND x.ext_id > ?"
            " JOIN box_rows r ON r.collection = x.collection AND r.id = x.id"
            " WHERE k.name = ? ORDER BY x.ext_id LIMIT ?",
            (self._source, after, collection, PAGE),
        )
        for row, record_id, external_id, body in found:
            last = external_id
            stands = orjson.loads(body) if body else {ACTIVE: False}  # '' is a deleted record
            if stands.get(ACTIVE) is False:
                continue
            if row > self._newest:
                continue  # it is new
            active += 1
            if not self._named[row >> 3] & 1 << (row & 7):
                unnamed.append(Unnamed(row, record_id, external_id, stands))
        return Page(active, unnamed, last if len(found) == PAGE else None)


def note_inactive(connection: Connection, row: int, number: int) -> None:
    """Note that a full load made a record inactive."""
    connection.rows("INSERT OR REPLACE INTO box_import_inactive VALUES (?, ?)", (row, number))


def was_made_inactive(connection: Connection, row: int) -> bool:
    """Tell whether a full load made a record inactive."""
    return bool(connection.rows("SELECT 1 FROM box_import_inactive WHERE row = ?", (row,)))


def forget_inactive(connection: Connection, row: int) -> None:
    """Forget that a full load made a record inactive: a file says of it what it is."""
    connection.rows("DELETE FROM box_import_inactive WHERE row = ?", (row,))
