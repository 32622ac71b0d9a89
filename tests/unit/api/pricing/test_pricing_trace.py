"""The trace as an accountant reads it."""

from __future__ import annotations

from typing import Any

from pricing_company import company, line, price, priced, promotion, terms, tier

from appliance.api.pricing import STEPS, explain


def read(masters: dict[str, Any], made: dict[str, Any], lines: list[dict[str, Any]]) -> list[str]:
    return explain(priced(masters, made, lines).trace)


def test_a_whole_order_is_told_step_by_step() -> None:
    discount = {
        "id": "d",
        "subject_kind": "party",
        "subject_id": "party",
        "object_kind": "brand",
        "object_id": "Dacha",
        "percent_bp": 300,
        "valid_from": "2026-01-01",
    }
    masters = company(
        customer_discounts=[discount],
        promotions=[
            promotion("line_percent", tier(12_000, 1_000), mode="marginal", priority=2),
            promotion("basket_amount", tier(0, 5_000), id="p2", code="P2"),
            promotion("points", tier(10_000, 1), mode="repeat", id="p3", code="P3"),
        ],
    )
    made = terms("vip", manual_limit_bp=200, payment_form="cash", branch={"cash_round_minor": 100})
    lines = [line(1, 2_000, uom_id="case", manual_bp=200), line(2, 1_255, "tea")]
    assert read(masters, made, lines) == [
        "Price list VIP, from the party.",
        "Line 1: RETAIL: 100.00 a JAR from a quantity of 0, valid from 2026-01-01.",
        "Line 1: A CS is 12/1 JAR: 100.00 becomes 1 200.00.",
        "Line 1: VIP adds -5 %: 1 200.00 becomes 1 140.00.",
        "Line 1: Individual discount for the party on brand Dacha: 3 %, 1 140.00 becomes 1 105.80.",
        "Line 2: RETAIL: 129.90 a KGM from a quantity of 0, valid from 2026-01-01.",
        "Line 2: VIP adds -5 %: 129.90 becomes 123.405.",
        "Line 1: Promotion P1: 12 at 10 % off; on the mean 1 105.80 becomes 1 050.51.",
        "Line 1: Discount by hand: 2 %, 1 050.51 becomes 1 029.4998.",
        "Line 1: 2 CS x 1 140.00 = 2 280.00; x 1 029.4998 = 2 059.00.",
        "Line 2: 1.255 KGM x 123.405 = 154.87; x 123.405 = 154.87.",
        "Promotion P2: 50.00 off a basket of 2 213.87.",
        "Line 1: Promotion P2: the share of this line is 46.50.",
        "Line 2: Promotion P2: the share of this line is 3.50.",
        "Promotion P3: 21 points for 2 163.87.",
        "Line 1: Tax standard 20 % of 2 012.50 (included): 335.42.",
        "Line 2: Tax reduced 10 % of 151.37 (included): 13.76.",
        "Tax reduced 10 % of 151.37 (included): 13.76.",
        "Tax standard 20 % of 2 012.50 (included): 335.42.",
        "2 163.87 is paid in cash as 2 164.00, 0.13 of it rounding.",
    ]


def test_gifts_and_what_stands_in_their_way() -> None:
    eleventh = promotion("free_goods_inclusive", tier(11_000, gift_qty=1_000), max_per_outlet=1_000)
    eleventh |= {"stacking": "exclusive"}
    told = read(
        company(promotions=[eleventh]),
        terms(),
        [line(1, 1_000, uom_id="case"), line(2, 22_000), line(3, 11_000)],
    )
    assert [one for one in told if "P1" in one] == [
        "Line 1: Promotion P1: the gift is less than one whole CS.",
        "Line 2: Promotion P1: gifts due: 2, given: 1; no more is left of the limit for one"
        " outlet.",
        "Line 2: Promotion P1: 1 JAR of JAM free.",
        "Line 3: Promotion P1: gifts due: 1, given: 0; no more is left of the limit for one"
        " outlet.",
        "Line 2: Promotion P1 is exclusive: no further one is applied to this line.",
    ]


def test_amounts_and_fixed_prices() -> None:
    amount = promotion("line_amount", tier(10_000, 500), mode="repeat", priority=2)
    fixed = promotion("fixed_price", tier(24_000, 900_000), mode="marginal", id="p2", code="P2")
    dear = promotion("fixed_price", tier(0, 990_000), id="p3", code="P3")
    told = read(company(promotions=[amount, fixed, dear]), terms(), [line(1, 30_000)])
    assert [one for one in told if "Promotion" in one] == [
        "Line 1: Promotion P1: 30 at 5.00 off every 10; 100.00 becomes 99.50.",
        "Line 1: Promotion P2: 6 at 90.00 each; 99.50 becomes 97.60.",
        "Line 1: Promotion P3: its price is not below 97.60.",
    ]


def test_what_is_missing() -> None:
    masters = company(tax_rates=[])
    told = read(masters, terms("net"), [line(1, 1_000)])
    assert "Line 1: No rate of standard is known in RU on 2026-11-24." in told
    masters["prices"] = []
    told = read(masters, terms("nowhere"), [line(1, 1_000)])
    assert told[0] == "Price list nowhere, from the party, cannot be used: it is not known here."
    assert "Line 1: No price is valid on 2026-11-24." in told


def test_a_currency_is_written_with_its_decimals() -> None:
    masters = company(prices=[price("retail", "jam", "jar", 125_500, valid_from="2026-02-01")])
    found = priced(masters, terms(branch={"currency_exponent": 3}), [line(1, 1_000)])
    told = explain(found.trace, exponent=3)
    assert "Line 1: 1 JAR x 12.55 = 12.550; x 12.55 = 12.550." in told


def test_each_step_is_one_sentence() -> None:
    for words in STEPS.values():
        assert words.endswith(".")
        assert words[0].isupper() or words[0] == "{"
