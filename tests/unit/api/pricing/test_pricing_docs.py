"""docs/pricing.md: every table of figures is computed anew from what stands beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pricing_company import company, line, plain, price, priced, promotion, terms, tier, uom
from reference_pricing import reference

from appliance.api import amounts
from appliance.api.pricing import ISSUES, PricedDocument, explain
from appliance.api.suggested_order import Need, StockInterval, suggest

PAGE = (Path(__file__).parents[4] / "docs" / "pricing.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", PAGE.split("## Examples")[1], re.M))
EXAMPLES = {name: text for name, text in EXAMPLES.items() if "| Given | |" in text}
Rows = list[list[str]]


def table(text: str, heading: str) -> Rows:
    """The rows of the table with this heading; [] where there is none."""
    found = re.search(rf"^{re.escape(heading)}\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.M)
    if found is None:
        return []
    return [
        [cell.strip() for cell in row.strip("|\n ").split("|")] for row in found[1].splitlines()
    ]


def scaled(text: str, scale: int) -> int:
    """A decimal number as an integer times 10^scale."""
    whole, _, part = text.replace(" ", "").partition(".")
    digits = int(whole.lstrip("-") + part.ljust(scale, "0"))
    assert len(part) <= scale
    return -digits if whole.startswith("-") else digits


def percentage(text: str) -> int:
    return scaled(text.removesuffix(" %"), 2) if text else 0


def promoted(text: str) -> dict[str, Any]:
    """``P1: `kind` `mode` on 1 and 2, 12: 5 %, 24: 10 %`` as a record."""
    code, kind, mode, on, rest = re.fullmatch(  # type: ignore[union-attr]
        r"(\w+): `(\w+)` `(\w+)`( on [\d and]+)?, (.+)", text
    ).groups()
    tiers = []
    for one in rest.split(", "):
        start, value = one.split(": ")
        of_money = kind.startswith("basket")
        made: dict[str, Any] = {}
        if kind.startswith("free_goods"):
            made["gift_qty"] = scaled(value, 3)
        elif value.endswith("%"):
            made["value"] = percentage(value)
        else:
            made["value"] = scaled(value, 4 if kind == "fixed_price" else 2)
        tiers.append(tier(scaled(start, 2 if of_money else 3), **made))
    include = [{"kind": "product", "id": f"g{number}"} for number in re.findall(r"\d", on or "")]
    return promotion(kind, *tiers, mode=mode, id=code, code=code, products={"include": include})


def bought(
    given: dict[str, str], country: str, paid: list[str]
) -> tuple[dict[str, str], list[dict[str, Any]], list[str]]:
    """Who buys, the rules for him, and the rates that the products have for others.

    Args:
        given: ``Tax status`` or ``Tax profile``: `` `pharmacy`: 20 % becomes 10 % ``.
        country: of the branch.
        paid: the rates of the lines.
    """
    buyer, rules, own = {}, [], list(paid)
    for key in ("Tax status", "Tax profile"):
        if key not in given:
            continue
        field = key.lower().replace(" ", "_")
        name, before, after = re.fullmatch(  # type: ignore[union-attr]
            r"`(\w+)`: (every rate|\d+ %) becomes (\d+ %)", given[key]
        ).groups()
        usual = "20 %" if before == "every rate" else before
        own = [usual if rate == after else rate for rate in own]
        rule = {"country": country, field: name, "becomes": f"t{after}", "valid_from": "2026-01-01"}
        if before != "every rate":
            rule["tax_category"] = f"t{before}"
        buyer[field] = name
        rules.append(rule)
    return buyer, rules, own


def example(name: str) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Masters, terms and lines of an example."""
    text = EXAMPLES[name]
    given = [(key, value) for key, value in table(text, "| Given | |")]
    of = dict(given)
    country, currency = of["Country"].split(", ")
    cash = of["Paid"].removeprefix("in cash to ") if of["Paid"] != "by bank" else ""
    rows = table(text, LINES)
    buyer, rules, own = bought(of, country, [row[9] for row in rows])
    rates = {row[9] for row in rows} | set(own)
    masters = company(
        price_lists=[{"id": "l", "currency": currency, "tax_included": of["Prices"] == "with tax"}],
        products=[
            {"id": f"g{row[0]}", "base_uom": "PCE", "tax_category": f"t{rate}"}
            for row, rate in zip(rows, own, strict=True)
        ],
        product_uoms=[uom(f"u{row[0]}", f"g{row[0]}", "PCE") for row in rows],
        prices=[price("l", f"g{row[0]}", f"u{row[0]}", scaled(row[2], 4)) for row in rows],
        customer_discounts=[
            {
                "id": f"d{row[0]}",
                "subject_kind": "party",
                "subject_id": "party",
                "object_kind": "product",
                "object_id": f"g{row[0]}",
                "percent_bp": percentage(row[3]),
                "valid_from": "2026-01-01",
            }
            for row in rows
            if row[3]
        ],
        promotions=[promoted(value) for key, value in given if key == "Promotion"],
        tax_rates=[
            {
                "country": country,
                "tax_category": f"t{rate}",
                "rate_bp": percentage(rate),
                "valid_from": "2026-01-01",
            }
            for rate in rates
        ],
        tax_rules=rules,
    )
    made = terms(
        "l",
        manual_limit_bp=10_000,
        payment_form="cash" if cash else "bank",
        subject=buyer,
        branch={
            "country": country,
            "currency": currency,
            "tax_rounding": of["Tax"].replace(" ", "_"),
            "discounts": {"added up": "additive", "one after the other": "multiplicative"}[
                of["Percentages"]
            ],
            "cash_round_minor": scaled(cash, 2) if cash else 1,
        },
    )
    lines = [
        line(
            int(row[0]),
            scaled(row[1], 3),
            f"g{row[0]}",
            f"u{row[0]}",
            manual_bp=percentage(row[4]),
        )
        for row in rows
    ]
    return masters, made, lines


