"""Growth: what a delta and a push cost when the store holds ten times as many rows."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import delta, push
from benchmarks.box import BenchBox
from benchmarks.process import Daemon
from benchmarks.result import Row, Run, median, spread


class _Costs:
    """The costs on one store, a value a repeat."""

    def __init__(self) -> None:
        self.hot: list[float] = []
        self.cold: list[float] = []
        self.push: list[float] = []

    def add(self, box: BenchBox, run: Run) -> None:
        """Measure once."""
        hot, cold = delta.costs(box, run)
        self.hot += hot
        self.cold += cold
        with Daemon(box) as daemon:
            self.push += push.pushed(
                daemon,
                "field_orders",
                bundle=push.BUNDLE,
                orders=run.size(3_200, 1_280),
                repeats=1,
            ).cpu_us


def measure(run: Run) -> Sequence[Row]:
    """Measure two stores in turn, so that whatever else the machine does falls on both."""
    size = run.size(100_000, 10_000)
    boxes = BenchBox(run.folder / "small"), BenchBox(run.folder / "large")
    for box, rows in zip(boxes, (size, size * 10), strict=True):
        box.fill(rows, delta.CONNECTIONS)
    small, large = _Costs(), _Costs()
    for _ in range(3):
        small.add(boxes[0], run._replace(repeats=1))
        large.add(boxes[1], run._replace(repeats=1))
    return [
        Row(
            f"{name}, {size * 10:,} rows",
            median(now),
            "us CPU",
            against=f"{size:,} rows",
            limit=median(then),
            goal=1.5,
            spread=spread(now),
        )
        for name, now, then in (
            ("200-row delta, hot", large.hot, small.hot),
            ("200-row delta, cold", large.cold, small.cold),
            ("order of a push", large.push, small.push),
        )
    ]
