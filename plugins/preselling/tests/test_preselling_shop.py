"""An order as an office judges it: prices, debts, licences, contracts, stock."""

from __future__ import annotations

import copy
from typing import Any

import pytest

HOUR_MS = 3_600_000
NOW_MS = 1_750_000_000_000  # 2025-06-15, the moment of the shop

ACCEPTED: tuple[str, list[tuple[str, str]]] = ("accepted", [])


def test_a_right_order_is_accepted(shop: Any) -> None:
    assert shop.judged(shop.order(("tea-pce", 3_000), ("tea-box", 2_000))) == ACCEPTED


@pytest.mark.parametrize(
    ("pointer", "field"),
    [("/lines/0/list_price", "list_price"), ("/lines/0/rate_bp", "rate_bp")],
)
def test_an_amount_that_is_off_by_one_is_refused(shop: Any, pointer: str, field: str) -> None:
    order = shop.order(("tea-pce", 3_000))
    order["lines"][0][field] += 1
    effect = shop.desk.post(order)
    assert effect.row is None
    assert pointer in [one.pointer for one in effect.issues]


def test_a_price_that_changed_since_is_taken_within_the_grace_and_then_held(shop: Any) -> None:
    order = shop.order(("tea-pce", 3_000))
    shop.put("prices", "p1", price=11_000_000)
    assert shop.judged(order) == ("accepted", [("price_changed", "warn")])
    shop.context.now_ms += 25 * HOUR_MS
    assert shop.judged(order) == ("held", [("price_changed", "hold")])
    wrong = copy.deepcopy(order)
    wrong["lines"][0]["list_price"] += 1
    state, issues = shop.judged(wrong)
    assert (state, issues[0]) == ("refused", ("calc_mismatch", "reject"))


def test_a_wrong_price_is_no_changed_price_because_another_one_changed(shop: Any) -> None:
    order = shop.order(("tea-pce", 3_000), ("beer-pce", 1_000))
    shop.put("licences", "l", {**LICENCE, "valid_to": "2026-12-31"})
    shop.put("prices", "p2", price=6_000_000)
    order["lines"][0]["list_price"] = order["lines"][0]["net_price"] = 9_000_000
    state, issues = shop.judged(order)
    assert state == "refused"
    assert ("calc_mismatch", "reject") in issues


def test_a_discount_by_hand_is_held_over_the_persons_limit(shop: Any) -> None:
    assert shop.judged(shop.order(("tea-pce", 1_000), manual_bp=500)) == ACCEPTED
    state, issues = shop.judged(shop.order(("tea-pce", 1_000), manual_bp=501))
    assert (state, issues) == ("held", [("discount_over_limit", "hold")])


def test_a_unit_is_ordered_in_its_multiples(shop: Any) -> None:
    state, issues = shop.judged(shop.order(("tea-box", 1_000)))
    assert (state, issues) == ("refused", [("multiple_violation", "reject")])


DEBT = {
    "party_id": "shop",
    "doc_type": "invoice",
    "doc_number": "1",
    "doc_date": "2025-05-01",
    "due_date": "2025-07-01",
    "amount": 500_000,
    "open_amount": 500_000,
    "currency": "KZT",
}


def test_debts_and_open_orders_count_against_the_limit(shop: Any) -> None:
    order = shop.order(("tea-pce", 1_000))
    assert order["totals"]["payable"] == 100_000
    shop.put("parties", "holding", credit_limit_minor=500_000)
    shop.put("receivables", "d", {**DEBT, "open_amount": 400_000})
    assert shop.judged(order) == ACCEPTED
    shop.put("receivables", "d", open_amount=400_001)
    assert shop.judged(order) == ("held", [("credit_limit_exceeded", "hold")])
    assert shop.texts(order) == [
        "The credit limit of 5 000.00 is exceeded by 0.01: owed 4 000.01, ordered before 0.00."
    ]
    assert shop.judged({**order, "payment_form": "cash"}) == ACCEPTED
    # Of a sister in the holding, and an order that is not invoiced yet.
    shop.put("receivables", "d", party_id="sister", open_amount=300_000)
    shop.context.put("orders", "other", {**order, "state": "accepted"})
    assert shop.judged(order) == ACCEPTED
    shop.context.put("orders", "third", {**order, "state": "confirmed"})
    assert shop.judged(order)[0] == "held"
    shop.context.put("orders", "third", {**order, "state": "completed"})
    assert shop.judged(order) == ACCEPTED
    # A limit of his own goes before the holding's, a contract's before his.
    shop.put("parties", "shop", credit_limit_minor=0)
    assert shop.judged(order)[0] == "held"
    shop.put("contracts", "c", {**CONTRACT, "credit_limit_minor": 10_000_000})
    assert shop.judged({**order, "contract_id": "c"}) == ACCEPTED


