"""Group commit on a slow disk: many clients whose commits take 8 ms longer.

The delay stands after the commit on the writer's thread (see `benchmarks.daemon`): a slower disk
in all but name. Against it stands the same daemon told to write one push a commit.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.box import BenchBox
from benchmarks.process import Daemon
from benchmarks.push import pushed
from benchmarks.result import Row, Run, median, spread

DELAY_MS = 8.0


def measure(run: Run) -> Sequence[Row]:
    """Measure one order a request from many clients, in groups and one by one."""
    clients = run.size(200, 64)
    box = BenchBox(run.folder)
    box.fill(1_000, clients)
    found = {}
    for batch, orders in ((256, clients * 10), (1, clients * 2)):
        box.configure(batch=batch)
        with Daemon(box, commit_delay_ms=DELAY_MS) as daemon:
            found[batch] = pushed(
                daemon,
                "field_orders",
                bundle=1,
                orders=orders,
                repeats=run.repeats,
                connections=clients,
            ).rate
    return [
        Row(
            f"orders at +{DELAY_MS:g} ms a commit, {clients} clients",
            median(found[256]),
            "orders/s",
            against="one push a commit",
            limit=median(found[1]),
            goal=30.0,
            better="high",
            spread=spread(found[256]),
        )
    ]
