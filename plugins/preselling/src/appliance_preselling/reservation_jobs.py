"""What devices get of reservations, and those that end by the calendar.

Devices get sums, a record for each product of a warehouse, and not with each order: that would wake
every device of the branch a dozen times an order. The rule for orders goes by
`appliance_preselling.reserved`, which is never late.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

from appliance.api import Context, ScheduledJob, Write

SUM_UP = ScheduledJob(
    name="sum_up_reservations",
    every_s=60,
    doc="Tells devices how much of each product orders reserve.",
)
RELEASE = ScheduledJob(
    name="release_reservations",
    every_s=300,
    doc="Ends reservations whose last day is over, or that accounting's stock knows of.",
)

MOST_AT_ONCE = 2_000
"""Sums that one run changes; the others wait for the next."""

MOST_RELEASED = 500
"""Reservations that one run ends."""

MS_PER_MINUTE = 60_000

_NAMES = uuid.UUID("b7e3d0a6-5f0b-4a51-9d27-6f4b6c0e2c11")
"""What the ids of sums are derived from: one product of a warehouse has one sum."""

_CHANGED = """
WITH reserved AS MATERIALIZED (
    SELECT held.warehouse_id AS house, line.key AS product, sum(line.value) AS qty
    FROM order_reservations AS held JOIN json_each(held.body, '$.amounts') AS line
    WHERE held.until >= '0' GROUP BY 1, 2),
told AS MATERIALIZED (
    SELECT warehouse_id AS house, product_id AS product, qty FROM stock_reservations)
SELECT reserved.house, reserved.product, reserved.qty FROM reserved
LEFT JOIN told ON told.product = reserved.product AND told.house = reserved.house
WHERE told.qty IS NOT reserved.qty
UNION ALL
SELECT told.house, told.product, 0 FROM told
WHERE told.qty <> 0 AND (told.house, told.product) NOT IN
    (SELECT house, product FROM reserved)
LIMIT :most
"""

_LAPSED = "SELECT id, body FROM order_reservations WHERE until >= '0' AND until < ? LIMIT ?"
_ALL = "SELECT id, body FROM order_reservations WHERE until >= '0' LIMIT ?"
_TOLD = """
WITH counted AS MATERIALIZED (
    SELECT warehouse_id AS house, max(as_of) AS at FROM stock_balances GROUP BY warehouse_id)
SELECT held.id, held.body FROM order_reservations AS held
JOIN counted ON counted.house = held.warehouse_id
WHERE held.until >= '0' AND held.since + :lag <= counted.at LIMIT :most
"""


def sum_up(context: Context) -> list[Write]:
    """Return the sums that are others than devices have."""
    return [
        Write(
            collection="stock_reservations",
            id=str(uuid.uuid5(_NAMES, f"{house}/{product}")),
            row={
                "warehouse_id": house,
                "product_id": product,
                "qty": qty,
                "as_of": context.now_ms,
            },
        )
        for house, product, qty in context.select(_CHANGED, {"most": MOST_AT_ONCE})
    ]


def release(context: Context) -> list[Write]:
    """Return the reservations that end though their orders go on."""
    settings = context.settings
    if not settings["reserve_stock"]:
        return _ended(context.select(_ALL, (MOST_RELEASED,)), "off")
    today = datetime.fromtimestamp(context.now_ms / 1_000, UTC).date().isoformat()
    writes = _ended(context.select(_LAPSED, (today, MOST_RELEASED)), "lapsed")
    if settings["accounting_reserves"] and not writes:
        asked = {"lag": settings["accounting_lag_minutes"] * MS_PER_MINUTE, "most": MOST_RELEASED}
        writes = _ended(context.select(_TOLD, asked), "told")
    return writes


def _ended(found: list[tuple[str, str]], why: str) -> list[Write]:
    writes = []
    for record_id, body in found:
        row = {name: value for name, value in json.loads(body).items() if name != "until"}
        row |= {"amounts": {}, "released": why}
        writes.append(Write(collection="order_reservations", id=record_id, row=row))
    return writes