def test_a_debt_in_another_currency_is_another_debt(shop: Any) -> None:
    shop.put("receivables", "d", {**DEBT, "currency": "USD", "due_date": "2020-01-01"})
    assert shop.judged(shop.order(("tea-pce", 1_000))) == ACCEPTED


def test_debt_that_is_overdue_holds_what_is_not_paid_in_cash(shop: Any) -> None:
    order = shop.order(("tea-pce", 1_000))
    shop.put("receivables", "d", {**DEBT, "open_amount": 1_000, "due_date": "2025-06-01"})
    assert shop.judged(order) == ACCEPTED  # 14 days are not over yet
    shop.put("receivables", "d", due_date="2025-05-31")
    assert shop.judged(order) == ("held", [("overdue_debt", "hold")])
    assert shop.judged(shop.order(("tea-pce", 1_000), payment_form="cash")) == ACCEPTED
    shop.put("contracts", "c", {**CONTRACT, "overdue_block_days": 30})
    assert shop.judged({**order, "contract_id": "c"}) == ACCEPTED


@pytest.mark.parametrize(
    ("timezone", "offset", "verdict"),
    [("Asia/Almaty", -720, "held"), ("America/New_York", 840, "accepted")],
)
def test_a_debt_is_late_by_the_day_of_the_branch(
    shop: Any, timezone: str, offset: int, verdict: str
) -> None:
    order = shop.order(("tea-pce", 1_000))
    shop.put("org_units", "almaty", timezone=timezone)
    shop.put("receivables", "d", {**DEBT, "open_amount": 1_000, "due_date": "2025-06-01"})
    shop.context.now_ms += 5 * 3_600_000  # 20:06 on 15 June UTC: 1:06 on 16 June in Almaty
    assert shop.judged({**order, "tz_offset_min": offset})[0] == verdict


CONTRACT = {
    "party_id": "shop",
    "number": "1",
    "date": "2025-01-01",
    "currency": "KZT",
    "price_list_id": "list",
}


def test_a_contract_is_the_customers_and_says_how_he_pays(shop: Any) -> None:
    order = {**shop.order(("tea-pce", 1_000)), "contract_id": "c"}
    assert shop.judged(order) == ("refused", [("ref_unknown", "reject")])
    shop.put("contracts", "c", {**CONTRACT, "party_id": "sister"})
    assert shop.judged(order) == ("refused", [("contract_wrong", "reject")])
    shop.put("contracts", "c", {**CONTRACT, "payment_forms": ["cash", "card"]})
    assert shop.judged(order) == ("refused", [("payment_form_denied", "reject")])
    assert shop.texts(order) == ["Form of payment: bank transfer; agreed are only: cash, card."]


LICENCE = {
    "party_id": "shop",
    "regulation": "beer",
    "number": "7",
    "valid_from": "2024-01-01",
    "valid_to": "2025-06-17",
}


def test_regulated_goods_need_a_licence_on_the_day_of_the_delivery(shop: Any) -> None:
    order = shop.order(("tea-pce", 1_000), ("beer-pce", 1_000))
    assert shop.judged(order) == ("refused", [("licence_missing", "reject")])
    shop.put("licences", "l", LICENCE)
    assert shop.judged(order) == ("accepted", [("licence_expiring", "warn")])
    shop.put("licences", "l", valid_to="2025-06-16")
    assert shop.judged(order) == ("refused", [("licence_expired", "reject")])
    shop.put("licences", "l", valid_to="2030-01-01")
    assert shop.judged(order) == ACCEPTED
    shop.put("licences", "l", outlet_id="elsewhere")
    assert shop.judged(order)[0] == "refused"
    shop.put("licences", "l", outlet_id=None, valid_from="2025-06-18")
    assert shop.judged(order) == ("refused", [("licence_missing", "reject")])


