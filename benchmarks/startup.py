"""Start-up: from the process's start to the line ``ready``, by the rows in the store."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.box import BenchBox
from benchmarks.process import Daemon
from benchmarks.result import Row, Run, median, spread


def seconds_to_ready(box: BenchBox, repeats: int) -> list[float]:
    """Return seconds until a closed box serves, repeated."""
    found = []
    for _ in range(repeats):
        with Daemon(box) as daemon:
            found.append(daemon.ready_s)
    return found


def measure(run: Run) -> Sequence[Row]:
    """Measure an empty store and a large one."""
    box = BenchBox(run.folder)
    box.fill(0, 2)
    empty = seconds_to_ready(box, run.repeats)
    rows = run.size(1_000_000, 100_000)
    box.fill(rows, 0)
    full = seconds_to_ready(box, run.repeats)
    return [
        Row("start to ready, no rows", median(empty), "s", spread=spread(empty)),
        Row(
            f"start to ready, {rows:,} rows",
            median(full),
            "s",
            goal=2.0,
            spread=spread(full),
            note="from the start of the interpreter",
        ),
        Row("the same", median(full), "s", against="no rows", limit=median(empty)),
    ]
