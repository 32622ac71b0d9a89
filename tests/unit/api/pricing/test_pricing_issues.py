"""What people are told of a document that was priced."""

from __future__ import annotations

from typing import Any

from pricing_company import company, line, priced, promotion, terms, tier, uom

from appliance.api import Issue
from appliance.api.pricing import ISSUES

TIERS = (tier(0, 1_000),)


def texts(masters: dict[str, Any], made: dict[str, Any], *lines: dict[str, Any]) -> list[str]:
    return [one.text for one in priced(masters, made, list(lines)).issues]


def cake(**more: Any) -> dict[str, Any]:
    return company(
        products=[
            {
                "id": "cake",
                "code": "CAKE",
                "base_uom": "PCE",
                "tax_category": "standard",
                "min_price": 900_000,
            }
        ],
        product_uoms=[uom("piece", "cake", "PCE", order_multiple=2_000, min_order=4_000)],
        prices=[
            {
                "price_list_id": "retail",
                "product_id": "cake",
                "uom_id": "piece",
                "price": 950_000,
                "valid_from": "2026-01-01",
            }
        ],
        **more,
    )


def test_quantities() -> None:
    assert texts(cake(), terms(), line(1, 3_000, "cake", "piece")) == [
        "Line 1: CAKE is ordered in multiples of 2, not 3.",
        "Line 1: Of CAKE at least 4 are ordered, not 3.",
    ]


def test_a_floor_of_the_price_and_of_what_a_basket_leaves() -> None:
    off = cake(promotions=[promotion("line_percent", *TIERS)])
    assert texts(off, terms(), line(1, 4_000, "cake", "piece")) == [
        "Line 1: CAKE is sold below its lowest price: 85.50, not 90.00."
    ]
    off = cake(promotions=[promotion("basket_percent", *TIERS)])
    found = priced(off, terms(), [line(1, 4_000, "cake", "piece")]).issues[0]
    assert found.text == "Line 1: CAKE is sold below its lowest price: 342.00, not 360.00."
    assert (found.pointer, found.expected, found.got) == ("/lines/0/doc_discount", 2_000, 3_800)


def test_a_discount_by_hand() -> None:
    found = texts(company(), terms(manual_limit_bp=250), line(1, 1_000, manual_bp=300))
    assert found == ["Line 1: A discount of 3 % by hand is over the limit of 2.5 %."]


def test_promotions() -> None:
    made = promotion("line_percent", *TIERS, needs_proof=True, budget_minor=5_000, max_per_outlet=1)
    use = [{"promotion_id": "p1", "spent_minor": 4_500, "outlet_used": 1}]
    assert texts(company(promotions=[made]), terms(uses=use), line(1, 1_000)) == [
        "Promotion P1 asks for a photo; there is none.",
        "Promotion P1 is over its budget: 5.00 is left, this takes 10.00.",
        "Promotion P1 is over its limit for one outlet: 0 is left, this takes 1.",
    ]


def test_the_least_amount() -> None:
    made = terms(branch={"min_order_minor": 50_000})
    assert texts(company(), made, line(1, 1_000)) == [
        "An order is for at least 500.00; this one is for 100.00."
    ]


def test_what_is_missing() -> None:
    masters = company(tax_rates=[], prices=[])
    masters["prices"] = []
    assert texts(masters, terms(), line(1, 1_000), line(2, 1_000, "gold", "jar")) == [
        "Line 1: JAM has no price on 2026-11-24.",
        "Line 2: The product is not known here.",
        "Line 1: The tax rate of standard in RU on 2026-11-24 is not known here.",
    ]
    assert texts(masters, terms(None))[0] == "The price list is not set anywhere."
    euro = terms(branch={"currency": "EUR"})
    assert texts(masters, euro)[0] == "The price list is in RUB, the branch sells in EUR."
    masters["price_lists"][0]["org_ids"] = ["elsewhere"]
    assert texts(masters, terms())[0] == "The price list is not for this branch."
    assert texts(masters, terms("net"), line(3, 1_000, "jam", "kg"))[0] == (
        "Line 3: The unit belongs to another product."
    )


def test_an_issue_of_pricing_is_an_issue() -> None:
    made = terms(kind="fact")
    found = priced(cake(), made, [line(7, 3_000, "cake", "piece")]).issues[0]
    assert isinstance(found, Issue)
    assert (found.severity, found.line_no, found.expected, found.got) == ("warn", 7, 2_000, 3_000)


def test_of_too_many_issues_the_heaviest_are_told() -> None:
    lines = [line(n, 3_000, "cake", "piece", manual_bp=100) for n in range(1, 200)]
    found = priced(cake(), terms(), lines).issues
    assert len(found) == 100
    assert {one.severity for one in found} == {"reject"}
    few = priced(cake(), terms(), lines[:20]).issues
    assert len(few) == 60
    assert {one.severity for one in few} == {"reject", "hold"}


def test_severities_are_those_of_requests_and_facts() -> None:
    for code, kind in ISSUES.items():
        assert kind.request in ("reject", "hold"), code
        assert kind.fact in ("flag", "warn"), code
        assert kind.text.endswith(".")
