"""Suggestions for the next planned visit of each outlet, worked out when a day turns.

A run takes some outlets, so that it never takes long: those whose visit is over, and those of which
orders came since they were looked at. Where nothing is due it costs nothing but to look.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import date

from appliance.api import Context, Row, ScheduledJob, Write
from appliance_master_data.calendar_day import today
from appliance_preselling.suggestion import Facts, Plan, suggested
from appliance_preselling.suggestion_sources import Sources
from appliance_preselling.visit_days import Stop, visits_from

JOB = ScheduledJob(
    name="suggest_orders",
    every_s=60,
    doc="Works out what outlets are suggested to order at their next planned visit.",
)

MOST_OUTLETS = 50
"""Outlets of one run: a big company's day is through in a night."""

RECENT_MS = 3 * 86_400_000
"""How old an order may be that has its outlet looked at anew; older ones came late."""

_NAMES = uuid.UUID("0c7f1e55-6b0e-4b9e-8d2c-93a7f4b4d6e2")
"""What the ids of suggestions are derived from: a product has one in an outlet."""

_STOPS = """
SELECT stop.outlet_id, min(done.for_date), max(done.at),
    json_group_array(json_array(stop.weekdays, stop.week_cycle))
FROM route_outlets AS stop
JOIN routes ON routes.id = stop.route_id
LEFT JOIN outlet_suggestions AS done ON done.id = stop.outlet_id
WHERE stop.weekdays > 0 AND routes.active IS NOT 0 AND routes.kind IS NOT 'delivery'
    AND routes.owner_user_id IS NOT NULL
GROUP BY stop.outlet_id
HAVING min(done.for_date) IS NULL OR min(done.for_date) < :today OR stop.outlet_id IN (
    SELECT orders.outlet_id FROM orders JOIN outlet_suggestions AS seen
        ON seen.id = orders.outlet_id
    WHERE orders.created_at >= :recent AND orders.state <> 'draft'
        AND orders.received_at > seen.at)
ORDER BY min(done.for_date) IS NOT NULL, min(done.for_date), stop.outlet_id LIMIT :most
"""
_GONE = """
SELECT id FROM outlet_suggestions
WHERE id NOT IN (SELECT outlet_id FROM route_outlets) ORDER BY id LIMIT ?
"""
_STORED = """
SELECT known.id, known.body
FROM json_each(:outlets) AS wanted CROSS JOIN suggested_orders AS known
    ON known.outlet_id = wanted.value
"""


def suggest_orders(context: Context) -> list[Write]:
    """Return the suggestions of some outlets that are due."""
    if not context.settings["suggest_orders"]:
        return []
    day = date.fromisoformat(today(context))
    asked: dict[str, str | int] = {
        "today": day.isoformat(),
        "recent": context.now_ms - RECENT_MS,
        "most": MOST_OUTLETS,
    }
    writes = _gone(context)
    by_visit: dict[tuple[date, date], list[str]] = {}
    for outlet, _for_date, _at, stops in context.select(_STOPS, asked):
        visits = visits_from((Stop(*one) for one in json.loads(stops)), day)
        if visits is None:
            writes += _deleted(_stored([outlet], context))
        else:
            by_visit.setdefault(visits, []).append(outlet)
        marked = visits[0] if visits is not None else day
        row = {"outlet_id": outlet, "for_date": marked.isoformat(), "at": context.now_ms}
        writes.append(Write(collection="outlet_suggestions", id=outlet, row=row))
    for (visit, following), outlets in by_visit.items():
        settings = context.settings
        plan = Plan(
            visit,
            following,
            settings["delivery_lead_days"],
            settings["safety_days"],
            settings["max_cover_days"] or None,
        )
        writes += _changes(outlets, plan, context)
    return writes


def _changes(outlets: list[str], plan: Plan, context: Context) -> Iterable[Write]:
    """Return what changes of the suggestions of some outlets."""
    stored = _stored(outlets, context)
    writes: list[Write] = []
    facts = Sources(outlets, plan.visit, context).facts()
    for (outlet, product), known in sorted(facts.items()):
        row = _row(outlet, product, known, plan)
        if row is not None:
            record_id = str(uuid.uuid5(_NAMES, f"{outlet}/{product}"))
            if stored.pop(record_id, None) != row:
                writes.append(Write(collection="suggested_orders", id=record_id, row=row))
    return [*writes, *_deleted(stored)]


def _gone(context: Context) -> list[Write]:
    """Return the end of what was suggested for outlets that are on no route any more."""
    outlets = [outlet for (outlet,) in context.select(_GONE, (MOST_OUTLETS,))]
    if not outlets:
        return []
    marks = [Write(collection="outlet_suggestions", id=outlet, op="del") for outlet in outlets]
    return [*_deleted(_stored(outlets, context)), *marks]


def _stored(outlets: list[str], context: Context) -> dict[str, Row]:
    found = context.select(_STORED, {"outlets": json.dumps(outlets)})
    return {record_id: json.loads(body) for record_id, body in found}


def _deleted(record_ids: Iterable[str]) -> list[Write]:
    return [Write(collection="suggested_orders", id=one, op="del") for one in record_ids]


def _row(outlet: str, product: str, facts: Facts, plan: Plan) -> Row | None:
    """Return a suggestion; None where there is nothing to say."""
    made = suggested(facts, plan)
    known = bool(facts.counted or facts.delivered or facts.sold)
    if not made.qty and not (made.method == "sell_out" or (made.method == "blocked" and known)):
        return None
    basis: Row = {
        "method": made.method,
        "stock": made.stock,
        "cover_days": made.cover_days,
    }
    if made.ads_milli is not None:
        basis["ads_milli"] = made.ads_milli
    if facts.counted:
        basis["counted_on"] = max(one.day for one in facts.counted).isoformat()
    return {
        "outlet_id": outlet,
        "product_id": product,
        "qty": made.qty,
        "for_date": plan.visit.isoformat(),
        "basis": basis,
    }
