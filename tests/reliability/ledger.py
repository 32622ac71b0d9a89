"""A ledger kept in a store: pairs of records that a person can check after any accident.

Entry number N is two new records with the value N, written in one job with an edit of a third.
After an accident every acknowledged entry is there once, none is there by half, and all that the
store computes beside the records agrees with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.api import Collection, Field
from appliance.store.connection import Connection
from appliance.store.migrations import migrate
from appliance.store.transaction import WriteTransaction
from appliance.store.views import synchronise
from appliance.store.writer import Writer
from appliance.sync.checksums import to_signed
from appliance.sync.registry import CompiledCollection, Registry

ENTRIES = Collection(
    name="entries",
    title="entries",
    fields=(Field(name="n", type="int", index=True), Field(name="text", type="text")),
    bucket=("half:{n}", "all"),
)
NEWEST = "00000000-0000-7000-8000-ffffffffffff"


def registry() -> Registry:
    return Registry([CompiledCollection(ENTRIES, "test")])


def record(number: int, half: int) -> str:
    return f"00000000-0000-7000-8000-{number:010d}{half:02d}"


def entry(number: int) -> Callable[[WriteTransaction], int]:
    """Return the job that makes an entry."""

    def job(tx: WriteTransaction) -> int:
        row = {"n": number, "text": "запись " * (number % 40)}
        text = tx.log.registry["entries"].codec.encode(row)
        tx.put("entries", record(number, 0), "all", text, row, 0)
        tx.put("entries", record(number, 1), f"half:{number % 7}", text, row, 0)
        return tx.put("entries", NEWEST, f"half:{number % 3}", text, row, 0)

    return job


def prepare(path: Path, connection: Connection | None = None) -> None:
    """Make the store."""
    opened = connection or Connection(path)
    migrate(opened, path)
    synchronise(opened, registry())
    opened.close()


def writer(connect: Callable[[], Connection]) -> Writer:
    """Start a writer over the store."""
    made = Writer(
        connect,
        registry(),
        lambda: 1_800_000_000_000,
        deliver=lambda call: call(),
        on_commit=lambda _commit: None,
    )
    made.start()
    return made


class Damaged(AssertionError):
    """The store is not whole after an accident; the text says how."""


def check(path: Path, acknowledged: int | set[int], begun: set[int] | None = None) -> set[int]:
    """Open a store after an accident and hold it to its promises.

    Args:
        path: the database file.
        acknowledged: the entries that must be there; a number means all below it.
        begun: the entries that may be there; None for any.

    Returns:
        The entries that are there.

    Raises:
        Damaged: a promise is broken.
    """
    try:
        connection = Connection(path)
    except Exception as error:
        raise Damaged(f"it does not open: {error}") from error
    try:
        return _check(connection, acknowledged, begun)
    except Damaged:
        raise
    except Exception as error:
        raise Damaged(f"it cannot be read: {error}") from error
    finally:
        connection.close()


def _check(
    connection: Connection, acknowledged: int | set[int], begun: set[int] | None
) -> set[int]:
    said = connection.rows("PRAGMA integrity_check(3)")
    if said != [("ok",)]:
        raise Damaged(f"integrity: {said}")
    wanted = set(range(acknowledged)) if isinstance(acknowledged, int) else acknowledged
    if not connection.rows("SELECT 1 FROM sqlite_schema WHERE name = 'entries'"):
        if wanted:
            raise Damaged("the schema is gone")
        return set()
    rows = connection.rows(
        "SELECT r.id, r.seq, b.name, r.body ->> '$.n' FROM box_rows r"
        " JOIN box_buckets b ON b.num = r.bucket WHERE r.deleted = 0"
    )
    halves: dict[int, set[str]] = {}
    for record_id, _, _, number in rows:
        if record_id != NEWEST:
            halves.setdefault(number, set()).add(record_id)
    there = set(halves)
    if missing := wanted - there:
        raise Damaged(f"acknowledged and lost: {sorted(missing)[:5]}")
    if begun is not None and there - begun:
        raise Damaged(f"never begun: {sorted(there - begun)[:5]}")
    if half := [n for n, ids in halves.items() if ids != {record(n, 0), record(n, 1)}]:
        raise Damaged(f"by half: {half[:5]}")
    _check_log(connection, rows)
    return there


def _check_log(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    head = connection.row("SELECT value FROM box_meta WHERE key = 'head'")
    seqs = [seq for _, seq, _, _ in rows]
    if len(set(seqs)) != len(seqs) or max(seqs, default=0) != (head[0] if head else 0):
        raise Damaged(f"head {head} over {len(seqs)} rows up to {max(seqs, default=0)}")
    sums: dict[str, tuple[int, int]] = {}
    for record_id, seq, bucket, _ in rows:
        digest = hashlib.sha256(f"entries\0{record_id}\0{seq}".encode()).digest()[:8]
        count, total = sums.get(bucket, (0, 0))
        sums[bucket] = (count + 1, total + int.from_bytes(digest, "big"))
    stored = connection.rows(
        "SELECT b.name, s.rows, s.sum FROM box_sums s JOIN box_buckets b ON b.num = s.bucket"
        " WHERE s.rows <> 0 OR s.sum <> 0"
    )
    if {b: (n, to_signed(s)) for b, (n, s) in sums.items()} != {b: (n, s) for b, n, s in stored}:
        raise Damaged("the sums do not fit the rows")
    puts = connection.rows(
        "SELECT count(*), count(r.num) FROM box_changes c LEFT JOIN box_rows r"
        " ON r.num = c.row AND r.seq = c.pos >> 1 AND r.bucket = c.bucket WHERE c.pos & 1"
    )
    if puts != [(len(rows), len(rows))]:
        raise Damaged(f"the log has {puts} of {len(rows)} rows")
