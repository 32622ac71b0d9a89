"""Lowest prices of products, kept apart from products because customers get these.

A product may still be stored with its lowest price, by an older appliance or another plugin; a job
moves it to where customers do not see it.
"""

from __future__ import annotations

import uuid

from appliance.api import Context, ScheduledJob, Write

JOB = ScheduledJob(
    name="move_floors",
    every_s=60,
    doc="Moves lowest prices out of products, which customers get, into product_floors.",
)

MOST_AT_ONCE = 500
"""Products that one run changes."""

_NAMES = uuid.UUID("0a4f3a52-0f0b-4c1e-8c39-6b0a3a3c7d11")
"""What the ids of floors are derived from."""

_STATED = "SELECT id FROM products WHERE body ->> '$.min_price' IS NOT NULL LIMIT ?"
_KNOWN = "SELECT id FROM product_floors WHERE product_id = ? ORDER BY id LIMIT 1"

_looked: dict[str, int] = {}
"""The newest change of products at which all of them had been looked through, by epoch."""


def move(context: Context) -> list[Write]:
    """Return the products that have a lowest price without it, and their floors."""
    newest = context.newest("products")
    if _looked.get(context.epoch) == newest:
        return []
    found = context.select(_STATED, (MOST_AT_ONCE,))
    if not found:
        _looked.clear()
        _looked[context.epoch] = newest
    writes: list[Write] = []
    for (product_id,) in found:
        row = dict(context.get("products", product_id) or {})
        price = row.pop("min_price", None)
        if price is None:
            continue
        known = context.select(_KNOWN, (product_id,))
        floor = {"product_id": product_id, "min_price": price}
        floor_id = known[0][0] if known else str(uuid.uuid5(_NAMES, product_id))
        writes.append(Write(collection="product_floors", id=floor_id, row=floor))
        writes.append(Write(collection="products", id=product_id, row=row))
    return writes
