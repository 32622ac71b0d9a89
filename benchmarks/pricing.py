"""Pricing: what it costs to price and check an order of 15 lines, and to make a price book.

The masters are those of a mid company: 3,000 products in cases and pieces, four price lists with
one price for each product in the first, 40 promotions. Most of them are for other products or
customers, as in the field; six are applied to the order: percentages on most lines, two gifts, a
bundle, a percentage off the basket, points. Everything runs in this process: there is no I/O.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from appliance.api.pricing import (
    Audience,
    Branch,
    Chosen,
    CustomerDiscount,
    Masters,
    Price,
    PriceBook,
    PricedDocument,
    PriceList,
    Product,
    ProductChoice,
    ProductGroup,
    ProductUom,
    Promotion,
    RequestedLine,
    SentDocument,
    Subject,
    TaxRate,
    Terms,
    Tier,
    check_document,
    price_document,
)
from appliance.api.pricing.customer_discounts import ObjectKind
from benchmarks.result import Row, Run, median, spread

PRODUCTS = 3_000
GROUPS = 300
LINES = 15
GOAL_US = 1_000.0
FROM, TO = "2026-01-01", "2026-12-31"
TERMS = Terms(
    subject=Subject(
        outlet_id="outlet-1",
        party_id="party-1",
        segments=("shop", "north"),
        org_ids=("branch", "company"),
        party_price_list_id="list-1",
    ),
    branch=Branch(country="RU", currency="RUB", tax_rounding="per_line", cash_round_minor=100),
    pricing_date="2026-11-24",
    payment_form="cash",
    manual_limit_bp=500,
)


def masters() -> Masters:
    """Make the company."""
    return Masters(
        price_lists=[
            PriceList(id="list-0", code="BASE", currency="RUB", tax_included=True),
            *(
                PriceList(
                    id=f"list-{n}",
                    code=f"LIST{n}",
                    currency="RUB",
                    tax_included=True,
                    parent_id="list-0",
                    markup_bp=-250 * n,
                )
                for n in range(1, 4)
            ),
        ],
        prices=[
            Price(
                price_list_id="list-0",
                product_id=f"product-{n}",
                uom_id=f"piece-{n}",
                price=100_000 + n * 37,
                valid_from=FROM,
            )
            for n in range(PRODUCTS)
        ],
        products=[
            Product(
                id=f"product-{n}",
                code=f"P{n:05}",
                base_uom="PCE",
                tax_category="standard" if n % 3 else "reduced",
                group_ids=(f"group-{n % GROUPS}",),
                brand=f"brand {n % 50}",
                min_price=50_000,
            )
            for n in range(PRODUCTS)
        ],
        product_groups=[
            ProductGroup(id=f"group-{n}", parent_id=f"group-{n // 10}" if n else None)
            for n in range(GROUPS)
        ],
        product_uoms=[
            one
            for n in range(PRODUCTS)
            for one in (
                ProductUom(
                    id=f"piece-{n}",
                    product_id=f"product-{n}",
                    uom_code="PCE",
                    factor_num=1,
                    factor_den=1,
                    gross_g=500,
                    volume_cm3=700,
                ),
                ProductUom(
                    id=f"case-{n}",
                    product_id=f"product-{n}",
                    uom_code="CS",
                    factor_num=12,
                    factor_den=1,
                    order_multiple=1_000,
                ),
            )
        ],
        customer_discounts=[
            CustomerDiscount(
                id=f"discount-{n}",
                subject_kind="party",
                subject_id=f"party-{n % 500}",
                object_kind="group",
                object_id=f"group-{n % GROUPS}",
                percent_bp=300,
                valid_from=FROM,
            )
            for n in range(2_000)
        ],
        promotions=_promotions(),
        tax_rates=[
            TaxRate(country="RU", tax_category="standard", rate_bp=2_000, valid_from=FROM),
            TaxRate(country="RU", tax_category="reduced", rate_bp=1_000, valid_from=FROM),
        ],
    )


def _on(kind: ObjectKind, *ids: str) -> ProductChoice:
    return ProductChoice(include=tuple(Chosen(kind=kind, id=one) for one in ids))


def _promotions() -> list[Promotion]:
    def made(number: int, **fields: object) -> Promotion:
        common = {
            "id": f"promotion-{number}",
            "code": f"PROMO{number}",
            "stacking": "stackable",
            "tier_mode": "whole",
            "priority": number,
            "valid_from": FROM,
            "valid_to": TO,
        }
        return msgspec.convert(common | fields, Promotion)

    applied = [
        made(1, kind="line_percent", tiers=[{"from": 12_000, "value": 500}]),
        made(
            2,
            kind="line_percent",
            tier_mode="marginal",
            tiers=[{"from": 6_000, "value": 300}, {"from": 24_000, "value": 700}],
            products=_on("brand", "brand 1", "brand 2"),
        ),
        made(
            3,
            kind="free_goods_exclusive",
            tier_mode="repeat",
            tiers=[{"from": 10_000, "gift_qty": 1_000}],
            products=_on("product", "product-3", "product-8"),
        ),
        made(
            4,
            kind="bundle_percent",
            tiers=[{"from": 1_000, "value": 200}],
            products=_on("product", "product-1", "product-2"),
        ),
        made(5, kind="basket_percent", tiers=[{"from": 100_000, "value": 150}]),
        made(6, kind="points", tier_mode="repeat", tiers=[{"from": 10_000, "value": 1}]),
    ]
    others = [
        Promotion(
            id=f"other-{n}",
            code=f"OTHER{n}",
            kind="line_percent",
            tier_mode="whole",
            stacking="stackable",
            priority=n,
            valid_from=FROM,
            valid_to=TO,
            tiers=(Tier(from_=1_000, value=500),),
            audience=Audience(segments=("elsewhere",)) if n % 2 else None,
            products=None if n % 2 else _on("group", f"group-{n + 200}"),
        )
        for n in range(34)
    ]
    return applied + others


def order() -> list[RequestedLine]:
    """Make an order of 15 lines, in pieces and cases, some with a discount by hand."""
    return [
        RequestedLine(
            line_no=n + 1,
            product_id=f"product-{n}",
            uom_id=f"{'case' if n % 3 == 0 else 'piece'}-{n}",
            qty=(n % 7 + 1) * (2_000 if n % 3 == 0 else 5_000),
            manual_bp=200 if n % 5 == 0 else 0,
        )
        for n in range(LINES)
    ]


def of_order(company: Masters, lines: Sequence[RequestedLine]) -> Masters:
    """Return the records that one order needs: its products, their units and prices, and what is
    for everybody.
    """
    ids = {line.product_id for line in lines}
    party = TERMS.subject.party_id
    return msgspec.structs.replace(
        company,
        products=[one for one in company.products if one.id in ids],
        product_uoms=[one for one in company.product_uoms if one.product_id in ids],
        prices=[one for one in company.prices if one.product_id in ids],
        customer_discounts=[one for one in company.customer_discounts if one.subject_id == party],
    )


def records(company: Masters) -> int:
    """Count masters."""
    return sum(len(getattr(company, name)) for name in company.__struct_fields__)


def sent(priced: PricedDocument) -> SentDocument:
    """Return a priced order as a device sends it."""
    return msgspec.convert(msgspec.to_builtins(priced), SentDocument)


def cpu_us(action: Callable[[], object], times: int) -> float:
    """Return microseconds of CPU for one of many repetitions."""
    began = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - began) / times * 1e6


def measure(run: Run) -> Sequence[Row]:
    """Measure pricing, checking, and making the book of all records and of those of one order."""
    company, lines = masters(), order()
    book = PriceBook(company, 1)
    document = sent(price_document(book, TERMS, lines))
    assert check_document(book, TERMS, document).verdict == "ok"
    needed = of_order(company, lines)
    assert check_document(PriceBook(needed, 1), TERMS, document).verdict == "ok"
    times = run.size(500, 100)

    def cost(action: Callable[[], object], times: int = times) -> list[float]:
        return [cpu_us(action, times) for _ in range(run.repeats)]

    price = cost(lambda: price_document(book, TERMS, lines))
    check = cost(lambda: check_document(book, TERMS, document))
    small = cost(lambda: PriceBook(needed, 1))
    large = cost(lambda: PriceBook(company, 1), 5)
    return [
        Row(f"price {LINES} lines", median(price), "us CPU", spread=spread(price)),
        Row(
            f"check {LINES} lines: price them and compare",
            median(check),
            "us CPU",
            goal=GOAL_US,
            spread=spread(check),
        ),
        Row(
            f"make a book of the {records(needed):,} records of one order",
            median(small),
            "us CPU",
            spread=spread(small),
        ),
        Row(
            f"make a book of all {records(company):,} records",
            median(large) / 1e3,
            "ms CPU",
            spread=spread(large),
        ),
    ]