BALANCE = {"warehouse_id": "main", "product_id": "tea", "on_hand": 27_000, "as_of": NOW_MS}


def test_what_the_warehouse_does_not_have_is_held(shop: Any) -> None:
    order = shop.order(("tea-pce", 3_000), ("tea-box", 2_000))  # 27 pieces
    shop.put("stock_balances", "s", BALANCE)
    assert shop.judged(order) == ACCEPTED
    shop.put("stock_balances", "s", reserved=1)
    assert shop.judged(order) == ("held", [("stock_short", "hold")])
    shop.put("stock_balances", "t", {**BALANCE, "batch": "B", "on_hand": 1})
    assert shop.judged(order) == ACCEPTED
    shop.put("stock_balances", "t", on_hand=0)
    shop.context.now_ms += 25 * HOUR_MS
    assert shop.judged(order) == ACCEPTED  # the count is too old to say anything


def test_a_draft_is_not_judged_by_the_office(shop: Any) -> None:
    order = {**shop.order(("beer-pce", 1_000)), "state": "draft"}
    order["lines"][0]["list_price"] += 5
    assert shop.judged(order) == ("draft", [])


def test_issues_are_said_in_the_persons_language(shop: Any) -> None:
    shop.put("users", "anna", language="kk")
    texts = shop.texts(shop.order(("beer-pce", 1_000)))
    assert texts == ["1-жол: клиентте бұл тауарға лицензия жоқ (beer)."]
    shop.put("users", "anna", language=None)  # his branch speaks Russian
    assert "нет лицензии" in shop.texts(shop.order(("beer-pce", 1_000)))[0]


def test_a_head_beyond_the_newest_master_means_that_nothing_changed(shop: Any) -> None:
    order = shop.order(("tea-pce", 1_000))
    order["pricing_rev"] += 1_000_000
    assert shop.judged(order) == ACCEPTED
    order["lines"][0]["list_price"] += 100
    assert ("calc_mismatch", "reject") in shop.judged(order)[1]


def test_a_box_without_units_checks_no_prices_and_one_with_several_asks_for_one(shop: Any) -> None:
    order = shop.order(("tea-pce", 1_000))
    order["lines"][0]["list_price"] += 100
    shop.put("users", "anna", org_id=None)
    shop.put("warehouses", "main", org_id=None)
    assert shop.judged(order)[0] == "refused"  # the one unit there is sells
    shop.put("org_units", "astana", shop.context.get("org_units", "almaty"))
    assert shop.judged(order) == ("refused", [("unit_unknown", "reject")])
    shop.context.delete("org_units", "astana")
    shop.context.delete("org_units", "almaty")
    assert shop.judged(order) == ACCEPTED


def test_a_branch_without_a_price_list_sells_by_that_of_the_unit_above(shop: Any) -> None:
    order = shop.order(("tea-pce", 1_000))
    shop.put("parties", "shop", price_list_id=None)
    assert ("price_list_wrong", "reject") in shop.judged(order)[1]
    company = {**shop.context.get("org_units", "almaty"), "code": "HQ", "price_list_id": "list"}
    shop.put("org_units", "company", company)
    shop.put("org_units", "almaty", parent_id="company")
    assert shop.judged(order) == ACCEPTED


PROMOTION = {
    "code": "SPRING",
    "name": "Spring",
    "kind": "line_percent",
    "products": {"include": [{"kind": "product", "id": "tea"}]},
    "tiers": [{"from": 2_000, "value": 1_000}],
    "tier_mode": "whole",
    "stacking": "stackable",
    "priority": 1,
    "valid_from": "2025-06-01",
    "valid_to": "2025-06-30",
}


def test_a_promotion_is_expected_in_the_order_and_missed_where_it_is_left_out(shop: Any) -> None:
    plain = shop.order(("tea-pce", 3_000))
    shop.put("promotions", "spring", PROMOTION)
    order = shop.order(("tea-pce", 3_000))
    assert [one["ref_id"] for one in order["lines"][0]["discounts"]] == ["spring"]
    assert order["totals"]["payable"] == plain["totals"]["payable"] * 9 // 10
    assert shop.judged(order) == ACCEPTED
    # The same order without it was right before the promotion came, and is held once that is old.
    assert shop.judged(plain) == ("accepted", [("price_changed", "warn")])
    # Made after it came, it is wrong.
    late = {**plain, "pricing_rev": order["pricing_rev"]}
    assert ("calc_mismatch", "reject") in shop.judged(late)[1]


