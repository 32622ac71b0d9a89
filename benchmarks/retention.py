"""Retention: how long a round takes on a large store, and how long a step of it holds the writer.

The store is filled with SQL, as it would stand after years: rows that live, deletions and answers
whose time is over, and as many answers again whose time is not. A step is timed on the writer's
thread, and from outside with its commit; devices would be served between two of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from appliance.store import meta
from appliance.store.retention import DAY_MS, Retention, Terms
from appliance.store.store import Store
from appliance.store.transaction import WriteTransaction
from appliance.sync.registry import Registry
from benchmarks.result import Row, Run, median

NOW_MS = 1_800_000_000_000
TERMS = Terms(tombstones=400, answers=400, kept=400)
BUCKETS = 20
_SERIES = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) "


def fill(tx: WriteTransaction, live: int, old: int) -> None:
    """Make so many living rows, and so many old deletions and answers."""
    db = tx.db
    db.rows("INSERT INTO box_collections (num, name) VALUES (1, 'goods')")
    for number in range(1, BUCKETS + 1):
        db.rows("INSERT INTO box_buckets VALUES (?, ?)", (number, f"bucket:{number}"))
    rows = "INSERT INTO box_rows (collection, id, bucket, seq, origin, deleted, body) "
    db.rows(
        f"{_SERIES}{rows}SELECT 1, printf('gone-%031d', i), i % ?2 + 1, i, 0, 1, '' FROM n",
        (old, BUCKETS),
    )
    db.rows("INSERT INTO box_changes SELECT bucket, seq * 2, 1, num, 100 FROM box_rows")
    db.rows(
        f"{_SERIES}{rows}SELECT 1, printf('here-%031d', i), i % ?2 + 1, i + ?3, 0, 0,"
        " '{\"name\":\"' || hex(randomblob(100)) || '\"}' FROM n",
        (live, BUCKETS, old),
    )
    db.rows(
        "INSERT INTO box_changes SELECT bucket, seq * 2 + 1, 1, num, 300 FROM box_rows"
        " WHERE deleted = 0"
    )
    for days in (450, 10):
        db.rows(
            f"{_SERIES}INSERT INTO box_mutations (mid, device, n, collection, id, digest,"
            " received_at, outcome, seq, sent_row) SELECT randomblob(16), 1, i, 'goods',"
            " printf('here-%031d', i), randomblob(16), ?2, 'applied', i, 0 FROM n",
            (old, NOW_MS - days * DAY_MS),
        )
    meta.write(db, "head", live + old)
    db.rows(
        "INSERT INTO box_days VALUES (?, ?, ?)",
        (NOW_MS // DAY_MS - TERMS.answers - 1, old + 1, old),
    )


class Steps:
    """The steps of a round, in seconds: each alone, and with its commit."""

    def __init__(self, store: Store, retention: Retention, head: int) -> None:
        self.alone: list[float] = []
        self.committed: list[float] = []

        def step(tx: WriteTransaction) -> bool:
            began = time.perf_counter()
            more = retention.step(tx.db, head, NOW_MS)
            self.alone.append(time.perf_counter() - began)
            return more

        more = True
        while more:
            began = time.perf_counter()
            more = store.write(step)
            self.committed.append(time.perf_counter() - began)


def _row(name: str, seconds: list[float], goal: float) -> Row:
    values = sorted(second * 1e3 for second in seconds)
    note = f"median {median(values):.1f} ms, 99 % {values[len(values) * 99 // 100]:.1f} ms"
    return Row(name, values[-1], "ms", goal=goal, note=note)


def measure(run: Run) -> Sequence[Row]:
    """Measure a round that drops everything old, and rounds after it that find nothing."""
    live, old = run.size(1_000_000, 100_000), run.size(200_000, 20_000)
    store = Store(run.folder, Registry(()), lambda: NOW_MS, os.urandom, new_id=lambda: "0" * 16)
    try:
        store.write(lambda tx: fill(tx, live, old))
        retention = Retention(TERMS)
        busy = Steps(store, retention, live + old)
        idle = [
            sum(Steps(store, retention, live + old).committed) * 1e3 for _ in range(run.repeats)
        ]
        left = store.write(
            lambda tx: tx.db.row("SELECT count(*) FROM box_changes WHERE pos & 1 = 0")
        )
        assert left is not None and left[0] == 0, left
    finally:
        store.close()
    of = f"{live:,} rows, {old:,} deletions and answers go"
    steps = f"{len(busy.alone)} steps"
    return [
        Row(f"round: {of}", sum(busy.committed), "s", note=steps),
        _row("longest step on the writer", busy.alone, 10.0),
        _row("the same with its commit", busy.committed, 50.0),
        Row("round that finds nothing", median(idle), "ms", goal=10.0),
    ]
