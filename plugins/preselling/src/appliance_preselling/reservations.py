"""What an order reserves in the warehouse that it is shipped from.

An order reserves from when it is accepted, whatever was waived for that, until it is shipped, given
up or expired; of one that is partly shipped, what is left. What accounting tells of stock stays
accounting's: `stock_balances` is never written here, the reservations are records of their own, and
what is free is the difference. A reservation ends early on the last day that the settings give it,
or where accounting's own figures have come to know the order; it does not come back then.
"""

from __future__ import annotations

from datetime import date, timedelta

from appliance.api import Context, Row, Write
from appliance_preselling import reserved
from appliance_preselling.dates import day_of, read_date
from appliance_preselling.states import RETURN
from appliance_preselling.step import Step

RESERVING = frozenset({"accepted", "awaiting_confirmation", "confirmed", "partially_shipped"})
"""States of an order that reserves."""

_BEFORE = frozenset({None, "draft", "submitted", "held"})
"""States of an order that has reserved nothing yet; None: it is new."""

FOR_EVER = "9999-12-31"


def follow(step: Step, context: Context) -> list[Write]:
    """Return what a step changes of the order's reservation: one record, or nothing."""
    if not context.settings["reserve_stock"] or not _touches(step):
        return []
    kept: Row | None = None
    if step.source not in _BEFORE:
        kept = context.get("order_reservations", step.order_id)
    if kept is not None and "released" in kept:
        return []
    amounts = _amounts(step.after, context) if _reserves(step.after) else {}
    if kept is None and not amounts:
        return []
    row: Row = {
        "warehouse_id": step.after["warehouse_id"],
        "since": step.at if kept is None else kept["since"],
        "amounts": amounts,
    }
    if amounts:
        row["until"] = _until(step.after, step.at, context.settings["reserve_days"])
    reserved.of(context).expect(step.order_id, row, context)
    return [Write(collection="order_reservations", id=step.order_id, row=row)]


def _reserves(order: Row) -> bool:
    return order["state"] in RESERVING and order["order_kind"] != RETURN


def _touches(step: Step) -> bool:
    """Tell whether a step may change what the order reserves."""
    before, after = step.before, step.after
    if before is None or not _reserves(before):
        return _reserves(after)
    shipping = "partially_shipped" in (before["state"], after["state"])
    return shipping or step.rewritten or not _reserves(after)


def _amounts(order: Row, context: Context) -> dict[str, int]:
    """Return what is left to ship of each product, in base units, rounded up."""
    left = order["lines"]
    if order["state"] == "partially_shipped":
        left = [
            {**line, "qty": max(0, line["qty"] - (line.get("shipped_qty") or 0))}
            for line in left
            if line.get("status") != "cut"
        ]
    amounts: dict[str, int] = {}
    for line, qty in zip(left, reserved.of(context).in_base(left, context), strict=True):
        if qty > 0:
            amounts[line["product_id"]] = amounts.get(line["product_id"], 0) + qty
    return amounts


def _until(order: Row, at_ms: int, days: int) -> str:
    """Return the last day of a reservation: some days after the delivery that was asked for."""
    wanted, today = read_date(order["requested_date"]), day_of(at_ms, order["tz_offset_min"])
    first = max(wanted or date.min, today or date.min)
    if not days or days > (date.max - first).days:
        return FOR_EVER
    return (first + timedelta(days=days)).isoformat()