def test_a_promotion_out_of_its_days_is_no_reason_for_a_lower_price(shop: Any) -> None:
    shop.put("promotions", "spring", PROMOTION)
    order = shop.order(("tea-pce", 3_000))
    shop.put("promotions", "spring", valid_to="2025-06-16")  # the delivery is on the 17th
    order["pricing_rev"] = shop.context.newest("promotions")
    state, issues = shop.judged(order)
    assert state in ("held", "refused")
    assert {code for code, _ in issues} & {"discount_expired", "calc_mismatch"}


@pytest.mark.parametrize("factor", [1, 1_000, 1_023, 2_000, 2**53 - 1])
def test_the_largest_quantities_are_short_and_no_more(shop: Any, factor: int) -> None:
    shop.put("product_uoms", "tea-pce", factor_num=factor)
    balance = {"warehouse_id": "main", "product_id": "tea", "on_hand": 2**53 - 1, "as_of": NOW_MS}
    shop.put("stock_balances", "s1", balance)
    order = shop.order(("tea-pce", 1_000), ("tea-pce", 1_000), ("tea-pce", 1_000))
    for line in order["lines"]:
        line["qty"] = 2**53 - 1
    _, codes = shop.judged(order)
    assert ("stock_short", "hold") in codes


def test_debts_beyond_every_number_are_over_the_limit(shop: Any) -> None:
    for number in range(1_100):
        debt = {"party_id": "shop", "currency": "KZT", "due_date": "2025-07-01"}
        shop.put("receivables", f"r{number}", {**debt, "open_amount": 2**53 - 1})
    state, codes = shop.judged(shop.order(("tea-pce", 1_000)))
    assert (state, codes) == ("held", [("credit_limit_exceeded", "hold")])


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("created_at", [-(2**53) + 1, 2**53 - 1])
def test_the_ends_of_every_calendar(make_shop: Any, date: str, created_at: int) -> None:
    shop = make_shop(pricing_date="created")
    order = shop.order(("beer-pce", 1_000))
    state, _ = shop.judged({**order, "requested_date": date, "created_at": created_at})
    assert state == "refused"


def test_the_tax_is_that_of_the_buyer(shop: Any) -> None:
    plain = shop.order(("tea-pce", 3_000))
    zero = {"country": "KZ", "tax_category": "export", "rate_bp": 0, "valid_from": "2009-01-01"}
    shop.put("tax_rates", "r2", zero)
    rule = {"country": "KZ", "becomes": "export", "valid_from": "2009-01-01"}
    shop.put("tax_rules", "t1", {**rule, "tax_status": "export"})
    assert shop.judged(plain) == ACCEPTED
    shop.put("parties", "shop", tax_status="export")
    plain["pricing_rev"] = shop.context.newest("tax_rules")
    assert ("tax_wrong", "reject") in shop.judged(plain)[1]
    abroad = shop.order(("tea-pce", 3_000))
    assert {(one["tax_category"], one["rate_bp"]) for one in abroad["lines"]} == {("export", 0)}
    assert abroad["totals"]["net"] == abroad["totals"]["payable"] == 300_000
    assert shop.judged(abroad) == ACCEPTED
    shop.put("tax_rules", "t1", {**rule, "tax_profile": "free_zone"})
    assert shop.judged(shop.order(("tea-pce", 3_000)))[0] == "accepted"
    shop.put("outlets", "corner", tax_profile="free_zone")
    assert shop.order(("tea-pce", 3_000))["lines"][0]["rate_bp"] == 0
    # Right by the rule of then, which is another now.
    zone = shop.order(("tea-pce", 3_000))
    shop.put("tax_rules", "t1", {**rule, "tax_profile": "free_zone", "valid_to": "2010-01-01"})
    assert shop.judged(zone)[1][0][0] in ("tax_wrong", "price_changed")