LINES = (
    "| No. | Quantity | List price | Individual | By hand | Net price | Gross | Line | Share |"
    " VAT | Tax | Total |"
)
GIFTS = "| No. | Gift for line | Quantity |"
TOTALS = "| Gross | Discount | Without tax | Tax | Rounding | To pay |"


def computed(document: PricedDocument) -> tuple[Rows, Rows, Rows]:
    """What the three tables must say, without what was given."""
    money = amounts.money
    lines = [
        [
            amounts.price(one.net_price),
            money(one.gross_amount),
            money(one.line_amount),
            money(one.doc_discount),
            money(one.tax_amount),
            money(one.total),
        ]
        for one in document.lines
        if one.gift_of_promo_id is None
    ]
    gifts = [
        [str(one.line_no), str(one.gift_of_line_no), amounts.quantity(one.qty)]
        for one in document.lines
        if one.gift_of_promo_id is not None
    ]
    totals = document.totals
    tax = sum(one.tax_amount for one in totals.tax)
    figures = (totals.gross, totals.discount, totals.net, tax, totals.rounding, totals.payable)
    return lines, gifts, [[money(one) for one in figures]]


def test_there_are_examples_of_every_country() -> None:
    assert len(EXAMPLES) >= 10
    countries = {
        dict(table(text, "| Given | |"))["Country"][:2]
        for text in EXAMPLES.values()  # type: ignore[arg-type]
    }
    assert countries >= {"RU", "KZ", "UZ", "KG", "BG"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_figures_of_an_example_are_right(name: str) -> None:
    masters, made, asked = example(name)
    document = priced(masters, made, asked)
    lines, gifts, totals = computed(document)
    text = EXAMPLES[name]
    written = [[*row[5:9], *row[10:]] for row in table(text, LINES)]
    assert written == lines
    assert table(text, GIFTS) == gifts
    assert table(text, TOTALS) == totals
    assert not document.issues
    assert plain(document) == reference(masters, made, asked)


TWICE = (
    "| Example | Tax | Cash | Engine: without tax | tax | rounding | to pay |"
    " Second: without tax | tax | rounding | to pay |"
)


def twice(name: str) -> list[str]:
    """What the two programs say of an example, as the table has it."""
    masters, made, asked = example(name)
    engine = plain(priced(masters, made, asked))["totals"]
    second = reference(masters, made, asked)["totals"]
    of = dict(table(EXAMPLES[name], "| Given | |"))  # type: ignore[arg-type]
    cash = of["Paid"].removeprefix("in cash to ") if of["Paid"] != "by bank" else ""
    figures = [
        amounts.money(figure)
        for totals in (engine, second)
        for figure in (
            totals["net"],
            sum(one[-1] for one in totals["tax"]),
            totals["rounding"],
            totals["payable"],
        )
    ]
    return [name, of["Tax"], cash, *figures]


def test_both_programs_say_what_the_page_says_of_each_example() -> None:
    rows = table(PAGE, TWICE)
    assert rows == [twice(name) for name in EXAMPLES]
    assert all(row[3:7] == row[7:11] for row in rows)


def test_the_codes_of_issues_are_those_that_there_are() -> None:
    rows = table(PAGE, "| Code | Request | Fact | When |")
    assert {row[0].strip("`"): (row[1], row[2]) for row in rows} == {
        code: (kind.request, kind.fact) for code, kind in ISSUES.items()
    }


def test_the_trace_is_the_one_that_is_made() -> None:
    masters = company(
        promotions=[promotion("line_percent", tier(0, 1_000), code="SPRING")],
    )
    made = terms("vip", manual_limit_bp=200)
    found = priced(masters, made, [line(1, 3_000, manual_bp=200)])
    assert "\n".join(["```text", *explain(found.trace), "```"]) in PAGE


def test_the_suggested_order_on_the_page() -> None:
    weeks = (
        StockInterval(before=12_000, delivered=24_000, after=6_000, days=7),
        StockInterval(before=10_000, delivered=24_000, after=12_000, days=7),
    )
    need = Need(
        intervals=weeks,
        stock=6_000,
        days_since_check=0,
        days_to_visit=8,
        multiple=12_000,
    )
    found = suggest(need)
    assert (found.cover_days, found.ads_milli, found.qty) == (10, 3_796, 36_000)
    assert "= 3.796 a day; 38 - 6 = 32; 36 are suggested" in PAGE
