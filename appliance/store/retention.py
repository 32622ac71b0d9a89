"""Retention: what the store may forget, and when. A little in each step, found by an index.

A deletion is dropped when it is older than the retention time, or when every active device has
passed it. The floor says from which seq on changes can be told; a device below it starts anew. It
is written before anything below it goes.

Ages are told by days: `box_days` notes which seq and which mutation were the newest on a day, by
the time that is known to have passed. So a record's own date, which may come from a wrong clock,
decides nothing but how long an earlier version is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from appliance.store import meta
from appliance.store.connection import Connection

STEP_S = 0.002
"""How long one step works, at most, before it lets others at the writer."""

CHUNK = 25
"""Entries that are dropped between two looks at the clock."""

MOST = 100
"""Entries that one step looks at: each may dirty a page, and the commit writes them all."""

DAY_MS = 86_400_000
DAYS_KEPT = 3_700
"""How long it is known what was the newest on a day: longer than anything is kept."""


class Terms(NamedTuple):
    """How many days things are kept.

    Attributes:
        tombstones: deletions, grants that ended, earlier versions.
        answers: answers to mutations.
        kept: what was sent and no row holds.
    """

    tombstones: int
    answers: int
    kept: int


class Newest(NamedTuple):
    """What was the newest at a time: a seq, and a number in box_mutations."""

    seq: int
    mutation: int


def mark_day(connection: Connection, head: int, known_ms: int) -> None:
    """Note what is the newest, once a day, so that ages are known; forget days long past."""
    day = known_ms // DAY_MS
    if connection.row("SELECT 1 FROM box_days WHERE day = ?", (day,)) is not None:
        return
    connection.rows(
        "INSERT INTO box_days SELECT ?, ?, coalesce(max(num), 0) FROM box_mutations", (day, head)
    )
    connection.rows("DELETE FROM box_days WHERE day < ?", (day - DAYS_KEPT,))


def newest_of_age(connection: Connection, known_ms: int, days: int) -> Newest:
    """Return what was the newest on the last day that is wholly so many days ago."""
    found = connection.row(
        "SELECT seq, mutation FROM box_days WHERE day < ? ORDER BY day DESC LIMIT 1",
        (known_ms // DAY_MS - days,),
    )
    return Newest(0, 0) if found is None else Newest(*found)


def passed_by_all(connection: Connection) -> int:
    """Return the seq that every active device has passed; 0 where a device has none yet."""
    found = connection.row("SELECT min(synced_seq) FROM box_devices WHERE state = 'active'")
    return int(found[0]) if found and found[0] is not None else 0


Chunk = Callable[[Connection, int], int]
"""Drops, or looks through, about so many entries; returns how many it found. Fewer than it may
means that it came to the end."""


class Retention:
    """Forgets in rounds of steps. Used on the writer's thread alone."""

    def __init__(self, terms: Terms, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing under way.

        Args:
            terms: how long things are kept.
            seconds: a clock that only runs forward.
        """
        self._terms = terms
        self._seconds = seconds
        self._left: Iterator[Chunk] | None = None
        self._chunk: Chunk | None = None
        self._walked_day = -1

    def step(self, connection: Connection, head: int, known_ms: int) -> bool:
        """Do a step of the round under way, or the first of a new one; in a write transaction.

        Args:
            connection: the writer's.
            head: the newest seq.
            known_ms: the time that is known to have been reached, ms since 1970.

        Returns:
            Whether there is more to do in this round.
        """
        ends = self._seconds() + STEP_S
        left = MOST
        if self._left is None:
            mark_day(connection, head, known_ms)
            self._left = self._round(connection, known_ms)
            self._chunk = None
        while True:
            if self._chunk is None:
                self._chunk = next(self._left, None)
                if self._chunk is None:
                    self._left = None
                    return False
            found = self._chunk(connection, CHUNK)
            left -= found
            if found < CHUNK:
                self._chunk = None
            if left <= 0 or self._seconds() >= ends:
                return True

    def undone(self) -> None:
        """The transaction of the last step was undone: begin anew, with the walks of the day."""
        self._left = self._chunk = None
        self._walked_day = -1

    def _round(self, connection: Connection, known_ms: int) -> Iterator[Chunk]:
        terms = self._terms
        present = int(meta.read(connection, "floor") or 0)
        old = newest_of_age(connection, known_ms, terms.tombstones).seq
        floor = max(old, passed_by_all(connection), present)
        if floor > present:
            meta.write(connection, "floor", floor)
        kept = newest_of_age(connection, known_ms, terms.kept).mutation
        answered = newest_of_age(connection, known_ms, terms.answers).mutation
        yield _drop(
            "DELETE FROM box_changes WHERE (bucket, pos) IN (SELECT bucket, pos FROM box_changes"
            " WHERE pos & 1 = 0 AND pos < ? ORDER BY pos LIMIT ?)",
            floor * 2,
        )
        # With a record go its versions: its number may be given to another one.
        gone = "SELECT num FROM box_rows WHERE deleted = 1 AND seq < ? ORDER BY seq LIMIT ?"
        yield _drop(
            f"DELETE FROM box_rows WHERE num IN ({gone})",
            floor,
            before=f"DELETE FROM box_versions WHERE row IN ({gone})",
        )
        yield _drop(
            "DELETE FROM box_grants WHERE (device, bucket, since) IN (SELECT device, bucket, since"
            " FROM box_grants WHERE until < 4611686018427387904 AND until <= ?"
            " ORDER BY until LIMIT ?)",
            floor,
        )
        yield _drop(
            "DELETE FROM box_versions WHERE (row, seq) IN (SELECT row, seq FROM box_versions"
            " WHERE at < ? ORDER BY at LIMIT ?)",
            known_ms - terms.tombstones * DAY_MS,
        )
        # A payload goes alone where the answer is kept longer.
        yield _drop(
            "DELETE FROM box_mutations WHERE num IN (SELECT num FROM box_mutations"
            " WHERE payload IS NOT NULL AND num <= ? ORDER BY num LIMIT ?)",
            min(kept, answered),
        )
        yield _drop(
            "UPDATE box_mutations SET payload = NULL WHERE num IN (SELECT num FROM box_mutations"
            " WHERE payload IS NOT NULL AND num <= ? ORDER BY num LIMIT ?)",
            kept,
        )
        day = known_ms // DAY_MS
        if self._walked_day == day:
            return
        yield _Answers(answered)
        yield _VoidDeletions()
        self._walked_day = day


def _drop(sql: str, upto: int, *, before: str = "") -> Chunk:
    """Return what runs a statement that takes a bound and a limit, and another one before it."""

    def chunk(connection: Connection, limit: int) -> int:
        if before:
            connection.rows(before, (upto, limit))
        connection.rows(sql, (upto, limit))
        return connection.raw.changes()

    return chunk


class _Answers:
    """A walk over answers that are old enough, past those whose payload is kept longer."""

    def __init__(self, upto: int) -> None:
        self._upto = upto
        self._after = 0

    def __call__(self, connection: Connection, limit: int) -> int:
        found = connection.row(
            "SELECT count(*), max(num) FROM (SELECT num FROM box_mutations"
            " WHERE num > ? AND num <= ? ORDER BY num LIMIT ?)",
            (self._after, self._upto, limit),
        )
        assert found is not None
        count, last = found
        if count:
            connection.rows(
                "DELETE FROM box_mutations WHERE num > ? AND num <= ? AND payload IS NULL",
                (self._after, last),
            )
            self._after = last
        return int(count)


class _VoidDeletions:
    """A walk over deletions, for those that a newer entry of the same record in the same bucket
    makes void. They come from records that left a bucket and came back."""

    def __init__(self) -> None:
        self._after = 0

    def __call__(self, connection: Connection, limit: int) -> int:
        found = connection.rows(
            "SELECT c.bucket, c.pos, coalesce((SELECT r.bucket = c.bucket AND r.seq > (c.pos >> 1)"
            " FROM box_rows r WHERE r.num = c.row), 0) FROM box_changes c"
            " WHERE c.pos & 1 = 0 AND c.pos > ? ORDER BY c.pos LIMIT ?",
            (self._after, limit),
        )
        for bucket, pos, void in found:
            if void:
                connection.rows(
                    "DELETE FROM box_changes WHERE bucket = ? AND pos = ?", (bucket, pos)
                )
            self._after = pos
        return len(found)
