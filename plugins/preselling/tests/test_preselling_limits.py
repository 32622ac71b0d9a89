"""Limits of customers by goods, amount and quantity in a period, and by discounts by hand."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.api import Row
from appliance_preselling.limit_use import first_day

ACCEPTED: tuple[str, list[tuple[str, str]]] = ("accepted", [])
HELD = ("held", [("customer_limit_exceeded", "hold")])

LIMIT: Row = {
    "subject_kind": "outlet",
    "subject_id": "corner",
    "object_kind": "all",
    "period": "month",
    "max_amount": 500_000,
    "valid_from": "2025-01-01",
}


def test_what_was_ordered_in_the_period_counts(shop: Any) -> None:
    shop.put("customer_limits", "l", LIMIT)
    order = shop.order(("tea-pce", 2_000))  # 2 000.00
    for number in (2, 3):
        assert shop.send(order, f"order-{number}")["state"] == "accepted"
    assert shop.judged(order) == HELD
    assert shop.texts(order) == [
        "The customer's limit for one month is exceeded (all goods): agreed 5 000.00, ordered"
        " before 4 000.00, in this order 2 000.00."
    ]
    assert shop.judged(shop.order(("tea-pce", 1_000))) == ACCEPTED
    # Another month, another outlet, another currency.
    assert shop.judged(shop.order(("tea-pce", 2_000), requested_date="2025-07-01")) == ACCEPTED
    other = {"party_id": "shop", "name": "Other", "address": "B", "active": True}
    shop.put("outlets", "other", other)
    assert shop.judged({**order, "outlet_id": "other"}) == ACCEPTED
    shop.change("order-2", "cancelled")
    assert shop.judged(order) == ACCEPTED


def test_an_order_that_waits_counts_once_it_is_approved(shop: Any) -> None:
    shop.put("customer_limits", "l", {**LIMIT, "max_amount": 100_000})
    assert shop.send(shop.order(("tea-pce", 2_000)), "order-2")["state"] == "held"
    assert shop.judged(shop.order(("tea-pce", 1_000))) == ACCEPTED
    shop.change("order-2", "accepted")
    assert shop.judged(shop.order(("tea-pce", 1_000))) == HELD
    ((use,),) = shop.context.select("SELECT amount FROM customer_limit_uses")
    assert use == 200_000


def test_a_new_revision_counts_in_place_of_the_one_before(shop: Any) -> None:
    shop.put("customer_limits", "l", LIMIT)
    shop.send(shop.order(("tea-pce", 4_000)), "order-2")
    shop.change("order-2", "awaiting_confirmation")
    again = shop.order(("tea-pce", 5_000), revision=1)
    assert shop.send(again, "order-2")["state"] == "accepted"
    assert shop.judged(shop.order(("tea-pce", 1_000))) == HELD
    shop.change("order-2", "awaiting_confirmation")
    moved = shop.order(("tea-pce", 5_000), revision=2, requested_date="2025-07-02")
    assert shop.send(moved, "order-2")["state"] == "accepted"
    assert shop.judged(shop.order(("tea-pce", 5_000))) == ACCEPTED
    late = shop.order(("tea-pce", 1_000), requested_date="2025-07-31")
    assert shop.judged(late) == HELD


@pytest.mark.parametrize("subject", ["party", "group"])
def test_outlets_of_a_party_and_parties_of_a_holding_have_a_limit_together(
    shop: Any, subject: str
) -> None:
    who = {"party": "shop", "group": "holding"}[subject]
    shop.put("customer_limits", "l", {**LIMIT, "subject_kind": subject, "subject_id": who})
    second = {"party_id": "shop", "name": "Second", "address": "B", "active": True}
    if subject == "group":
        shop.put("parties", "sister", price_list_id="list")
        second["party_id"] = "sister"
    shop.put("outlets", "second", second)
    parties = {"party_id": second["party_id"], "payer_party_id": second["party_id"]}
    elsewhere = shop.order(("tea-pce", 4_000), outlet_id="second", **parties)
    assert shop.send(elsewhere, "order-2")["state"] == "accepted"
    assert shop.judged(shop.order(("tea-pce", 2_000))) == HELD
    assert shop.judged(shop.order(("tea-pce", 1_000))) == ACCEPTED


@pytest.mark.parametrize(
    ("kind", "name"),
    [("product", "tea"), ("brand", "Leaf"), ("group", "drinks"), ("group", "black")],
)
def test_a_limit_on_goods_in_base_units(shop: Any, kind: str, name: str) -> None:
    shop.put("product_groups", "drinks", {"tree": "acc", "name": "Drinks"})
    shop.put("product_groups", "black", {"tree": "acc", "name": "B", "parent_id": "drinks"})
    shop.put("products", "tea", brand="Leaf", group_ids=["black"])
    limit = {**LIMIT, "max_amount": None, "max_qty": 30_000, "object_kind": kind}
    shop.put("customer_limits", "l", {**limit, "object_id": name})
    licence = {"party_id": "shop", "regulation": "beer", "number": "7"}
    shop.put("licences", "l", {**licence, "valid_from": "2024-01-01", "valid_to": "2030-01-01"})
    assert shop.judged(shop.order(("tea-box", 2_000), ("beer-pce", 50_000))) == ACCEPTED
    order = shop.order(("tea-box", 2_000), ("tea-pce", 7_000))  # 31 pieces
    assert shop.judged(order) == HELD
    (text,) = shop.texts(order)
    assert text.endswith("agreed 30, ordered before 0, in this order 31.")


def test_a_limit_that_does_not_hold_yet_or_any_more(shop: Any) -> None:
    order = shop.order(("tea-pce", 1_000))
    shop.put("customer_limits", "l", {**LIMIT, "max_amount": 0})
    assert shop.judged(order) == HELD
    shop.put("customer_limits", "l", valid_from="2025-06-18")  # the delivery is on the 17th
    assert shop.judged(order) == ACCEPTED
    shop.put("customer_limits", "l", valid_from="2025-01-01", valid_to="2025-06-16")
    assert shop.judged(order) == ACCEPTED
    shop.put("customer_limits", "l", valid_to=None, subject_kind="party")
    assert shop.judged(order) == ACCEPTED  # of another kind of subject with the same id


def test_a_limit_that_is_deleted_is_no_trouble_for_its_orders(shop: Any) -> None:
    shop.put("customer_limits", "l", LIMIT)
    shop.send(shop.order(("tea-pce", 2_000)), "order-2")
    shop.context.delete("customer_limits", "l")
    assert shop.change("order-2", "cancelled")["state"] == "cancelled"


@pytest.mark.parametrize(
    ("period", "date", "first"),
    [
        ("day", "2025-06-17", "2025-06-17"),
        ("week", "2025-06-17", "2025-06-16"),
        ("week", "2025-06-16", "2025-06-16"),
        ("week", "2025-06-15", "2025-06-09"),
        ("week", "0001-01-03", "0001-01-01"),
        ("month", "2025-06-17", "2025-06-01"),
        ("month", "9999-12-31", "9999-12-01"),
    ],
)
def test_the_first_day_of_a_period(period: str, date: str, first: str) -> None:
    assert first_day(period, date) == first


def test_an_outlet_has_a_largest_discount_by_hand_of_its_own(shop: Any) -> None:
    order = shop.order(("tea-pce", 1_000), manual_bp=400)
    assert shop.judged(order) == ACCEPTED  # the person may give 5 %
    shop.put("outlets", "corner", max_manual_discount_bp=300)
    assert shop.judged(order) == ("held", [("discount_over_limit", "hold")])
    assert shop.judged(shop.order(("tea-pce", 1_000), manual_bp=300)) == ACCEPTED
    # It lets nobody give more than he may himself.
    shop.put("outlets", "corner", max_manual_discount_bp=2_000)
    assert shop.judged(order) == ACCEPTED
    more = shop.order(("tea-pce", 1_000), manual_bp=501)
    assert shop.judged(more) == ("held", [("discount_over_limit", "hold")])
