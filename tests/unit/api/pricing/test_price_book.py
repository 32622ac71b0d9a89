"""The index that documents are priced from, and the records that it is made of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pricing_company import book_of, company, line, lines_of, price, terms, terms_of, uom

from appliance.api.pricing import (
    Masters,
    Price,
    PriceBook,
    Promotion,
    price_document,
    read_rows,
)
from appliance.api.pricing.split import split
from appliance.api.pricing.terms import Branch


def products(**more: Any) -> dict[str, Any]:
    made = company()
    made["products"] = [{**one, **more} if one["id"] == "jam" else one for one in made["products"]]
    return made


def test_the_base_unit_is_the_one_with_the_code() -> None:
    made = products()
    made["product_uoms"].append(uom("a-jar", "jam", "JAR", 7))
    book = book_of(made)
    base = book.goods["jam"].base
    assert base is not None and base.id == "a-jar"
    # Whatever factor it was given: a base unit is one of itself.
    assert (book.units["a-jar"].num, book.units["a-jar"].den) == (1, 1)


def test_the_base_unit_is_the_one_that_is_marked_where_no_code_fits() -> None:
    made = products(base_uom="PCE")
    assert book_of(made).goods["jam"].base is None
    made["product_uoms"][1] |= {"is_base": True}
    base = book_of(made).goods["jam"].base
    assert base is not None and base.id == "case"


def test_groups_count_by_their_depth_and_rings_end() -> None:
    made = products(group_ids=["sweets", "drinks", "lost"])
    made["product_groups"] = [
        {"id": "food", "parent_id": "drinks"},
        {"id": "sweets", "parent_id": "food"},
        {"id": "drinks", "parent_id": "food"},
    ]
    keys = book_of(made).goods["jam"].objects
    assert keys[0] == (("product", "jam"),)
    assert keys[-2:] == ((("brand", "Dacha"),), (("all", None),))
    groups = [one for level in keys[1:-2] for one in level]
    assert sorted(groups) == [("group", n) for n in ("drinks", "food", "lost", "sweets")]
    assert groups[0] == ("group", "sweets")


def test_units_of_nothing_and_prices_of_other_units_are_passed_over() -> None:
    made = company(
        product_uoms=[uom("stray", "gold", "PCE")],
        prices=[
            price("retail", "tea", "jar", 1, valid_from="2026-11-01"),
            price("retail", "gold", "stray", 1),
            price("retail", "jam", "unknown", 1),
        ],
    )
    book = book_of(made)
    assert "stray" not in book.units
    assert [one.price for one in book.prices("retail", "jar")] == [1_000_000]


def test_prices_stand_in_the_order_in_which_they_count() -> None:
    rows = [
        price("retail", "jam", "case", 5, min_qty=0, valid_from="2026-03-01"),
        price("retail", "jam", "case", 4, min_qty=5_000, valid_from="2026-01-01"),
        price("retail", "jam", "case", 3, min_qty=5_000, valid_from="2026-02-01"),
        price("retail", "jam", "case", 2, min_qty=5_000, valid_from="2026-02-01"),
        price("retail", "jam", "case", 1, valid_from="2026-01-01"),
    ]
    book = book_of(company(prices=rows))
    assert [one.price for one in book.prices("retail", "case")] == [2, 3, 4, 5, 1]


def test_of_records_with_one_id_the_last_counts() -> None:
    made = company()
    made["products"].append({**made["products"][0], "tax_category": "reduced"})
    found = price_document(book_of(made), terms_of(terms()), lines_of([line(1, 1_000)]))
    assert found.lines[0].tax_category == "reduced"


def test_an_empty_book_prices_nothing_and_says_so() -> None:
    book = PriceBook(Masters())
    found = price_document(book, terms_of(terms()), lines_of([line(1, 1_000)]))
    assert [one.code for one in found.issues] == ["price_list_wrong", "ref_unknown"]
    assert found.price_list_id is None
    assert found.totals.payable == 0


@pytest.mark.parametrize("exponent", [-1, 5])
def test_a_currency_has_no_more_decimals_than_a_price(exponent: int) -> None:
    branch = Branch(
        country="RU", currency="RUB", tax_rounding="per_line", currency_exponent=exponent
    )
    with pytest.raises(ValueError, match="currency_exponent must be 0 to 4"):
        _ = branch.scale


def test_a_discount_by_hand_is_a_percentage() -> None:
    lines = lines_of([line(1, 1_000, manual_bp=10_001)])
    with pytest.raises(ValueError, match="manual_bp must be 0 to 10000"):
        price_document(book_of(company()), terms_of(terms()), lines)


def test_masters_are_read_from_records_and_what_is_wrong_is_told() -> None:
    body = {
        "price_list_id": "retail",
        "product_id": "jam",
        "uom_id": "jar",
        "price": 1,
        "valid_from": "2026-01-01",
        "valid_to": None,
        "unknown": {"to": "pricing"},
    }
    found, unread = read_rows(
        Price,
        [
            ("a", json.dumps(body)),
            ("b", json.dumps({**body, "price": -1})),
            ("c", json.dumps({**body, "price": 1.5})),
            ("d", "{}"),
        ],
    )
    assert [one.uom_id for one in found] == ["jar"]
    assert [one.id for one in unread] == ["b", "c", "d"]
    assert "$.price" in unread[0].reason


def test_masters_get_the_id_of_their_record() -> None:
    body = {
        "code": "P",
        "kind": "line_percent",
        "tier_mode": "whole",
        "stacking": "stackable",
        "priority": 1,
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "tiers": [{"from": 5, "value": 3}],
    }
    found, unread = read_rows(Promotion, [('"odd"\\id', json.dumps(body))])
    assert not unread
    assert found[0].id == '"odd"\\id'
    assert found[0].tiers is not None and found[0].tiers[0].from_ == 5


def test_more_than_everything_off_is_everything_off() -> None:
    made = company(
        promotions=[
            {
                "id": "p",
                "code": "P",
                "kind": "line_percent",
                "tier_mode": "whole",
                "stacking": "stackable",
                "priority": 0,
                "valid_from": "2026-01-01",
                "valid_to": "2026-12-31",
                "tiers": [{"from": 0, "value": 15_000}],
            }
        ]
    )
    found = price_document(book_of(made), terms_of(terms()), lines_of([line(1, 1_000)])).lines[0]
    assert (found.net_price, found.discounts[0].bp) == (0, 10_000)


def test_shares_of_nothing_and_of_opposites() -> None:
    assert split(5, []) == []
    assert split(0, [1, 2]) == [0, 0]
    assert split(7, [0, 0]) == [0, 0]
    assert split(7, [3, -3]) == [0, 0]
    assert split(10, [30, -10]) == [15, -5]
    assert split(-10, [-7, -7, -7]) == [-4, -3, -3]
