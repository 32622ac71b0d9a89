"""A month of field work in the mid company: its visits, and the orders that they brought.

25 visits a day of each person with a route, and 600 orders of 12 lines a day, as many as a company
of that size makes (three branches, 60 people, 6,000 outlets). They are stored as the appliance's
own records: what rules say of them is measured elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from appliance.api.mutations import Row, Write
from appliance.store.box import Box
from appliance.store.connection import Connection
from benchmarks.catalogue import fast_id

DAYS = 30
VISITS = 25
ORDERS = 600
LINES = 12
"""Days; visits of a person and orders of all in a day; lines of an order."""

DAY_MS = 86_400_000
_STATES = ("accepted", "accepted", "shipped", "partially_shipped", "completed", "held", "cancelled")
_STOPS = """
SELECT way.owner_user_id, users.org_id, org_units.currency, outlets.id, outlets.party_id,
    price_lists.id, warehouses.id
FROM routes AS way JOIN users ON users.id = way.owner_user_id
JOIN org_units ON org_units.id = users.org_id
JOIN route_outlets AS stop ON stop.route_id = way.id
JOIN outlets ON outlets.id = stop.outlet_id
JOIN price_lists ON price_lists.id = (SELECT min(id) FROM price_lists)
JOIN warehouses ON warehouses.id = (SELECT min(id) FROM warehouses WHERE org_id = users.org_id)
ORDER BY way.owner_user_id, stop.id
"""
_GOODS = """
SELECT product_id, id FROM product_uoms WHERE is_base ORDER BY product_id
"""


def month(box: Box, first_ms: int) -> tuple[list[Write], list[Write]]:
    """Return the visits and the orders of a month that begins at a moment."""

    def read(connection: Connection) -> tuple[list[Any], list[Any]]:
        return (
            connection.select_guarded(_STOPS, (), 60.0),
            connection.select_guarded(_GOODS, (), 60.0),
        )

    stops, goods = box.store.fetch(read)
    people: dict[str, list[Any]] = {}
    for stop in stops:
        people.setdefault(stop[0], []).append(stop)
    visits = list(_visits(people, first_ms))
    orders = list(_orders(visits, people, goods))
    return [visit for visit, _stop in visits], orders


def _visits(people: dict[str, list[Any]], first_ms: int) -> Iterator[tuple[Write, Any]]:
    number = 0
    for day in range(DAYS):
        for place in range(VISITS):
            for user, stops in people.items():
                number += 1
                stop = stops[(day * VISITS + place) % len(stops)]
                arrived = first_ms + day * DAY_MS + (5 * 60 + place * 20) * 60_000
                state = "not_visited" if number % 9 == 0 else "completed"
                row = {
                    "state": state,
                    "outlet_id": stop[3],
                    "user_id": user,
                    "planned": number % 5 != 0,
                    "arrived_at": arrived,
                    "left_at": arrived + (4 + number % 17) * 60_000,
                    "tz_offset_min": 180,
                }
                yield Write(collection="visits", id=fast_id(number, 7), row=row), stop


def _orders(
    visits: Sequence[tuple[Write, Any]], people: dict[str, list[Any]], goods: Sequence[Any]
) -> Iterator[Write]:
    step = max(1, len(people) * VISITS // ORDERS)
    for number, (visit, stop) in enumerate(visits[::step]):
        if visit.row["state"] == "completed":
            row = _order(number, visit, stop, goods)
            yield Write(collection="orders", id=fast_id(number, 8), row=row)


def _order(number: int, visit: Write, stop: Any, goods: Sequence[Any]) -> Row:
    user, unit, currency, outlet, party, price_list, house = stop
    state = _STATES[number % len(_STATES)]
    lines = [_line(number, place, state, goods) for place in range(LINES)]
    total = sum(line["total"] for line in lines)
    tax = sum(line["tax_amount"] for line in lines)
    day = datetime.fromtimestamp(visit.row["arrived_at"] / 1_000, UTC).date().isoformat()
    return {
        "state": state,
        "revision": 1,
        "number": f"B-{number}",
        "user_id": user,
        "org_id": unit,
        "created_at": visit.row["arrived_at"] + 60_000,
        "tz_offset_min": 180,
        "visit_id": visit.id,
        "order_kind": "sale",
        "outlet_id": outlet,
        "party_id": party,
        "payer_party_id": party,
        "price_list_id": price_list,
        "currency": currency,
        "tax_included": True,
        "warehouse_id": house,
        "delivery": "address",
        "requested_date": day,
        "payment_form": "bank",
        "totals": {
            "gross": total,
            "discount": 0,
            "net": total - tax,
            "payable": total,
            "tax": [{"tax_category": "vat20", "rate_bp": 2_000, "tax_amount": tax}],
        },
        "lines": lines,
    }


def _line(number: int, place: int, state: str, goods: Sequence[Any]) -> Row:
    product, uom = goods[(number * 7 + place * 131) % len(goods)]
    qty = (1 + (number + place) % 24) * 1_000
    price = 500_000 + (number + place) % 1_000 * 1_000
    total = qty * price // 100_000
    line = {
        "line_no": place + 1,
        "product_id": product,
        "uom_id": uom,
        "qty": qty,
        "list_price": price,
        "discounts": [{"kind": "individual", "bp": 500}],
        "net_price": price,
        "gross_amount": total,
        "line_amount": total,
        "tax_category": "vat20",
        "rate_bp": 2_000,
        "tax_amount": total // 6,
        "total": total,
    }
    if state in ("shipped", "partially_shipped", "completed"):
        line["shipped_qty"] = qty if state != "partially_shipped" or place % 4 else 0
    return line
