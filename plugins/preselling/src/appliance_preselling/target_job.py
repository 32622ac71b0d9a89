"""The facts of plans, kept up to date beside the work: see `appliance_preselling.target_figures`.

What each day brought is kept in memory, and counted again for the days of which an order or visit
came or changed; for all days when a day turns after masters changed. A run counts some days, so a
restarted appliance comes to a busy month in some minutes. Until all days of a plan are counted, its
fact stays what it was.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import NamedTuple

from appliance.api import Context, Row, ScheduledJob, Write
from appliance_master_data.calendar_day import today
from appliance_preselling import target_figures as figures
from appliance_preselling.dates import read_date
from appliance_preselling.report_parts import DAY, STANDS
from appliance_preselling.target_figures import Key, OrderOfDay, SoldLine, Span, Subject, VisitOfDay

JOB = ScheduledJob(
    name="target_facts",
    every_s=60,
    doc="Works out how far the plans of people, routes, outlets and units are.",
)

MOST_ROWS = 20_000
"""Orders, lines and visits after which a run begins no further day."""

MOST_CHANGES = 5_000
"""Changed orders, and visits, that one run asks for the days of."""

_ROWS_OF_A_DAY = 200
"""As many rows is the work of asking for a day, however empty it is."""

LATE_DAYS = 31
"""Days after the end of a period on which what comes late still counts."""

_MASTERS = ("route_outlets", "users", "org_units", "products", "product_groups", "product_uoms")
"""What decides whose an order is and what is in it."""

_VISIT_DAY = "date(arrived_at / 1000 + coalesce(tz_offset_min, 0) * 60, 'unixepoch')"
_CHANGED = {
    "orders": f"SELECT seq, {DAY} FROM orders WHERE seq > ? ORDER BY seq LIMIT ?",
    "visits": f"SELECT seq, {_VISIT_DAY} FROM visits WHERE seq > ? ORDER BY seq LIMIT ?",
}
_ORDERS = f"""
SELECT id, user_id, outlet_id, org_id, currency, coalesce(body ->> '$.totals.payable', 0),
    coalesce(json_array_length(body, '$.lines'), 0), body ->> '$.visit_id'
FROM orders
WHERE {STANDS} AND order_kind <> 'return_request'
    AND created_at >= (unixepoch(:day) - 86400) * 1000
    AND created_at < (unixepoch(:day) + 172800) * 1000 AND {DAY} = :day
"""
_LINES = f"""
WITH line AS MATERIALIZED (
    SELECT orders.id AS order_id, CAST(one.value ->> '$.product_id' AS TEXT) AS product_id,
        CAST(one.value ->> '$.uom_id' AS TEXT) AS uom_id, one.value ->> '$.qty' AS qty,
        one.value ->> '$.total' AS total
    FROM orders CROSS JOIN json_each(orders.body, '$.lines') AS one
    WHERE {STANDS} AND orders.order_kind <> 'return_request'
        AND orders.created_at >= (unixepoch(:day) - 86400) * 1000
        AND orders.created_at < (unixepoch(:day) + 172800) * 1000 AND {DAY} = :day
)
SELECT line.order_id, line.product_id, products.brand, products.body -> '$.group_ids',
    coalesce(line.total, 0), line.qty * unit.factor_num / unit.factor_den,
    line.qty * coalesce(unit.gross_g, 0) / 1000
FROM line LEFT JOIN product_uoms AS unit ON unit.id = line.uom_id
LEFT JOIN products ON products.id = line.product_id
"""
_VISITS = f"""
SELECT id, user_id, outlet_id FROM visits
WHERE state IN ('completed', 'completed_incomplete')
    AND arrived_at >= (unixepoch(:day) - 86400) * 1000
    AND arrived_at < (unixepoch(:day) + 172800) * 1000 AND {_VISIT_DAY} = :day
