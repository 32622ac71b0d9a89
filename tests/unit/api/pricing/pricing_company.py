"""A small company for tests, as plain records; and what turns records into the engine's types."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.api import pricing
from appliance.api.pricing import Masters, PriceBook, PricedDocument, RequestedLine, Terms

Record = dict[str, Any]
DAY = "2026-11-24"
YEAR = {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}


def company(**more: list[Record]) -> Record:
    """Masters with jam in jars and cases of 12, tea in kilograms, and a list with a parent.

    What is given replaces the records of that kind, except `prices` and `products`, which are
    added to.
    """
    masters: Record = {
        "price_lists": [
            {"id": "retail", "code": "RETAIL", "currency": "RUB", "tax_included": True},
            {
                "id": "vip",
                "code": "VIP",
                "currency": "RUB",
                "tax_included": True,
                "parent_id": "retail",
                "markup_bp": -500,
            },
            {"id": "net", "code": "NET", "currency": "RUB", "tax_included": False},
        ],
        "prices": [
            price("retail", "jam", "jar", 1_000_000),
            price("retail", "tea", "kg", 1_299_000),
            price("net", "jam", "jar", 1_000_000),
            price("net", "tea", "kg", 1_299_000),
        ],
        "products": [
            {
                "id": "jam",
                "code": "JAM",
                "base_uom": "JAR",
                "tax_category": "standard",
                "group_ids": ["sweets"],
                "brand": "Dacha",
            },
            {
                "id": "tea",
                "code": "TEA",
                "base_uom": "KGM",
                "tax_category": "reduced",
                "group_ids": ["drinks"],
            },
        ],
        "product_groups": [
            {"id": "food"},
            {"id": "sweets", "parent_id": "food"},
            {"id": "drinks", "parent_id": "food"},
        ],
        "product_uoms": [
            uom("jar", "jam", "JAR", gross_g=450, volume_cm3=300),
            uom("case", "jam", "CS", 12),
            uom("kg", "tea", "KGM", gross_g=1_000, volume_cm3=2_500),
        ],
        "customer_discounts": [],
        "promotions": [],
        "tax_rates": [
            {
                "country": "RU",
                "tax_category": "standard",
                "rate_bp": 2_000,
                "valid_from": "2019-01-01",
            },
            {
                "country": "RU",
                "tax_category": "reduced",
                "rate_bp": 1_000,
                "valid_from": "2019-01-01",
            },
        ],
    }
    for kind, records in more.items():
        added = masters[kind] if kind in ("prices", "products", "product_uoms") else []
        masters[kind] = [*added, *records]
    return masters


def price(price_list: str, product: str, uom_id: str, amount: int, **more: Any) -> Record:
    """A record of `prices`."""
    return {
        "price_list_id": price_list,
        "product_id": product,
        "uom_id": uom_id,
        "price": amount,
        "valid_from": "2026-01-01",
        **more,
    }


def uom(record_id: str, product: str, code: str, num: int = 1, den: int = 1, **more: Any) -> Record:
    """A record of `product_uoms`."""
    return {
        "id": record_id,
        "product_id": product,
        "uom_code": code,
        "factor_num": num,
        "factor_den": den,
        **more,
    }


def promotion(kind: str, *tiers: Record, mode: str = "whole", **more: Any) -> Record:
    """A record of `promotions`, for everybody and everything."""
    return {
        "id": "p1",
        "code": "P1",
        "kind": kind,
        "tier_mode": mode,
        "stacking": "stackable",
        "priority": 0,
        "tiers": list(tiers),
        **YEAR,
        **more,
    }


def tier(start: int, value: int | None = None, **more: Any) -> Record:
    """A tier."""
    return {"from": start, "value": value, **more}


def terms(price_list: str | None = "retail", **more: Any) -> Record:
    """Terms of a Russian branch; what is given replaces, `branch` and `subject` add."""
    branch = {"country": "RU", "currency": "RUB", "tax_rounding": "per_line"}
    subject = {
        "outlet_id": "outlet",
        "party_id": "party",
        "group_ids": ["holding"],
        "segments": ["shop"],
        "org_ids": ["branch", "company"],
        "party_price_list_id": price_list,
    }
    return {
        "pricing_date": DAY,
        **more,
        "branch": branch | more.get("branch", {}),
        "subject": subject | more.get("subject", {}),
    }


def line(number: int, qty: int, product: str = "jam", uom_id: str = "", **more: Any) -> Record:
    """A requested line; without a unit of the product's base unit."""
    return {
        "line_no": number,
        "product_id": product,
        "uom_id": uom_id or {"jam": "jar", "tea": "kg"}[product],
        "qty": qty,
        **more,
    }


