"""Budgets of promotions over all orders, and photos that a promotion asks for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from appliance.api import Row
from appliance_preselling import ledger

ACCEPTED: tuple[str, list[tuple[str, str]]] = ("accepted", [])
HELD = ("held", [("promo_budget", "hold")])

PROMOTION: Row = {
    "code": "SPRING",
    "name": "Spring",
    "kind": "line_percent",
    "products": {"include": [{"kind": "product", "id": "tea"}]},
    "tiers": [{"from": 0, "value": 1_000}],
    "tier_mode": "whole",
    "stacking": "stackable",
    "priority": 1,
    "valid_from": "2025-06-01",
    "valid_to": "2025-06-30",
}
GIFTS: Row = {
    **PROMOTION,
    "kind": "free_goods_exclusive",
    "tiers": [{"from": 10_000, "gift_product_id": "tea", "gift_qty": 1_000}],
}
"""One piece (worth 1 000.00) with every ten."""


def total(shop: Any, outlet: str | None = None) -> Row:
    name = ledger.sum_id("spring", outlet)
    found: Row = shop.context.get("promotion_uses", name) or {"spent_minor": 0, "used": 0}
    return {"spent_minor": found["spent_minor"], "used": found["used"]}


def test_a_budget_is_counted_over_all_accepted_orders(shop: Any) -> None:
    shop.put("promotions", "spring", {**PROMOTION, "budget_minor": 25_000})
    order = shop.order(("tea-pce", 1_000))  # 10 % off 1 000.00
    assert shop.send(order, "order-2")["state"] == "accepted"
    assert shop.send(order, "order-3")["state"] == "accepted"
    assert total(shop) == {"spent_minor": 20_000, "used": 2}
    assert shop.judged(order) == HELD
    assert shop.texts(order) == [
        "The promotion SPRING is used up. Left: 50.00; this order takes: 100.00."
    ]
    shop.put("promotions", "spring", budget_minor=30_000)
    assert shop.judged(order) == ACCEPTED


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_what_is_given_up_is_there_again(shop: Any, end: str) -> None:
    shop.put("promotions", "spring", {**PROMOTION, "budget_minor": 10_000})
    order = shop.order(("tea-pce", 1_000))
    shop.send(order, "order-2")
    assert shop.judged(order) == HELD
    if end == "cancelled":
        shop.change("order-2", "cancelled")
    else:
        shop.change("order-2", "awaiting_confirmation")
        shop.context.now_ms += 30 * 86_400_000
        shop.desk.run_job("expire")
        shop.context.now_ms -= 30 * 86_400_000
    assert shop.context.get("orders", "order-2")["state"] == end
    assert total(shop) == {"spent_minor": 0, "used": 0}
    assert shop.judged(order) == ACCEPTED


def test_orders_that_expire_together_each_give_back_their_part(shop: Any) -> None:
    shop.put("promotions", "spring", {**PROMOTION, "budget_minor": 1_000_000})
    for number in range(2, 5):
        shop.send(shop.order(("tea-pce", 1_000)), f"order-{number}")
        shop.change(f"order-{number}", "awaiting_confirmation")
    assert total(shop) == {"spent_minor": 30_000, "used": 3}
    shop.context.now_ms += 30 * 86_400_000
    shop.desk.run_job("expire")
    assert total(shop) == {"spent_minor": 0, "used": 0}


def test_an_order_that_waits_counts_once_it_is_approved(shop: Any) -> None:
    shop.put("promotions", "spring", {**PROMOTION, "budget_minor": 10_000})
    order = shop.order(("tea-pce", 1_000))
    shop.send(order, "order-2")
    assert shop.send(order, "order-3")["state"] == "held"
    assert total(shop) == {"spent_minor": 10_000, "used": 1}
    assert shop.change("order-3", "accepted")["state"] == "accepted"
    assert total(shop) == {"spent_minor": 20_000, "used": 2}
    shop.change("order-3", "confirmed")
    assert total(shop) == {"spent_minor": 20_000, "used": 2}


def test_a_rejected_order_takes_nothing(shop: Any) -> None:
    shop.put("promotions", "spring", {**PROMOTION, "budget_minor": 5_000})
    shop.send(shop.order(("tea-pce", 1_000)), "order-2")
    assert shop.change("order-2", "rejected")["state"] == "rejected"
    assert total(shop) == {"spent_minor": 0, "used": 0}


def test_a_new_revision_takes_the_place_of_the_one_before(shop: Any) -> None:
    shop.put("promotions", "spring", {**PROMOTION, "budget_minor": 30_000})
    shop.send(shop.order(("tea-pce", 3_000)), "order-2")
    shop.change("order-2", "awaiting_confirmation")
    stored = shop.context.get("orders", "order-2")
    smaller = shop.order(("tea-pce", 2_000), revision=stored["revision"])
    found = shop.send({**stored, **smaller}, "order-2")
    assert (found["state"], found["revision"]) == ("accepted", 2)
    assert total(shop) == {"spent_minor": 20_000, "used": 1}
    shop.change("order-2", "awaiting_confirmation")
    without = shop.order(("beer-pce", 1_000), revision=2)
    licence = {"party_id": "shop", "regulation": "beer", "number": "7"}
    shop.put("licences", "l", {**licence, "valid_from": "2024-01-01", "valid_to": "2030-01-01"})
    shop.send({**shop.context.get("orders", "order-2"), **without}, "order-2")
    assert total(shop) == {"spent_minor": 0, "used": 0}
    assert shop.context.select("SELECT id FROM order_promotions") == []


def test_an_outlet_has_so_many_orders_of_a_promotion(shop: Any) -> None:
    shop.put("promotions", "spring", {**PROMOTION, "max_per_outlet": 2})
    order = shop.order(("tea-pce", 1_000))
    for number in (2, 3):
        assert shop.send(order, f"order-{number}")["state"] == "accepted"
    assert shop.judged(order) == HELD
    assert shop.texts(order) == ["The promotion SPRING is used up. Left: 0; this order takes: 1."]
    other = {"party_id": "shop", "name": "Other", "address": "B", "active": True}
    shop.put("outlets", "other", other)
    assert shop.judged({**order, "outlet_id": "other"}) == ACCEPTED
    assert total(shop, "corner") == {"spent_minor": 20_000, "used": 2}
    assert total(shop, "other") == {"spent_minor": 0, "used": 0}


def with_gifts(shop: Any, count: int, ordered: int = 20_000) -> Row:
    """Return an order of tea with so many pieces given."""
    order: Row = shop.order(("tea-pce", ordered))
    gift = next((line for line in order["lines"] if line["list_price"] == 0), None)
    order["lines"] = [line for line in order["lines"] if line is not gift]
    if count:
        assert gift is not None
        found = {**gift, "qty": count * 1_000, "gift_of_promo_id": "spring", "gift_of_line_no": 1}
        order["lines"].append(found)
    return order


def test_gifts_are_counted_and_capped(shop: Any) -> None:
    shop.put("promotions", "spring", {**GIFTS, "max_per_outlet": 3_000, "budget_minor": 900_000})
    first = with_gifts(shop, 2)
    assert shop.send(first, "order-2")["state"] == "accepted"
    assert total(shop) == {"spent_minor": 200_000, "used": 2_000}
    assert shop.judged(first)[0] == "held"
    assert ("promo_budget", "hold") in shop.judged(first)[1]
    assert shop.texts(first) == [
        "Line 2: the promotion SPRING is used up. Left: 1; this order takes: 2."
    ]
    assert shop.judged(with_gifts(shop, 1)) == ACCEPTED
    # Approved all the same, it takes both.
    assert shop.send(first, "order-3")["state"] == "held"
    shop.change("order-3", "accepted")
    assert total(shop, "corner") == {"spent_minor": 400_000, "used": 4_000}


@pytest.mark.parametrize("limit", [{"max_per_outlet": 9_000}, {"budget_minor": 900_000}])
def test_fewer_gifts_by_sums_of_yesterday_are_no_wrong_calculation(shop: Any, limit: Row) -> None:
    shop.put("promotions", "spring", GIFTS)
    one, none = with_gifts(shop, 1), with_gifts(shop, 0)
    shop.put("promotions", "spring", limit and {**GIFTS, **limit})
    revision = shop.context.newest("promotions")
    assert shop.judged({**one, "pricing_rev": revision})[0] == "accepted"
    assert shop.judged({**none, "pricing_rev": revision})[0] == "accepted"
    shop.put("promotions", "spring", GIFTS)
    revision = shop.context.newest("promotions")
    assert ("calc_mismatch", "reject") in shop.judged({**one, "pricing_rev": revision})[1]


def test_a_promotion_that_asks_for_a_photo(shop: Any) -> None:
    shop.put("promotions", "spring", {**PROMOTION, "needs_proof": True})
    order = shop.order(("tea-pce", 1_000))
    assert shop.judged(order) == ("held", [("promo_proof_missing", "hold")])
    photo = {"sha256": "0" * 64, "mime": "image/jpeg", "size": 1, "ref_id": "order-1"}
    shop.put("attachments", "photo", {**photo, "kind": "signature"})
    assert shop.judged(order)[0] == "held"
    shop.put("attachments", "photo", {**photo, "ref_id": "another"})
    assert shop.judged(order)[0] == "held"
    shop.put("attachments", "photo", photo)
    assert shop.judged(order) == ACCEPTED


def test_promotions_without_limits_leave_nothing(shop: Any) -> None:
    shop.put("promotions", "spring", PROMOTION)
    assert shop.send(shop.order(("tea-pce", 1_000)), "order-2")["state"] == "accepted"
    assert shop.context.select("SELECT id FROM promotion_uses") == []
    assert shop.context.select("SELECT id FROM order_promotions") == []


def test_any_way_of_orders_leaves_the_sum_of_those_that_stand(make_shop: Any) -> None:
    """The running sums are what a scan of the orders would give."""

    class Orders(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.shop = make_shop()
            limits = {"budget_minor": 45_000, "max_per_outlet": 3}
            self.shop.put("promotions", "spring", {**PROMOTION, **limits})
            self.pieces: dict[str, int] = {}

        @rule(pieces=st.integers(1, 3))
        def new(self, pieces: int) -> None:
            order_id = f"order-{len(self.pieces) + 2}"
            self.shop.send(self.shop.order(("tea-pce", pieces * 1_000)), order_id)
            self.pieces[order_id] = pieces

        @rule(which=st.integers(0, 20), state=st.sampled_from(WAYS))
        def move(self, which: int, state: str) -> None:
            names = list(self.pieces)
            if not names:
                return
            name = names[which % len(names)]
            source = self.shop.context.get("orders", name)["state"]
            if state in ALLOWED.get(source, ()):
                self.shop.change(name, state)

        @rule(which=st.integers(0, 20), pieces=st.integers(1, 3))
        def rewrite(self, which: int, pieces: int) -> None:
            names = list(self.pieces)
            name = names[which % len(names)] if names else ""
            stored = self.shop.context.get("orders", name) or {}
            if stored.get("state") == "awaiting_confirmation":
                again = self.shop.order(("tea-pce", pieces * 1_000), revision=stored["revision"])
                self.shop.send({**stored, **again}, name)
                self.pieces[name] = pieces

        @invariant()
        def sums(self) -> None:
            orders = {one: self.shop.context.get("orders", one)["state"] for one in self.pieces}
            standing = [one for one, state in orders.items() if state in ledger.COUNTED]
            spent = sum(self.pieces[one] for one in standing) * 10_000
            expected = {"spent_minor": spent, "used": len(standing)}
            assert total(self.shop) == expected == total(self.shop, "corner")

    few = settings(max_examples=25, stateful_step_count=15, deadline=None)
    run_state_machine_as_test(Orders, settings=few)


ALLOWED = {
    "held": ("accepted", "rejected"),
    "accepted": ("awaiting_confirmation", "confirmed", "cancelled"),
    "awaiting_confirmation": ("cancelled",),
}
WAYS = ("accepted", "rejected", "awaiting_confirmation", "confirmed", "cancelled")
