"""The journal of an import: what each record was before, so that the import can be undone.

Of a changed record only the fields that differ are kept. The journal of an import stays until a
later import of the same kind stores something.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import orjson

from appliance.api.mutations import Row
from appliance.store.connection import Connection

FORGET_ROWS = 5_000
"""How many entries are dropped at a stretch."""


class JournalEntry(NamedTuple):
    """A record that an import stored.

    Attributes:
        row: its number in the store.
        collection, id: the record.
        seq: of the import's last change of it.
        before: fields as they were, None for those that there were not; None for a record that
            there was not.
        stands: the record is as the import left it.
    """

    row: int
    collection: str
    id: str
    seq: int
    before: Row | None
    stands: bool


class Journal:
    """The journal of one import, on one connection."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._db = connection
        self._number = number
        self._gathered: list[int | str | None] = []

    def gather(self, row: int, seq: int, before: str | None) -> None:
        """Note a change, when `write_down` is called in the same transaction.

        What a record was before its first change is what counts.

        Args:
            row: the record's number in the store.
            seq: of the change.
            before: JSON, see `difference`; None for a record that there was not.
        """
        self._gathered += (self._number, row, seq, before)

    @property
    def gathered(self) -> int:
        """How much was gathered and is not written down; for `take_back`."""
        return len(self._gathered)

    def take_back(self, gathered: int) -> None:
        """Forget what was gathered since, whose storing was undone."""
        del self._gathered[gathered:]

    def write_down(self) -> None:
        """Write what was gathered, with few statements."""
        gathered, self._gathered = self._gathered, []
        self._db.insert(
            "INSERT INTO box_import_changes VALUES ",
            "(?,?,?,?)",
            gathered,
            " ON CONFLICT (import, row) DO UPDATE SET seq = excluded.seq",
        )

    def count(self) -> int:
        """Return how many records it holds."""
        found = self._db.row(
            "SELECT count(*) FROM box_import_changes WHERE import = ?", (self._number,)
        )
        assert found is not None
        return int(found[0])

    def entries(self, limit: int, after: int = 0) -> list[JournalEntry]:
        """Return entries in the order of their rows.

        Args:
            limit: how many at most.
            after: only rows with a larger number.
        """
        return list(self._entries("AND c.row > ? ORDER BY c.row LIMIT ?", (after, limit)))

    def changed_since(self, limit: int) -> list[JournalEntry]:
        """Return entries whose records something else changed since."""
        return list(self._entries("AND r.seq <> c.seq ORDER BY c.row LIMIT ?", (limit,)))

    def count_changed_since(self) -> int:
        """Return how many records something else changed since."""
        found = self._db.row(
            "SELECT count(*) FROM box_import_changes c JOIN box_rows r ON r.num = c.row"
            " WHERE c.import = ? AND r.seq <> c.seq",
            (self._number,),
        )
        assert found is not None
        return int(found[0])

    def drop(self, row: int) -> None:
        """Forget a record: it is as it was."""
        self._db.rows(
            "DELETE FROM box_import_changes WHERE import = ? AND row = ?", (self._number, row)
        )

    def _entries(self, rest: str, values: tuple[int, ...]) -> Iterator[JournalEntry]:
        for row, collection, record_id, seq, before, now in self._db.rows(
            "SELECT c.row, k.name, r.id, c.seq, c.before, r.seq FROM box_import_changes c"
            " JOIN box_rows r ON r.num = c.row JOIN box_collections k ON k.num = r.collection"
            f" WHERE c.import = ? {rest}",
            (self._number, *values),
        ):
            was = None if before is None else orjson.loads(before)
            yield JournalEntry(row, collection, record_id, seq, was, now == seq)


def difference(before: Row, after: Row) -> str:
    """Return as JSON what makes `after` into `before`: fields as they were, null for none."""
    differs = {name: before.get(name) for name, value in after.items() if before.get(name) != value}
    for name in before.keys() - after.keys():
        differs[name] = before[name]
    return orjson.dumps(differs).decode()


def restored(now: Row, before: Row) -> Row:
    """Return a record as it was; see `difference`."""
    return {name: value for name, value in (now | before).items() if value is not None}


def forget_outdated(connection: Connection) -> bool:
    """Drop entries of imports that a later one of their kind took the place of.

    Returns:
        Whether there is more to drop.
    """
    connection.rows(
        "DELETE FROM box_import_changes WHERE (import, row) IN (SELECT c.import, c.row"
        " FROM box_imports i JOIN box_import_changes c ON c.import = i.num"
        " WHERE i.state NOT IN ('running', 'undoing') AND EXISTS (SELECT 1 FROM box_imports later"
        " JOIN box_import_changes l ON l.import = later.num"
        " WHERE later.kind = i.kind AND later.num > i.num AND later.state = 'done') LIMIT ?)",
        (FORGET_ROWS,),
    )
    return connection.raw.changes() >= FORGET_ROWS
