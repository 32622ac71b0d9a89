"""Orders wrong on purpose: each differs in what it is about, and honest ones in nothing."""

from __future__ import annotations

import random
import types
from typing import Any

import pytest

from appliance.api.values import rdiv
from appliance.testing.device import Record
from appliance.testing.field_day.basket import Basket
from appliance.testing.field_day.mistakes import MISTAKES, OF_ORDERS
from appliance.testing.field_day.route_plan import Stop
from appliance.testing.held_records import HeldRecords
from appliance.testing.order_desk import OrderDesk

NOW_MS = 1_795_000_000_000  # 2026-11-18 11:06 UTC
FIELDS = (
    *("state", "revision", "number", "user_id", "created_at", "tz_offset_min", "visit_id"),
    *("order_kind", "outlet_id", "party_id", "payer_party_id", "contract_id", "pricing_rev"),
    *("warehouse_id", "delivery", "requested_date", "payment_form", "source", "price_list_id"),
    *("currency", "tax_included", "promo_ids", "totals", "lines"),
)
SCHEMAS = {"orders": {"properties": {name: {} for name in FIELDS}}}


def rows() -> dict[str, dict[str, dict[str, Any]]]:
    """A shop with everything that a mistake can be made with."""
    found: dict[str, dict[str, dict[str, Any]]] = {
        "users": {
            "anna": {
                "login": "anna",
                "org_id": "org",
                "limits": {"max_order_minor": 5_000_000, "max_manual_discount_bp": 500},
            }
        },
        "org_units": {"org": {"country": "RU", "currency": "RUB", "timezone": "Europe/Moscow"}},
        "outlets": {"shop": {"party_id": "party", "warehouse_id": "war", "active": True}},
        "parties": {
            "party": {
                "price_list_id": "list",
                "payment_forms": ["bank", "cash"],
                "credit_limit_minor": 3_000_000,
            }
        },
        "price_lists": {
            "list": {"currency": "RUB", "tax_included": True, "code": "L", "name": "L"}
        },
        "tax_rates": {
            "vat": {
                "country": "RU",
                "tax_category": "standard",
                "rate_bp": 2000,
                "valid_from": "2020-01-01",
            }
        },
        "receivables": {
            "old": {
                "party_id": "party",
                "currency": "RUB",
                "open_amount": 100_000,
                "due_date": "2026-10-01",
            }
        },
        "licences": {
            "beer": {
                "party_id": "party",
                "regulation": "beer",
                "valid_from": "2020-01-01",
                "valid_to": "2027-05-05",
            }
        },
        "customer_limits": {
            "month": {
                "subject_kind": "outlet",
                "subject_id": "shop",
                "object_kind": "product",
                "object_id": "p3",
                "period": "month",
                "max_qty": 30_000,
                "valid_from": "2026-01-01",
            }
        },
    }
    regulations = {1: "beer", 2: "alcohol"}
    for number in range(6):
        product, uom = f"p{number}", f"u{number}"
        found.setdefault("products", {})[product] = {
            "name": product,
            "base_uom": "796",
            "tax_category": "standard",
            "regulation": regulations.get(number),
            "active": True,
        }
        found.setdefault("product_uoms", {})[uom] = {
            "product_id": product,
            "uom_code": "796",
            "factor_num": 1,
            "factor_den": 1,
            "is_base": True,
            "order_multiple": 100 if number == 4 else None,
        }
        found.setdefault("prices", {})[f"c{number}"] = {
            "price_list_id": "list",
            "product_id": product,
            "uom_id": uom,
            "price": 1_000_000,
            "valid_from": "2020-01-01",
        }
        found.setdefault("stock_balances", {})[f"s{number}"] = {
            "warehouse_id": "war",
            "product_id": product,
            "on_hand": 500_000,
            "as_of": NOW_MS,
        }
        found.setdefault("sales_history", {})[f"h{number}"] = {
            "outlet_id": "shop",
            "product_id": product,
            "month": "2026-10",
            "ordered": 16_000,
        }
    return found


class HandDevice:
    """What a desk asks of a device, from rows in memory."""

    def __init__(self, held: dict[str, dict[str, dict[str, Any]]]) -> None:
        self.held = held
        self.head = 7
        self.next_n = 1
        self.identity = types.SimpleNamespace(user={"id": "anna", "login": "anna"})

    def rows(self, collection: str) -> list[Record]:
        found = self.held.get(collection, {})
        return [Record(key, 1, row, pending=False) for key, row in found.items()]


def desk(held: dict[str, Any] | None = None) -> OrderDesk:
    source = random.Random(3)
    device: Any = HandDevice(held or rows())
    return OrderDesk(device, SCHEMAS, HeldRecords(device, source), source, NOW_MS, "A")


def test_an_honest_order_is_what_the_outlet_needs_and_nothing_is_wrong_with_it() -> None:
    one = desk()
    written, reason = one.write(Stop("shop", frequency=4), NOW_MS, visit_id="v")
    assert written is not None, reason
    assert one.foreseen(written) == frozenset()
    row = written.row
    # Old debt: cash; no licence for spirits: not among the goods.
    assert row["payment_form"] == "cash" and row["requested_date"] == "2026-11-19"
    assert {line["product_id"] for line in row["lines"]} == {"p0", "p1", "p3", "p4", "p5"}
    assert all(line["qty"] == line["suggested_qty"] == 6_000 for line in row["lines"])
    assert row["totals"]["payable"] == 5 * 60_000 and row["pricing_rev"] == 7


