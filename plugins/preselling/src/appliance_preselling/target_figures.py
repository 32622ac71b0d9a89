"""How far plans are: which days count, what each day brings, and what that comes to. No I/O.

Every day of a period is counted by itself, so that one order of today has no month counted again.
What a day brings to a plan is a count by name: amounts by currency, visited outlets by id, all else
by one name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from appliance.api import Row, rdiv

OF_ORDERS = frozenset({"amount", "quantity", "weight_g", "orders", "lines"})
OF_LINES = frozenset({"quantity", "weight_g"})
"""Measures that look at each line, even of a plan for all goods."""
OF_VISITS = frozenset({"visits", "outlets", "strike_bp"})

_PERIOD = re.compile(r"([0-9]{4})(?:-Q([1-4])|-([0-9]{2})(?:-([0-9]{2}))?)?")

Subject = tuple[str, str]
"""Kind and id of whom or what a plan is for."""


class Key(NamedTuple):
    """What a plan counts; plans that count the same share it."""

    measure: str
    subject: Subject
    filter: tuple[str, str] | None


class Span(NamedTuple):
    """The days of a period, the first and the last."""

    first: date
    last: date

    def days(self, today: date) -> Iterator[date]:
        """Yield the days that have begun."""
        for number in range((min(self.last, today) - self.first).days + 1):
            yield self.first + timedelta(number)


class OrderOfDay(NamedTuple):
    """An order that stands.

    Attributes:
        subjects: whose plans it counts for.
        currency, payable, lines: its own; `payable` in minor units.
        visit_id: the visit that it was made in.
        sold: its lines, where they were asked for.
    """

    subjects: Sequence[Subject]
    currency: str
    payable: int
    lines: int
    visit_id: str | None
    sold: Sequence[SoldLine] = ()


class SoldLine(NamedTuple):
    """A line: what it is of, its total (minor units), base units (1/1 000) and grams."""

    choices: frozenset[tuple[str, str]]
    total: int
    qty: int
    weight_g: int


class VisitOfDay(NamedTuple):
    """A visit that was made."""

    subjects: Sequence[Subject]
    visit_id: str
    outlet_id: str


def span_of(period: str) -> Span | None:
    """Read ``YYYY``, ``YYYY-Qn``, ``YYYY-MM`` or ``YYYY-MM-DD``; None where it is none."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        return None
    year = int(found[1])
    try:
        if found[4]:
            day = date(year, int(found[3]), int(found[4]))
            return Span(day, day)
        month, count = (int(found[3]), 1) if found[3] else (1, 12)
        if found[2]:
            month, count = 3 * int(found[2]) - 2, 3
        following = month + count
        after = date(year + (following > 12), following - 12 * (following > 12), 1)
        return Span(date(year, month, 1), after - timedelta(1))
    except (ValueError, OverflowError):
        return None


def key_of(row: Row) -> Key:
    """Return what a plan counts."""
    chosen = row.get("filter")
    only = None if chosen is None else (chosen["kind"], chosen["id"])
    return Key(row["measure"], (row["subject_kind"], row["subject_id"]), only)


def missing(row: Row) -> str | None:
    """Return why nothing is worked out for a plan, as its field ``fact_missing`` says it."""
    if span_of(row["period"]) is None:
        return "period"
    if row["measure"] not in OF_ORDERS | OF_VISITS:
        return "measure"
    if row["measure"] in OF_VISITS and row.get("filter") is not None:
        return "filter"
    return None


def counted(
    keys: Iterable[Key], orders: Iterable[OrderOfDay], visits: Iterable[VisitOfDay]
) -> dict[Key, Counter[str]]:
    """Return what a day brings to each key."""
    found: dict[Key, Counter[str]] = {key: Counter() for key in keys}
    by_subject: dict[Subject, list[Key]] = {}
    for key in found:
        by_subject.setdefault(key.subject, []).append(key)
    brought = set()
    for order in orders:
        if order.visit_id is not None:
            brought.add(order.visit_id)
        for subject in order.subjects:
            for key in by_subject.get(subject, ()):
                _add_order(found[key], key, order)
    for visit in visits:
        for subject in visit.subjects:
            for key in by_subject.get(subject, ()):
                _add_visit(found[key], key, visit, brought)
    return found


def _add_order(count: Counter[str], key: Key, order: OrderOfDay) -> None:
    if key.measure not in OF_ORDERS:
        return
    if key.filter is None and key.measure not in OF_LINES:
        whole = {"amount": order.payable, "orders": 1, "lines": order.lines}
        count[order.currency if key.measure == "amount" else ""] += whole[key.measure]
        return
    lines = [one for one in order.sold if key.filter is None or key.filter in one.choices]
    match key.measure:
        case "amount":
            count[order.currency] += sum(one.total for one in lines)
        case "quantity":
            count[""] += sum(one.qty for one in lines)
        case "weight_g":
            count[""] += sum(one.weight_g for one in lines)
        case "orders":
            count[""] += bool(lines)
        case _:
            count[""] += len(lines)


def _add_visit(count: Counter[str], key: Key, visit: VisitOfDay, brought: set[str]) -> None:
    match key.measure:
        case "visits":
            count[""] += 1
        case "outlets":
            count[visit.outlet_id] = 1
        case "strike_bp":
            count["visits"] += 1
            count["brought"] += visit.visit_id in brought


def fact(row: Row, days: Iterable[Mapping[str, int]]) -> tuple[int | None, str | None]:
    """Return how far a plan is, and why that is not known, from what its days brought."""
    whole: Counter[str] = Counter()
    for one in days:
        whole.update(one)
    match row["measure"]:
        case "amount":
            currency = row.get("currency")
            if currency is not None:
                return whole[currency], None
            named = [amount for amount in whole.values() if amount]
            return (None, "currency") if len(named) > 1 else (sum(named), None)
        case "outlets":
            return len(whole), None
        case "strike_bp":
            visits = whole["visits"]
            return (rdiv(10_000 * whole["brought"], visits) if visits else 0), None
    return whole[""], None
