"""What documents are priced from: kept while it stands still, and told as it stood once."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.api import PluginError, Write
from appliance.api.pricing import Branch, RequestedLine, Subject, Terms, price_document
from appliance.testing import FakeContext
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.price_shelf import PriceShelf

SUBJECT = Subject(outlet_id="outlet", party_id="party", segments=("A",), party_price_list_id="shop")
TERMS = Terms(
    subject=SUBJECT,
    branch=Branch(country="KZ", currency="KZT", tax_rounding="per_line"),
    pricing_date="2026-03-02",
)
LINES = [RequestedLine(line_no=1, product_id="tea", uom_id="tea-pack", qty=2_000)]

ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "product_groups": {"drinks": {"tree": "acc", "name": "Drinks"}},
    "products": {
        "tea": {
            "code": "T1",
            "name": "Tea",
            "group_ids": ["drinks"],
            "base_uom": "778",
            "tax_category": "standard",
            "kind": "goods",
            "active": True,
        }
    },
    "product_uoms": {
        "tea-pack": {
            "product_id": "tea",
            "uom_code": "778",
            "name": "pack",
            "factor_num": 1,
            "factor_den": 1,
            "is_base": True,
        }
    },
    "price_lists": {
        "base": {"name": "Base", "currency": "KZT", "tax_included": True},
        "shop": {
            "name": "Shops",
            "currency": "KZT",
            "tax_included": True,
            "parent_id": "base",
            "markup_bp": 1_000,
        },
    },
    "prices": {
        "p1": {
            "price_list_id": "base",
            "product_id": "tea",
            "uom_id": "tea-pack",
            "price": 10_000_000,
            "valid_from": "2026-01-01",
        }
    },
    "tax_rates": {
        "t1": {
            "country": "KZ",
            "tax_category": "standard",
            "rate_bp": 1_200,
            "valid_from": "2020-01-01",
        }
    },
}


@pytest.fixture
def context() -> FakeContext:
    return FakeContext(COLLECTIONS, ROWS)


def net(shelf: PriceShelf, context: FakeContext, at: int | None = None) -> int:
    """Return the net price of the one line, by the masters of now or of a seq."""
    if at is None:
        book = shelf.book(context, ["tea"], SUBJECT)
    else:
        earlier = shelf.earlier(context, ["tea"], SUBJECT, at)
        assert earlier is not None
        book = earlier.book
    priced = price_document(book, TERMS, LINES)
    assert not priced.issues
    return priced.lines[0].net_price


def change(context: FakeContext, collection: str, record_id: str, **fields: Any) -> int:
    """Change fields of a record; return the seq before."""
    before = context.newest(*ROWS, "customer_discounts", "promotions")
    row = context.get(collection, record_id) or {}
    context.put(collection, record_id, {**row, **fields})
    return before


def test_a_price_comes_from_the_parent_list_with_the_markup(context: FakeContext) -> None:
    assert net(PriceShelf(), context) == 11_000_000


@pytest.mark.parametrize(
    ("collection", "record_id", "fields", "expected"),
    [
        ("prices", "p1", {"price": 20_000_000}, 22_000_000),
        ("price_lists", "shop", {"markup_bp": 2_000}, 12_000_000),
        ("price_lists", "shop", {"parent_id": None, "markup_bp": None}, None),
        (
            "prices",
            "p2",
            {
                "price_list_id": "shop",
                "product_id": "tea",
                "uom_id": "tea-pack",
                "price": 7_000_000,
                "valid_from": "2026-01-01",
            },
            7_000_000,
        ),
        (
            "customer_discounts",
            "d1",
            {
                "subject_kind": "segment",
                "subject_id": "A",
                "object_kind": "group",
                "object_id": "drinks",
                "percent_bp": 1_000,
                "valid_from": "2026-01-01",
            },
            9_900_000,
        ),
        (
            "promotions",
            "m1",
            {
                "code": "SPRING",
                "name": "Spring",
                "kind": "line_percent",
                "products": {"include": [{"kind": "all"}]},
                "tiers": [{"from": 0, "value": 5_000}],
                "tier_mode": "whole",
                "stacking": "exclusive",
                "priority": 1,
                "valid_from": "2026-01-01",
                "valid_to": "2026-12-31",
            },
            5_500_000,
        ),
    ],
)
def test_a_change_is_seen_at_once_and_what_was_before_is_known(
    context: FakeContext,
    collection: str,
    record_id: str,
    fields: dict[str, Any],
    expected: int | None,
) -> None:
    shelf = PriceShelf()
    assert net(shelf, context) == 11_000_000
    before = change(context, collection, record_id, **fields)
    if expected is None:
        priced = price_document(shelf.book(context, ["tea"], SUBJECT), TERMS, LINES)
        assert [issue.code for issue in priced.issues] == ["price_missing"]
    else:
        assert net(shelf, context) == expected
    assert net(shelf, context, before) == 11_000_000
    earlier = shelf.earlier(context, ["tea"], SUBJECT, before)
    assert earlier is not None
    assert earlier.since_ms == context.now_ms
    now = shelf.earlier(context, ["tea"], SUBJECT, context.newest(*ROWS, "promotions"))
    assert now is not None


def test_what_stands_still_is_not_read_again(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = PriceShelf()
    net(shelf, context)
    asked: list[str] = []
    select = context.select
    monkeypatch.setattr(
        context, "select", lambda sql, *rest: asked.append(sql) or select(sql, *rest)
    )
    net(shelf, context)
    assert asked == []
    change(context, "prices", "p1", price=1)
    net(shelf, context)
    assert len(asked) == 1
    assert "FROM prices" in asked[0]


def test_a_reader_of_an_earlier_moment_gets_nothing_newer(context: FakeContext) -> None:
    shelf = PriceShelf()
    newer = FakeContext(COLLECTIONS, ROWS)
    newer.apply([Write(collection="prices", id="p1", row={**ROWS["prices"]["p1"], "price": 5_000})])
    assert net(shelf, newer) == 5_500
    assert net(shelf, context) == 11_000_000
    assert net(shelf, newer) == 5_500


def test_a_record_that_cannot_be_priced_by_is_named(context: FakeContext) -> None:
    change(context, "prices", "p1", price=-5)
    with pytest.raises(PluginError, match="the record p1 cannot be priced by"):
        PriceShelf().book(context, ["tea"], SUBJECT)
