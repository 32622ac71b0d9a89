"""Retention: what the change log, versions, grants and answers may forget, and when.

A deletion is dropped when it is older than the retention time, or when every active device has
passed it. The floor says from which seq on changes can be told; a device below it starts anew.
"""

from __future__ import annotations

from typing import NamedTuple

from appliance.store import meta
from appliance.store.connection import Connection

BATCH = 5_000
"""Entries dropped in one transaction, so that the writer is never held for long."""

_MARKS = "seq_marks"


class Swept(NamedTuple):
    """What one round dropped.

    Attributes:
        floor: the new floor.
        dropped: entries of every kind.
        more: there is more to drop.
    """

    floor: int
    dropped: int
    more: bool


def mark_day(connection: Connection, head: int, now_ms: int) -> None:
    """Note which seq was the newest at a time, once a day, so that ages of seqs are known."""
    day = now_ms // 86_400_000
    if meta.read(connection, f"{_MARKS}:{day}") is None:
        meta.write(connection, f"{_MARKS}:{day}", head)


def seq_of_age(connection: Connection, now_ms: int, days: int) -> int:
    """Return the newest seq that is known to be at least so many days old."""
    day = now_ms // 86_400_000 - days
    found = connection.row(
        "SELECT max(value) FROM box_meta WHERE key GLOB ? AND CAST(substr(key, ?) AS INTEGER) <= ?",
        (f"{_MARKS}:*", len(_MARKS) + 2, day),
    )
    return int(found[0]) if found and found[0] is not None else 0


def passed_by_all(connection: Connection) -> int:
    """Return the seq that every active device has passed; 0 where a device has none yet."""
    found = connection.row("SELECT min(synced_seq) FROM box_devices WHERE state = 'active'")
    return int(found[0]) if found and found[0] is not None else 0


def sweep(connection: Connection, now_ms: int, *, tombstone_days: int, answer_days: int) -> Swept:
    """Drop one batch of what is no longer needed, in a write transaction."""
    old = seq_of_age(connection, now_ms, tombstone_days)
    floor = max(old, passed_by_all(connection), int(meta.read(connection, "floor") or 0))
    dropped = 0
    entries = connection.rows(
        "SELECT bucket, pos FROM box_changes WHERE pos & 1 = 0 AND pos < ? LIMIT ?",
        (floor * 2, BATCH),
    )
    for bucket, pos in entries:
        connection.rows("DELETE FROM box_changes WHERE bucket = ? AND pos = ?", (bucket, pos))
    dropped += len(entries)
    for sql, values in (
        (
            "DELETE FROM box_rows WHERE num IN (SELECT r.num FROM box_rows r WHERE r.deleted = 1"
            " AND r.seq < ? LIMIT ?)",
            (floor, BATCH),
        ),
        (
            "DELETE FROM box_grants WHERE (device, bucket, since) IN"
            " (SELECT device, bucket, since FROM box_grants WHERE until <= ? LIMIT ?)",
            (floor, BATCH),
        ),
        (
            "DELETE FROM box_versions WHERE (row, seq) IN"
            " (SELECT row, seq FROM box_versions WHERE at < ? LIMIT ?)",
            (now_ms - tombstone_days * 86_400_000, BATCH),
        ),
        (
            "DELETE FROM box_mutations WHERE num IN (SELECT num FROM box_mutations"
            " WHERE received_at < ? AND payload IS NULL LIMIT ?)",
            (now_ms - answer_days * 86_400_000, BATCH),
        ),
    ):
        connection.rows(sql, values)
        dropped += connection.raw.changes()
    if floor:
        meta.write(connection, "floor", floor)
    return Swept(floor, dropped, dropped >= BATCH)


def compact(connection: Connection, limit: int = BATCH) -> int:
    """Drop deletions that a newer entry of the same record in the same bucket makes void.

    They come from records that left a bucket and came back. Returns how many were dropped.
    """
    found = connection.rows(
        "SELECT c.bucket, c.pos FROM box_changes c JOIN box_rows r ON r.num = c.row"
        " WHERE c.pos & 1 = 0 AND r.bucket = c.bucket AND r.seq > (c.pos >> 1) LIMIT ?",
        (limit,),
    )
    for bucket, pos in found:
        connection.rows("DELETE FROM box_changes WHERE bucket = ? AND pos = ?", (bucket, pos))
    return len(found)
