"""Figures worked out by hand: what any implementation of these rules must give."""

from __future__ import annotations

from typing import Any

import pytest
from pricing_company import company, line, price, priced, promotion, terms, tier

from appliance.api.pricing import PricedDocument
from appliance.api.pricing.split import split
from appliance.api.values import rdiv

Record = dict[str, Any]


def bought(amount: int, *quantities: int, list_id: str = "retail", **branch: Any) -> PricedDocument:
    """Jam at a price (1/10 000), one line for each quantity."""
    masters = company(prices=[price(list_id, "jam", "jar", amount, valid_from="2026-02-01")])
    lines = [line(number, quantity) for number, quantity in enumerate(quantities, 1)]
    return priced(masters, terms(list_id, branch=branch), lines)


def test_three_at_ten_and_one_with_twenty_percent_in_it() -> None:
    found = bought(100_100, 3_000)
    assert found.lines[0].total == 3_003
    assert found.lines[0].tax_amount == 501
    assert found.totals.net == 2_502


@pytest.mark.parametrize(
    ("discounts", "net_price", "line_amount"),
    [("multiplicative", 854_915, 8_549), ("additive", 849_915, 8_499)],
)
def test_ten_and_five_percent_off(discounts: str, net_price: int, line_amount: int) -> None:
    masters = company(
        prices=[price("retail", "jam", "jar", 999_900, valid_from="2026-02-01")],
        promotions=[promotion("line_percent", tier(0, 1_000))],
    )
    made = terms(branch={"discounts": discounts}, manual_limit_bp=500)
    found = priced(masters, made, [line(1, 1_000, manual_bp=500)]).lines[0]
    assert (found.net_price, found.line_amount, found.gross_amount) == (
        net_price,
        line_amount,
        9_999,
    )
    assert sum(one.amount or 0 for one in found.discounts) == 9_999 - line_amount
    if discounts == "multiplicative":
        assert found.gross_amount - found.line_amount == 1_450


@pytest.mark.parametrize(
    ("list_id", "rate", "tax", "net", "total"),
    [("retail", 2_000, 1_425, 7_124, 8_549), ("net", 1_200, 1_026, 8_549, 9_575)],
)
def test_tax_in_a_line_and_on_top_of_it(
    list_id: str, rate: int, tax: int, net: int, total: int
) -> None:
    rates = [
        {"country": "RU", "tax_category": "standard", "rate_bp": rate, "valid_from": "2026-01-01"}
    ]
    masters = company(
        prices=[price(list_id, "jam", "jar", 854_900, valid_from="2026-02-01")], tax_rates=rates
    )
    found = priced(masters, terms(list_id), [line(1, 1_000)])
    assert (found.lines[0].tax_amount, found.totals.net, found.lines[0].total) == (tax, net, total)


def test_a_weighed_quantity() -> None:
    found = priced(company(), terms(), [line(1, 1_255, "tea")])
    assert found.lines[0].total == 16_302
    assert (found.totals.tax[0].tax_amount, found.totals.tax[0].taxable) == (1_482, 14_820)


def test_half_is_rounded_away_from_zero() -> None:
    assert [rdiv(n, 10) for n in (5, -5, 15, 25, -25)] == [1, -1, 2, 3, -3]


def test_shares_add_up() -> None:
    assert split(100, [3_333, 3_333, 3_334]) == [33, 33, 34]
    assert split(10, [7, 7, 7]) == [4, 3, 3]


@pytest.mark.parametrize(
    ("list_id", "amount", "rounding", "tax", "parts"),
    [
        ("net", 100_100, "per_line", 600, [200, 200, 200]),
        ("net", 100_100, "per_category", 601, [201, 200, 200]),
        ("retail", 99_900, "per_line", 501, [167, 167, 167]),
        ("retail", 99_900, "per_category", 500, [167, 167, 166]),
    ],
)
def test_tax_by_line_and_by_category(
    list_id: str, amount: int, rounding: str, tax: int, parts: list[int]
) -> None:
    found = bought(amount, 1_000, 1_000, 1_000, list_id=list_id, tax_rounding=rounding)
    assert found.totals.tax[0].tax_amount == tax
    assert [one.tax_amount for one in found.lines] == parts


def test_a_return_mirrors_the_sale() -> None:
    found = bought(99_900, -1_000)
    assert (found.lines[0].tax_amount, found.totals.net) == (-167, -832)


@pytest.mark.parametrize(
    ("qty", "amount", "payable", "rounding"),
    [
        (1_000, 12_345_000, 123_500, 50),
        (1_000, 12_344_900, 123_400, -49),
        (-1_000, 12_345_000, -123_500, -50),
    ],
)
def test_cash_is_rounded_to_the_smallest_coin(
    qty: int, amount: int, payable: int, rounding: int
) -> None:
    masters = company(prices=[price("retail", "jam", "jar", amount, valid_from="2026-02-01")])
    made = terms(branch={"cash_round_minor": 100}, payment_form="cash")
    found = priced(masters, made, [line(1, qty)]).totals
    assert (found.payable, found.rounding) == (payable, rounding)


def test_slices_make_a_weighted_mean() -> None:
    """12 at 100.00, 12 at 95.00, 6 at 90.00: 2 880.00 for 30, 96.00 each."""
    tiers = (tier(12_000, 500), tier(24_000, 1_000))
    masters = company(promotions=[promotion("line_percent", *tiers, mode="marginal")])
    found = priced(masters, terms(), [line(1, 30_000)]).lines[0]
    assert (found.net_price, found.line_amount) == (960_000, 288_000)


def test_the_eleventh_is_free_out_of_what_was_ordered_or_beside_it() -> None:
    masters = company(promotions=[promotion("free_goods_inclusive", tier(11_000, gift_qty=1_000))])
    ordered, gift = priced(masters, terms(), [line(1, 23_000)]).lines
    assert (ordered.qty, ordered.total) == (21_000, 210_000)
    assert (gift.qty, gift.total, gift.gift_of_promo_id) == (2_000, 0, "p1")
    masters = company(promotions=[promotion("free_goods_exclusive", tier(10_000, gift_qty=1_000))])
    ordered, gift = priced(masters, terms(), [line(1, 23_000)]).lines
    assert (ordered.qty, gift.qty) == (23_000, 2_000)


def test_a_price_is_rounded_on_its_way_through_each_list() -> None:
    """99.9996 less 7.77 % is 92.2296, and 3.33 % more 95.3008; the other way round 95.3009."""
    lists = [
        {"id": "a", "currency": "RUB", "tax_included": True, "parent_id": "b", "markup_bp": 333},
        {"id": "b", "currency": "RUB", "tax_included": True, "parent_id": "c", "markup_bp": -777},
        {"id": "c", "currency": "RUB", "tax_included": True},
    ]
    masters = company(price_lists=lists, prices=[price("c", "jam", "jar", 999_996)])
    assert priced(masters, terms("a"), [line(1, 1_000)]).lines[0].list_price == 953_008