@pytest.mark.parametrize("kind", OF_ORDERS)
def test_a_mistake_is_foreseen_by_its_code_and_changes_what_it_is_about(kind: str) -> None:
    one = desk()
    stop = Stop("shop", frequency=4)
    written, reason = one.write(stop, NOW_MS, mistake=kind)
    assert written is not None, reason
    row, lines = written.row, written.row["lines"]
    if kind not in ("wrong price", "malformed"):
        assert MISTAKES[kind].code in one.foreseen(written)
    match kind:
        case "credit limit":
            assert row["payment_form"] == "bank" and row["totals"]["payable"] > 2_900_000
        case "own limit":
            assert row["totals"]["payable"] > 5_000_000 and row["payment_form"] == "cash"
        case "customer limit":
            assert [(x["product_id"], x["qty"]) for x in lines] == [("p3", 31_000)]
        case "discount":
            assert [d["bp"] for d in lines[0]["discounts"]] == [1_000]
        case "old debt":
            assert row["payment_form"] == "bank"
        case "stock":
            assert lines[0]["qty"] == 501_000
        case "no licence":
            assert lines[-1]["product_id"] == "p2"
        case "old licence":
            assert row["requested_date"] == "2027-05-06" and lines[-1]["product_id"] == "p1"
        case "odd quantity":
            assert (lines[-1]["product_id"], lines[-1]["qty"]) == ("p4", 150)
        case "wrong price":
            right = rdiv(lines[0]["qty"] * lines[0]["net_price"], 100_000)
            assert lines[0]["line_amount"] == right + 100
            assert row["totals"]["payable"] == sum(line["total"] for line in lines)
        case "malformed":
            assert lines[0]["qty"] == "many"
        case _:
            pytest.fail(f"nothing is said about {kind}")


@pytest.mark.parametrize(
    ("kind", "collection", "change"),
    [
        ("credit limit", "parties", {"credit_limit_minor": None}),
        ("own limit", "users", {"limits": {}}),
        ("customer limit", "customer_limits", {"valid_to": "2026-02-01"}),
        ("old debt", "receivables", {"due_date": "2026-11-10"}),
        ("stock", "stock_balances", {"as_of": NOW_MS - 25 * 3_600_000}),
        ("no licence", "products", {"regulation": "beer"}),
        ("old licence", "licences", {"regulation": "pharma"}),
        ("odd quantity", "product_uoms", {"order_multiple": None}),
    ],
)
def test_a_mistake_that_cannot_be_made_here_is_not_made(
    kind: str, collection: str, change: dict[str, Any]
) -> None:
    held = rows()
    held[collection] = {key: {**row, **change} for key, row in held[collection].items()}
    written, reason = desk(held).write(Stop("shop"), NOW_MS, mistake=kind)
    assert written is None and kind in reason


def test_the_appliances_suggestions_go_before_the_devices_own() -> None:
    held = rows()
    held["suggested_orders"] = {
        f"s{n}": {"outlet_id": "shop", "product_id": f"p{n}", "qty": qty, "for_date": day}
        for n, qty, day in (
            (0, 3_000, "2026-11-18"),
            (3, 7_500, "2026-11-18"),
            (4, 1, "2026-11-01"),
        )
    }
    written, _ = desk(held).write(Stop("shop"), NOW_MS)
    assert written is not None
    assert [(x["product_id"], x["qty"]) for x in written.row["lines"]] == [
        ("p0", 3_000),
        ("p3", 8_000),
    ]


def test_orders_before_leave_less_room() -> None:
    one = desk()
    room = one.foresight.room("party", None, "RUB")
    assert room == 2_900_000
    written, _ = one.write(Stop("shop"), NOW_MS)
    assert written is not None
    one.foresight.accept({**written.full, "payment_form": "bank"})
    assert one.foresight.room("party", None, "RUB") == room - written.full["totals"]["payable"]


def test_quantities_are_raised_to_multiples_and_lowered_to_stock() -> None:
    held = rows()
    held["product_uoms"]["u0"] |= {"factor_num": 12, "min_order": 3_000}
    device: Any = HandDevice(held)
    basket = Basket(HeldRecords(device, random.Random(1)), random.Random(1))
    assert (basket.in_unit("u0", 1), basket.in_unit("u0", 60_001)) == (3_000, 6_000)
    assert basket.most("u0", 35_999) == 2_000


def test_what_orders_reserve_is_not_sold_twice() -> None:
    held = rows()
    held["stock_reservations"] = {
        "r": {"warehouse_id": "war", "product_id": "p0", "qty": 497_000, "as_of": NOW_MS}
    }
    one = desk(held)
    assert one.foresight.free("war", "p0") == 3_000
    written, _ = one.write(Stop("shop"), NOW_MS)
    assert written is not None and written.row["lines"][0]["qty"] == 3_000
    one.foresight.accept(written.full)
    assert one.foresight.free("war", "p0") == 0
