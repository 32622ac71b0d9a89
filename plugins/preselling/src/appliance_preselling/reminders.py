"""Outlets that have not ordered for some days: who works them is told, once for each silence."""

from __future__ import annotations

import uuid
from typing import Any

from appliance.api import Context, ScheduledJob, Write
from appliance_preselling.dates import day_of
from appliance_preselling.texts import TEXTS

JOB = ScheduledJob(
    name="remind_of_orders",
    every_s=3_600,
    doc="Tells owners of routes of outlets that have not ordered for some days.",
)

MS_PER_DAY = 86_400_000

LATE_DAYS = 14
"""How long after its day a reminder still comes: after a holiday, yes; of a lost outlet, no."""

MOST_AT_ONCE = 500
"""Reminders of one run; the others wait for the next."""

_NAMES = uuid.UUID("7a9a4a0c-8d0f-4a0e-9c7b-2f2d9a1f7c55")
"""What the ids of reminders are derived from: a person is told once of an outlet's last order."""

# The last orders by index on created_at; whether one came later, by that on the outlet.
_SILENT = """
SELECT last.outlet_id, last.id, last.created_at, last.tz_offset_min, outlets.name,
    routes.owner_user_id
FROM orders AS last
JOIN outlets ON outlets.id = last.outlet_id
JOIN route_outlets AS stop ON stop.outlet_id = last.outlet_id
JOIN routes ON routes.id = stop.route_id
WHERE last.created_at >= :first AND last.created_at < :until
    AND last.order_kind <> 'return_request'
    AND last.state NOT IN ('draft', 'cancelled', 'rejected', 'expired')
    AND outlets.active IS NOT 0 AND routes.active IS NOT 0
    AND routes.owner_user_id IS NOT NULL AND coalesce(routes.kind, 'presale') IN ('presale', 'van')
    AND NOT EXISTS (
        SELECT 1 FROM orders AS later WHERE later.outlet_id = last.outlet_id
            AND later.order_kind <> 'return_request'
            AND later.state NOT IN ('cancelled', 'rejected', 'expired')
            AND (later.created_at, later.id) > (last.created_at, last.id))
ORDER BY last.created_at, last.id, routes.owner_user_id
"""


def remind(context: Context) -> list[Write]:
    """Return what owners of routes have not been told yet."""
    days = context.settings["remind_days"]
    if not days:
        return []
    until = context.now_ms - days * MS_PER_DAY
    asked = {"first": until - LATE_DAYS * MS_PER_DAY, "until": until}
    found: dict[str, tuple[Any, ...]] = {}
    for one in context.select(_SILENT, asked):
        found.setdefault(str(uuid.uuid5(_NAMES, f"{one[1]}/{one[5]}")), one)
    writes = []
    for record_id in context.missing("notifications", list(found))[:MOST_AT_ONCE]:
        outlet_id, _order_id, created_at, offset, name, owner = found[record_id]
        day = day_of(created_at, offset)
        silent = (context.now_ms - created_at) // MS_PER_DAY
        text = TEXTS.in_all("notice:outlet:silent", outlet=name, date=str(day), days=silent)
        row = {
            "user_id": owner,
            "kind": "orders.silent",
            "text": text,
            "at": context.now_ms,
            "ref_type": "outlets",
            "ref_id": outlet_id,
        }
        writes.append(Write(collection="notifications", id=record_id, row=row))
    return writes
