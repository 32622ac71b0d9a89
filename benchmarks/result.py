"""What a benchmark found: values, what they are measured against, and whether a goal is met."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rich.console import Console
from rich.table import Table


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        name: what was measured.
        value, unit: of this run; None where it was not measured.
        against, limit: what it is compared with, in the same unit, from this run; None for none.
        goal: the goal for the ratio of the two, or for the value where there is no limit.
        better: whether the ratio should be low or high.
        spread: (largest - smallest) / median over the repeats, 0 where there was one.
        note: for people; the reason where nothing was measured.
    """

    name: str
    value: float | None
    unit: str
    against: str = ""
    limit: float | None = None
    goal: float | None = None
    better: Literal["low", "high"] = "low"
    spread: float = 0.0
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value over its limit."""
        if self.value is None or not self.limit:
            return None
        return self.value / self.limit

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is no goal or nothing was measured."""
        reached = self.ratio if self.against else self.value
        if self.goal is None or reached is None:
            return None
        return reached <= self.goal if self.better == "low" else reached >= self.goal

    def plain(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return {**self._asdict(), "ratio": self.ratio, "met": self.met}


class Run(NamedTuple):
    """What a benchmark is told.

    Attributes:
        folder: where it may make boxes; on the file system that is measured.
        quick: fewer rows.
        repeats: how often a measurement is repeated; the median counts.
    """

    folder: Path
    quick: bool
    repeats: int

    def size(self, full: int, quick: int) -> int:
        """Choose a size."""
        return quick if self.quick else full


Benchmark = Callable[[Run], Sequence[Row]]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> float:
    """Return how far repeats lie apart: (largest - smallest) / median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def missing(name: str, reason: str) -> Row:
    """Return the row of something that was not measured."""
    return Row(name, None, "", note=reason)


def show(console: Console, found: dict[str, list[Row]]) -> None:
    """Print the table."""
    table = Table(title="Fieldbox against the limits of this run", title_justify="left")
    for heading in ("", "measured", "limit", "ratio", "goal", "±"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, rows in found.items():
        table.add_section()
        table.add_row(f"[bold]{name}")
        for row in rows:
            table.add_row(*_cells(row))
    console.print(table)


def _cells(row: Row) -> tuple[str, ...]:
    limit = f"{row.against} {number(row.limit)}" if row.limit is not None else ""
    goal = ""
    if row.goal is not None:
        sign = "≤" if row.better == "low" else "≥"
        colour = {True: "green", False: "red", None: "default"}[row.met]
        times = "x" if row.against else f" {row.unit}"
        goal = f"[{colour}]{sign} {number(row.goal)}{times}[/]"
    name = row.name + (f"\n[dim]{row.note}[/]" if row.note else "")
    value = "not measured" if row.value is None else f"{number(row.value)} {row.unit}"
    ratio = "" if row.ratio is None else f"{number(row.ratio)}x"
    return name, value, limit, ratio, goal, f"{row.spread:.0%}" if row.spread else ""


def number(value: float | None) -> str:
    """Write a number with three digits that count."""
    if value is None:
        return ""
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
