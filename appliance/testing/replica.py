"""Replica: the rows a device received, as of its last checkpoint, and the pull in progress.

Rows of an unfinished pull are kept apart in `staged` and not flagged inside `rows`: an update in
progress must leave the old row readable until the checkpoint, and one table can hold only one of
the two. The price is that each row is written twice, inside SQLite.

Invariants:
- `staged`, `segments` and the cursor change in one transaction, at a mark or a checkpoint.
- `rows`, `sums` and the head change in one transaction, when a checkpoint is reached and every
  segment named before it was applied.
- A reset starts a new generation. At the next checkpoint rows of older generations are deleted;
  until then they stay readable, also across restarts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from appliance.testing.device_file import DeviceFile
from appliance.testing.pull_lines import Checkpoint, RowLine, Segment
from appliance.testing.running_sums import RunningSums, Sum, range_of, range_sums


@dataclass(slots=True)
class Page:
    """What a stream said between two marks."""

    reset: bool = False
    items: list[RowLine | Segment] = field(default_factory=list)


class Replica:
    """The replicated rows in a device file."""

    def __init__(self, file: DeviceFile) -> None:
        self._file = file

    @property
    def cursor(self) -> str | None:
        """Where the next pull goes on; None before the first mark."""
        cursor: str | None = self._file.recall("cursor")
        return cursor

    @property
    def head(self) -> int:
        """The head of the last checkpoint applied, 0 before the first."""
        return int(self._file.recall("head", 0))

    @property
    def reached(self) -> Checkpoint | None:
        """A checkpoint that was received and is not applied yet: its segments are missing."""
        value = self._file.recall("reached")
        return None if value is None else msgspec.convert(value, Checkpoint)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint that the visible rows stand at."""
        value = self._file.recall("checkpoint")
        return None if value is None else msgspec.convert(value, Checkpoint)

    def commit(self, page: Page, cursor: str, checkpoint: Checkpoint | None = None) -> int:
        """Store a page together with the cursor after it.

        Returns:
            how many rows of it were staged already with the same seq: rows sent twice.
        """
        with self._file.transaction():
            if page.reset:
                self._begin_generation()
            position = int(self._file.recall("pos", 0))
            repeated = 0
            for item in page.items:
                position += 1
                if isinstance(item, Segment):
                    self._file.execute(
                        "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)",
                        *(position, item.url, item.sha256, item.bytes, item.rows, item.upto),
                    )
                else:
                    repeated += self._stage(item, position)
            self._file.remember("pos", position)
            self._file.remember("cursor", cursor)
            if checkpoint is not None:
                self._file.remember("reached", msgspec.to_builtins(checkpoint))
        return repeated

    def _stage(self, line: RowLine, position: int) -> int:
        held = self._file.value(
            "SELECT seq FROM staged WHERE collection = ? AND id = ?", line.collection, line.id
        )
        self._file.execute(
            "INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET op = "
            "excluded.op, seq = excluded.seq, body = excluded.body, pos = excluded.pos "
            "WHERE excluded.pos > staged.pos",
            *(line.collection, line.id, line.kind, line.seq, line.body, position),
        )
        return int(held == line.seq and line.kind == "put")

    def _begin_generation(self) -> None:
        self._file.execute("DELETE FROM staged")
        self._file.execute("DELETE FROM segments")
        self._file.execute("DELETE FROM meta WHERE key = 'reached'")
        self._file.remember("generation", self._file.recall("generation", 0) + 1)

    def start_over(self) -> None:
        """Pull everything anew: what is visible stays until the next checkpoint confirms it.

        For a segment that is gone before it was fetched: the cursor stands behind its rows.
        """
        with self._file.transaction():
            self._begin_generation()
            self._file.remember("cursor", None)

    def pending_segments(self) -> list[tuple[int, Segment]]:
        """Segments named and not applied yet, in the order of the stream."""
        found = self._file.execute("SELECT * FROM segments ORDER BY pos")
        return [(pos, Segment(*rest)) for pos, *rest in found]

    def apply_segment(self, position: int, lines: Iterable[RowLine]) -> None:
        """Stage a segment's lines at its place in the stream and forget the segment."""
        with self._file.transaction():
            for line in lines:
                self._stage(line, position)
            self._file.execute("DELETE FROM segments WHERE pos = ?", position)

    def promote(self) -> int:
        """Make the checkpoint that was reached visible; returns how many rows it removed.

        All pending segments must have been applied.
        """
        checkpoint = self.reached
        assert checkpoint is not None and not self.pending_segments()
        generation = self._file.recall("generation", 0)
        with self._file.transaction():
            removed = self._merge_sums(generation)
            self._file.execute(
                "DELETE FROM rows WHERE (collection, id) IN "
                "(SELECT collection, id FROM staged WHERE op = 'delete')"
            )
            self._file.execute(
                "INSERT OR REPLACE INTO rows SELECT collection, id, seq, body, ? FROM staged "
                "WHERE op = 'put'",
                generation,
            )
            self._file.execute("DELETE FROM rows WHERE generation < ?", self._confirmed())
            # From here on the replica shows these documents itself.
            self._file.execute(
                "UPDATE outbox SET settled = 1 WHERE answer IS NOT NULL AND EXISTS (SELECT 1 FROM "
                "staged s WHERE s.collection = outbox.collection AND s.id = outbox.id "
                "AND s.seq >= coalesce(outbox.seq, 0))"
            )
            self._file.execute("DELETE FROM staged")
            self._file.execute("DELETE FROM meta WHERE key IN ('reached', 'pos')")
            self._file.remember("confirmed", generation)
            self._file.remember("head", checkpoint.head)
            self._file.remember("checkpoint", msgspec.to_builtins(checkpoint))
        return removed

    def _confirmed(self) -> int:
        """Rows of generations below this one are unconfirmed and end at the checkpoint."""
        generation: int = self._file.recall("generation", 0)
        return generation if self._file.recall("confirmed", 0) < generation else 0

    def _merge_sums(self, generation: int) -> int:
        sums, removed = self.sums(), 0
        changed = self._file.stream(
            "SELECT s.collection, s.id, s.op, s.seq, r.seq FROM staged s "
            "LEFT JOIN rows r ON r.collection = s.collection AND r.id = s.id"
        )
        for collection, row_id, op, seq, old in changed:
            removed += int(op == "delete" and old is not None)
            sums.replace(collection, row_id, old, seq if op == "put" else None)
        stale = self._file.stream(
            "SELECT collection, id, seq FROM rows r WHERE generation < ? AND NOT EXISTS (SELECT 1 "
            "FROM staged s WHERE s.collection = r.collection AND s.id = r.id)",
            self._confirmed(),
        )
        for collection, row_id, seq in stale:
            removed += 1
            sums.replace(collection, row_id, seq, None)
        self._save(sums)
        return removed

    def sums(self) -> RunningSums:
        """The running sums of the visible rows."""
        found = self._file.execute("SELECT collection, rows, sum FROM sums")
        return RunningSums({name: Sum(rows, int(text)) for name, rows, text in found})

    def recount(self) -> RunningSums:
        """Count all visible rows afresh, keep the result as the running sums and return it."""
        sums = RunningSums()
        for collection, row_id, seq in self._file.stream("SELECT collection, id, seq FROM rows"):
            sums.replace(collection, row_id, None, seq)
        with self._file.transaction():
            self._save(sums)
        return sums

    def _save(self, sums: RunningSums) -> None:
        self._file.execute("DELETE FROM sums")
        self._file.many(
            "INSERT INTO sums VALUES (?, ?, ?)", [(k, v.rows, str(v.sum)) for k, v in sums]
        )

    def range_sums(self, collection: str) -> dict[str, Sum]:
        """The sums of a collection by range; see `running_sums.range_sums`."""
        sql = "SELECT id, seq FROM rows WHERE collection = ?"
        return range_sums(collection, self._file.stream(sql, collection))

    def repair(self, collection: str, key: str, lines: list[RowLine]) -> None:
        """Replace all visible rows of a range of a collection by `lines`."""
        generation = self._file.recall("generation", 0)
        listed = {line.id for line in lines}
        with self._file.transaction():
            for (row_id,) in self._file.execute(
                "SELECT id FROM rows WHERE collection = ?", collection
            ):
                if row_id not in listed and range_of(row_id) == key:
                    self._file.execute(
                        "DELETE FROM rows WHERE collection = ? AND id = ?", collection, row_id
                    )
            self._file.many(
                "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)",
                [(collection, x.id, x.seq, x.body, generation) for x in lines],
            )

    def get(self, collection: str, row_id: str) -> tuple[int, bytes] | None:
        """Return the visible row's seq and JSON text."""
        found = self._file.execute(
            "SELECT seq, body FROM rows WHERE collection = ? AND id = ?", collection, row_id
        )
        return found[0] if found else None

    def rows(self, collection: str) -> Iterator[tuple[str, int, bytes]]:
        """Yield (id, seq, JSON text) of the visible rows, by id."""
        for row_id, seq, body in self._file.stream(
            "SELECT id, seq, body FROM rows WHERE collection = ? ORDER BY id", collection
        ):
            yield row_id, seq, bytes(body)
