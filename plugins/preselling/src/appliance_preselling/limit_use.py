"""What orders took of limits of customers: goods, amounts and quantities in a day, week or month.

Sums are kept in `customer_limit_uses`, one for each limit, period and currency, and what each order
added to them in `order_limits`.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from typing import Any

from appliance.api import Context, Row
from appliance_preselling.ledger import COUNTED, Ledger, Place, fit, sum_id
from appliance_preselling.order_view import OrderView

_LIMITS = """
SELECT id, body FROM customer_limits
WHERE subject_id IN (SELECT value FROM json_each(:subjects))
    AND valid_from <= :day AND coalesce(valid_to, :day) >= :day
ORDER BY id
"""
_SUMS = (
    "SELECT id, amount, qty FROM customer_limit_uses WHERE id IN (SELECT value FROM json_each(?))"
)

# From the groups of products upwards, so that no more is read than what is above them.
_GROUPS = """
WITH RECURSIVE above(start, id, depth) AS (
    SELECT value, value, 0 FROM json_each(?)
    UNION
    SELECT above.start, product_groups.parent_id, above.depth + 1
    FROM above CROSS JOIN product_groups ON product_groups.id = above.id
    WHERE product_groups.parent_id IS NOT NULL AND above.depth < 32
)
SELECT start, id FROM above
"""


class LimitParts(dict[str, Row]):
    """What an order takes, by the ids of limits; what the rule keeps in the view."""


def first_day(period: str, date: str) -> str:
    """Return the first day of the day, week (from Monday) or month that a day is in."""
    if period == "month":
        return f"{date[:7]}-01"
    if period == "week":
        day = datetime.date.fromisoformat(date)
        return (day - datetime.timedelta(min(day.weekday(), day.toordinal() - 1))).isoformat()
    return date


def limits(view: OrderView) -> dict[str, Row]:
    """Return the limits of an order's outlet, its party and the holding, by their ids."""
    if not view.context.newest("customer_limits"):
        return {}  # there never was any, and asking the store for nothing costs as much as for some
    outlet_id, party_id = view.row["outlet_id"], view.row["party_id"]
    group_id = (view.party or {}).get("group_id")
    subjects = {"outlet": outlet_id, "party": party_id, "group": group_id}
    asked = {
        "subjects": json.dumps([one for one in subjects.values() if one is not None]),
        "day": view.row["requested_date"],
    }
    found: dict[str, Row] = {}
    for record_id, body in view.context.select(_LIMITS, asked):
        row: Row = json.loads(body)
        if subjects.get(row["subject_kind"]) == row["subject_id"]:
            found[record_id] = row
    return found


def parts(view: OrderView, of: dict[str, Row]) -> LimitParts:
    """Return what an order takes of limits; those that none of its lines is under are left out."""
    above = _above(view) if any(one["object_kind"] == "group" for one in of.values()) else {}
    found = LimitParts()
    for limit_id, limit in of.items():
        lines = [line for line in view.lines if _is_under(view, line, limit, above)]
        if lines:
            found[limit_id] = {
                "since": first_day(limit["period"], view.row["requested_date"]),
                "currency": view.row["currency"],
                "amount": fit(sum(line["total"] for line in lines)),
                "qty": fit(sum(_base_quantity(view, line) for line in lines)),
            }
    return found


def before(view: OrderView, taken: LimitParts) -> dict[str, tuple[int, int]]:
    """Return amount and quantity that other orders took of limits in the same periods."""
    names = {_place(limit_id, part): limit_id for limit_id, part in taken.items()}
    found = dict.fromkeys(taken, (0, 0))
    rows = view.context.select(_SUMS, (json.dumps(list(names)),))
    for record_id, amount, qty in rows:
        found[names[record_id]] = amount, qty
    if view.stored is not None and view.stored["state"] in COUNTED:
        for limit_id, (_, own) in LEDGER.of_order(view.id, view.context).items():
            part = taken.get(limit_id)
            if (
                part is not None
                and own["counts"]
                and _place(limit_id, own) == _place(limit_id, part)
            ):
                amount, qty = found[limit_id]
                found[limit_id] = amount - own["amount"], qty - own["qty"]
    return found


def _above(view: OrderView) -> dict[str, set[str]]:
    """Return the groups of each product, with those above them."""
    direct = {name: set(row.get("group_ids") or ()) for name, row in view.products.items()}
    starts = sorted({group for groups in direct.values() for group in groups})
    found: dict[str, set[str]] = {}
    for start, group in view.context.select(_GROUPS, (json.dumps(starts),)):
        found.setdefault(start, set()).add(group)
    return {
        name: {above for group in groups for above in found.get(group, {group})}
        for name, groups in direct.items()
    }


def _is_under(
    view: OrderView, line: dict[str, Any], limit: Row, above: dict[str, set[str]]
) -> bool:
    product_id, name = line["product_id"], limit.get("object_id")
    match limit["object_kind"]:
        case "product":
            return bool(product_id == name)
        case "group":
            return name in above.get(product_id, ())
        case "brand":
            return bool(view.products.get(product_id, {}).get("brand") == name)
    return True


def _base_quantity(view: OrderView, line: dict[str, Any]) -> int:
    uom = view.uoms.get(line["uom_id"]) or {"factor_num": 1, "factor_den": 1}
    return -(-int(line["qty"]) * int(uom["factor_num"]) // int(uom["factor_den"]))


def _place(limit_id: str, part: Row) -> str:
    return sum_id(limit_id, part["since"], part["currency"])


def _places(part: Row, context: Context) -> Iterable[Place]:
    limit = context.get("customer_limits", part["limit_id"])
    if limit is None:
        return  # it was deleted, and nothing is counted for it any more
    begins = {
        "limit_id": part["limit_id"],
        "subject_kind": limit["subject_kind"],
        "subject_id": limit["subject_id"],
        "since": part["since"],
        "currency": part["currency"],
        "amount": 0,
        "qty": 0,
    }
    yield Place(_place(part["limit_id"], part), begins)


LEDGER = Ledger(
    parts="order_limits",
    about="limit_id",
    sums="customer_limit_uses",
    adds={"amount": "amount", "qty": "qty"},
    places=_places,
)
"""What orders took of limits."""