def book_of(masters: Record, revision: int = 1) -> PriceBook:
    """The engine's book of plain records."""
    return PriceBook(msgspec.convert(masters, _Masters), revision)


def terms_of(terms: Record) -> Terms:
    """The engine's terms."""
    return msgspec.convert(terms, Terms)


def lines_of(lines: list[Record]) -> list[RequestedLine]:
    """The engine's lines."""
    return msgspec.convert(lines, list[RequestedLine])


def priced(masters: Record, terms: Record, lines: list[Record]) -> PricedDocument:
    """Price plain records."""
    return pricing.price_document(book_of(masters), terms_of(terms), lines_of(lines))


def plain(document: PricedDocument) -> Record:
    """A priced document in the shape that the reference gives."""
    return {
        "price_list_id": document.price_list_id,
        "lines": [
            {
                "line_no": one.line_no,
                "qty": one.qty,
                "list_price": one.list_price,
                "net_price": one.net_price,
                "gross_amount": one.gross_amount,
                "line_amount": one.line_amount,
                "doc_discount": one.doc_discount,
                "tax_category": one.tax_category,
                "rate_bp": one.rate_bp,
                "tax_amount": one.tax_amount,
                "total": one.total,
                "discounts": [(d.kind, d.ref_id, d.bp, d.amount) for d in one.discounts],
            }
            for one in document.lines
            if one.gift_of_promo_id is None
        ],
        "gifts": [
            (
                one.line_no,
                one.product_id,
                one.uom_id,
                one.qty,
                one.gift_of_promo_id,
                one.gift_of_line_no,
            )
            for one in document.lines
            if one.gift_of_promo_id is not None
        ],
        "totals": {
            **{
                name: getattr(document.totals, name)
                for name in (
                    "net",
                    "discount",
                    "gross",
                    "rounding",
                    "payable",
                    "weight_g",
                    "volume_cm3",
                )
            },
            "tax": [
                (one.tax_category, one.rate_bp, one.taxable, one.tax_amount)
                for one in document.totals.tax
            ],
        },
        "discounts": [(d.kind, d.ref_id, d.bp, d.amount) for d in document.discounts],
        "points": {one.promotion_id: one.points for one in document.points},
        "promo_ids": list(document.promo_ids),
        "uses": [(one.promotion_id, one.spent_minor, one.outlet_used) for one in document.uses],
        "codes": sorted(((one.code, one.line_no) for one in document.issues), key=str),
    }


def as_json(result: Record) -> Record:
    """A result of the reference, or of `plain`, as JSON holds it: names in place of positions."""
    discount = ("kind", "ref_id", "bp", "amount")
    return {
        **result,
        "lines": [
            {**one, "discounts": _named(discount, one["discounts"])} for one in result["lines"]
        ],
        "gifts": _named(
            ("line_no", "product_id", "uom_id", "qty", "gift_of_promo_id", "gift_of_line_no"),
            result["gifts"],
        ),
        "totals": {
            **result["totals"],
            "tax": _named(
                ("tax_category", "rate_bp", "taxable", "tax_amount"), result["totals"]["tax"]
            ),
        },
        "discounts": _named(discount, result["discounts"]),
        "uses": _named(("promotion_id", "spent_minor", "outlet_used"), result["uses"]),
        "codes": _named(("code", "line_no"), result["codes"]),
    }


def _named(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[Record]:
    return [dict(zip(names, row, strict=True)) for row in rows]


class _Masters(Masters, frozen=True, kw_only=True):
    """Masters whose sequences `msgspec.convert` can fill."""

    price_lists: tuple[pricing.PriceList, ...] = ()
    prices: tuple[pricing.Price, ...] = ()
    products: tuple[pricing.Product, ...] = ()
    product_groups: tuple[pricing.ProductGroup, ...] = ()
    product_uoms: tuple[pricing.ProductUom, ...] = ()
    customer_discounts: tuple[pricing.CustomerDiscount, ...] = ()
    promotions: tuple[pricing.Promotion, ...] = ()
    tax_rates: tuple[pricing.TaxRate, ...] = ()
    tax_rules: tuple[pricing.TaxRule, ...] = ()