"""


class _Plan(NamedTuple):
    row: Row
    key: Key
    span: Span


class _Memory:
    """What runs of this process know."""

    def __init__(self) -> None:
        self.targets = -1
        self.plans: dict[str, _Plan] = {}
        self.unknown: dict[str, tuple[Row, str]] = {}
        self.days: dict[date, dict[Key, Counter[str]]] = {}
        self.seen: dict[str, int] = {}
        self.stale: set[date] = set()
        self.masters = -1
        self.day = date.min


_memories: dict[str, _Memory] = {}
"""By epoch; an appliance has one."""


def work(context: Context) -> list[Write]:
    """Return the plans whose fact is another since the last run."""
    memory = _memories.get(context.epoch)
    if memory is None:
        _memories.clear()
        memory = _memories[context.epoch] = _Memory()
    day = date.fromisoformat(today(context))
    _read_plans(memory, day, context)
    if not memory.plans and not memory.unknown:
        return []
    _note_changes(memory, day, context)
    _count(memory, day, context)
    writes = [_write(one, row, None, why, context) for one, (row, why) in memory.unknown.items()]
    for record_id, plan in memory.plans.items():
        days = [memory.days.get(one, {}).get(plan.key) for one in plan.span.days(day)]
        if plan.span.first <= day and None not in days:
            value, why = figures.fact(plan.row, [one for one in days if one is not None])
            writes.append(_write(record_id, plan.row, value, why, context))
    return [write for write in writes if write is not None]


def _read_plans(memory: _Memory, day: date, context: Context) -> None:
    newest = context.newest("targets")
    if newest == memory.targets and day == memory.day:
        return
    memory.targets = newest
    memory.plans.clear()
    memory.unknown.clear()
    for record_id, body in context.select("SELECT id, body FROM targets"):
        row = json.loads(body)
        why, span = figures.missing(row), figures.span_of(row["period"])
        if why is not None or span is None:
            memory.unknown[record_id] = (row, why or "period")
        elif (day - span.last).days <= LATE_DAYS or row.get("fact_at") is None:
            memory.plans[record_id] = _Plan(row, figures.key_of(row), span)


def _note_changes(memory: _Memory, day: date, context: Context) -> None:
    """Note the days that are to be counted again."""
    for collection, sql in _CHANGED.items():
        newest = context.newest(collection)
        if collection not in memory.seen:
            memory.seen[collection] = newest  # nothing is counted yet
        elif newest > memory.seen[collection]:
            changed = context.select(sql, (memory.seen[collection], MOST_CHANGES))
            memory.stale.update(
                found for _, text in changed if (found := read_date(text or "")) is not None
            )
            memory.seen[collection] = changed[-1][0] if changed else newest
    if day != memory.day:
        masters = context.newest(*_MASTERS)
        if masters != memory.masters:
            memory.stale.update(memory.days)
            memory.masters = masters
        memory.day = day


def _count(memory: _Memory, day: date, context: Context) -> None:
    """Count some of the days that plans need and that are not counted, today first."""
    needed: dict[date, set[Key]] = {}
    for plan in memory.plans.values():
        for one in plan.span.days(day):
            needed.setdefault(one, set()).add(plan.key)
    for gone in memory.days.keys() - needed.keys():
        del memory.days[gone]
    memory.stale &= needed.keys()
    due = [
        one
        for one in sorted(needed, reverse=True)
        if one in memory.stale or not needed[one] <= memory.days.get(one, {}).keys()
    ]
    if not due:
        return
    places = _Places(context)
    rows = 0
    for one in due:
        memory.days[one], read = _count_day(one, needed[one], places, context)
        memory.stale.discard(one)
        rows += read + _ROWS_OF_A_DAY
        if rows >= MOST_ROWS:
            return


def _count_day(
    day: date, keys: set[Key], places: _Places, context: Context
) -> tuple[dict[Key, Counter[str]], int]:
    """Return what a day brings to each key, and how many rows that took."""
    asked = {"day": day.isoformat()}
    sold: dict[str, list[SoldLine]] = {}
    if any(key.filter is not None or key.measure in figures.OF_LINES for key in keys):
        for order, product, brand, groups, total, qty, weight in context.select(_LINES, asked):
            choices = places.choices(product, brand, groups)
            line = SoldLine(choices, total, qty or 0, weight or 0)
            sold.setdefault(order, []).append(line)
    orders = []
    for one, user, outlet, org, currency, payable, lines, visit in context.select(_ORDERS, asked):
        subjects = places.subjects(user, outlet, org)
        found = OrderOfDay(subjects, currency, payable, lines, visit, sold.get(one, ()))
        orders.append(found)
    visits = [
        VisitOfDay(places.subjects(user, outlet, None), one, outlet)
        for one, user, outlet in context.select(_VISITS, asked)
    ]
    rows = len(orders) + len(visits) + sum(map(len, sold.values()))
    return figures.counted(keys, orders, visits), rows


class _Places:
    """Whose an order is: its person, outlet, routes, and the unit with those above it."""

    def __init__(self, context: Context) -> None:
        self._above = dict(context.select("SELECT id, parent_id FROM org_units"))
        self._units = dict(context.select("SELECT id, org_id FROM users"))
        self._groups = dict(context.select("SELECT id, parent_id FROM product_groups"))
        self._routes: dict[str, list[str]] = {}
        for outlet, route in context.select("SELECT outlet_id, route_id FROM route_outlets"):
            self._routes.setdefault(outlet, []).append(route)

    def subjects(self, user: str, outlet: str, org: str | None) -> list[Subject]:
        """Return every subject that an order or visit counts for, each once."""
        found = [("user", user), ("outlet", outlet)]
        found += [("route", route) for route in dict.fromkeys(self._routes.get(outlet, ()))]
        unit = org if org is not None else self._units.get(user)
        return found + [("org", one) for one in _chain(unit, self._above)]

    def choices(
        self, product: str, brand: str | None, groups: str | None
    ) -> frozenset[tuple[str, str]]:
        """Return every filter that a product passes."""
        found = {("product", product)}
        if brand is not None:
            found.add(("brand", brand))
        for group in json.loads(groups or "[]"):
            found.update(("group", one) for one in _chain(group, self._groups))
        return frozenset(found)


def _chain(first: str | None, above: dict[str, str | None]) -> list[str]:
    found: list[str] = []
    while first is not None and first not in found:
        found.append(first)
        first = above.get(first)
    return found


def _write(
    record_id: str, row: Row, value: int | None, why: str | None, context: Context
) -> Write | None:
    """Return a plan with its fact, None where that is the one it has.

    What another plugin or a file says of a measure that is unknown here stays.
    """
    if why == "measure" and row.get("fact_value") is not None:
        return None
    now = {"fact_value": value, "fact_missing": why}
    if all(row.get(name) == what for name, what in now.items()) and (
        why is not None or row.get("fact_at") is not None
    ):
        return None
    kept = {name: what for name, what in row.items() if name not in (*now, "fact_at")}
    known = {name: what for name, what in now.items() if what is not None}
    return Write(
        collection="targets", id=record_id, row={**kept, **known, "fact_at": context.now_ms}
    )
