"""The check of a document as it was sent: what is equal, what has changed, what is wrong."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from pricing_company import (
    book_of,
    company,
    line,
    lines_of,
    price,
    promotion,
    terms,
    terms_of,
    tier,
)

from appliance.api.pricing import Check, check_document, price_document, read_document

Record = dict[str, Any]
DEARER = {"prices": [price("retail", "jam", "jar", 1_100_000, valid_from="2026-11-01")]}
LINES = [line(1, 3_000), line(2, 1_255, "tea"), line(3, 1_000, uom_id="case")]


def order(masters: Record, made: Record | None = None, lines: list[Record] = LINES) -> Record:
    """An order as a device sends it, priced from masters of revision 1."""
    document = price_document(book_of(masters), terms_of(made or terms()), lines_of(lines))
    row: Record = json.loads(msgspec.json.encode(document))
    return {name: row[name] for name in ("price_list_id", "currency", "tax_included")} | {
        name: row[name] for name in ("lines", "totals", "promo_ids", "pricing_rev")
    }


def checked(
    row: Record,
    masters: Record,
    made: Record | None = None,
    *,
    revision: int = 1,
    earlier: Record | None = None,
    age_ms: int | None = None,
) -> Check:
    return check_document(
        book_of(masters, revision),
        terms_of(made or terms()),
        read_document(row),
        earlier=None if earlier is None else book_of(earlier),
        age_ms=age_ms,
    )


def told(check: Check) -> list[tuple[str, str, str]]:
    return [(one.code, one.severity, one.pointer) for one in check.issues]


def changed(row: Record, place: int, **fields: Any) -> Record:
    lines = [dict(one) for one in row["lines"]]
    lines[place] |= fields
    return {**row, "lines": lines}


def test_an_order_that_is_right_is_ok() -> None:
    masters = company(promotions=[promotion("basket_percent", tier(0, 333))])
    check = checked(order(masters), masters)
    assert (check.verdict, check.differences, check.issues) == ("ok", (), ())


def test_what_was_not_sent_is_not_compared() -> None:
    row = order(company(promotions=[promotion("line_percent", tier(0, 500))]))
    row["totals"] = {"payable": row["totals"]["payable"], "net": None}
    row["promo_ids"] = row["pricing_rev"] = None
    for one in row["lines"]:
        one["discounts"] = None
    masters = company(promotions=[promotion("line_percent", tier(0, 500))])
    assert checked(row, masters).verdict == "ok"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("list_price", 999_999, "calc_mismatch"),
        ("net_price", 999_999, "calc_mismatch"),
        ("gross_amount", 29_999, "calc_mismatch"),
        ("line_amount", 29_999, "calc_mismatch"),
        ("doc_discount", 1, "calc_mismatch"),
        ("tax_category", "reduced", "calc_mismatch"),
        ("rate_bp", 1_000, "tax_wrong"),
        ("tax_amount", 4_999, "calc_mismatch"),
        ("total", 29_999, "calc_mismatch"),
        ("discounts", [{"kind": "individual", "bp": 0, "amount": 0}], "calc_mismatch"),
    ],
)
def test_each_field_of_a_line_is_compared(field: str, value: Any, code: str) -> None:
    check = checked(changed(order(company()), 0, **{field: value}), company())
    assert check.verdict == "calc_mismatch"
    only = check.differences[0]
    assert (only.pointer, only.line_no, only.field) == (f"/lines/0/{field}", 1, field)
    if field != "discounts":
        assert only.got == value
        assert only.expected == getattr(check.priced.lines[0], field)
    assert told(check)[0] == (code, "reject", f"/lines/0/{field}")


@pytest.mark.parametrize(
    "field", ["net", "discount", "gross", "rounding", "payable", "weight_g", "volume_cm3"]
)
def test_each_total_is_compared(field: str) -> None:
    row = order(company())
    row["totals"][field] += 1
    check = checked(row, company())
    assert [one.pointer for one in check.differences] == [f"/totals/{field}"]
    assert told(check) == [("calc_mismatch", "reject", f"/totals/{field}")]


def test_the_totals_of_taxes_are_compared() -> None:
    row = order(company())
    row["totals"]["tax"][0]["tax_amount"] += 1
    row["totals"]["tax"][0]["taxable"] -= 1
    lost = row["totals"]["tax"].pop()
    check = checked(row, company())
    assert [(one.pointer, one.expected) for one in check.differences] == [
        ("/totals/tax/0/tax_amount", row["totals"]["tax"][0]["tax_amount"] - 1),
        ("/totals/tax/0/taxable", row["totals"]["tax"][0]["taxable"] + 1),
        ("/totals/tax", lost["tax_amount"]),
    ]


def test_one_issue_tells_of_a_line_and_none_of_the_totals_that_follow() -> None:
    row = order(company(prices=DEARER["prices"]))
    check = checked(row, company())
    assert len(check.differences) > 10
    assert told(check) == [
        ("calc_mismatch", "reject", "/lines/0/list_price"),
        ("calc_mismatch", "reject", "/lines/2/list_price"),
    ]
    assert check.issues[0].text == "Line 1: The list price is 110.00; it should be 100.00."
    assert (check.issues[0].expected, check.issues[0].got) == (1_000_000, 1_100_000)


def test_a_fact_is_only_flagged() -> None:
    row = changed(order(company()), 0, total=1)
    check = checked(row, company(), terms(kind="fact"))
    assert {one.severity for one in check.issues} == {"flag"}


def test_prices_that_changed_since_are_told_from_slips_by_the_earlier_masters() -> None:
    new = company(prices=DEARER["prices"])
    check = checked(order(company()), new, revision=2, earlier=company())
    assert check.verdict == "price_changed"
    assert told(check) == [
        ("price_changed", "hold", "/lines/0/list_price"),
        ("price_changed", "hold", "/lines/2/list_price"),
    ]
    assert check.issues[0].text == (
        "Line 1: Prices changed since: list price was 100.00 and is 110.00 now."
    )
    assert check.priced.lines[0].list_price == 1_000_000
    slip = changed(order(company()), 1, tax_amount=1)
    check = checked(slip, new, revision=2, earlier=company())
    assert check.verdict == "calc_mismatch"
    assert {one.verdict for one in check.differences if one.line_no == 2} == {"calc_mismatch"}
    assert {one.verdict for one in check.differences if one.line_no == 1} == {"price_changed"}


def test_prices_that_changed_since_are_told_from_slips_without_the_earlier_masters() -> None:
    new = company(prices=DEARER["prices"])
    check = checked(order(company()), new, revision=2)
    assert check.verdict == "price_changed"
    assert [one.code for one in check.issues] == ["price_changed", "price_changed"]
    slip = changed(order(company()), 0, line_amount=29_000)
    check = checked(slip, new, revision=2)
    assert check.verdict == "calc_mismatch"
    assert ("calc_mismatch", "reject", "/lines/0/line_amount") in told(check)


def test_an_order_that_names_no_revision_may_be_of_an_older_one() -> None:
    row = order(company()) | {"pricing_rev": None}
    assert checked(row, company(prices=DEARER["prices"])).verdict == "price_changed"


def test_a_price_that_has_just_changed_is_taken_as_it_was() -> None:
    made = terms(branch={"price_grace_hours": 24})
    new = company(prices=DEARER["prices"])
    row = order(company())
    young = checked(row, new, made, revision=2, age_ms=24 * 3_600_000 - 1)
    assert {(one.code, one.severity) for one in young.issues} == {("price_changed", "warn")}
    old = checked(row, new, made, revision=2, age_ms=24 * 3_600_000)
    assert {one.severity for one in old.issues} == {"hold"}
    assert young.verdict == old.verdict == "price_changed"


def test_a_price_that_was_taken_out_since_has_changed() -> None:
    new = company()
    new["prices"] = [one for one in new["prices"] if one["product_id"] != "jam"]
    check = checked(order(company()), new, revision=2)
    assert told(check) == [
        ("price_changed", "hold", "/lines/0/list_price"),
        ("price_changed", "hold", "/lines/2/list_price"),
    ]
    assert told(checked(order(company()), new))[0] == (
        "price_missing",
        "reject",
        "/lines/0/list_price",
    )


def test_another_list_than_the_customers() -> None:
    check = checked(order(company(), terms("vip")), company())
    assert told(check) == [("price_list_wrong", "reject", "/price_list_id")]
    assert check.issues[0].text == "The price list should be RETAIL, not VIP."


@pytest.mark.parametrize(
    ("promoted", "text"),
    [
        ({"valid_to": "2026-11-23"}, "promotion P1 is not valid"),
        ({"audience": {"segments": ["kiosk"]}}, "promotion P1 is not valid"),
        ({"products": {"exclude": [{"kind": "product", "id": "jam"}]}}, "promotion P1"),
    ],
)
def test_a_promotion_that_is_not_for_this_day_customer_or_product(
    promoted: Record, text: str
) -> None:
    made = promotion("line_percent", tier(0, 500))
    row = order(company(promotions=[made]), lines=LINES[:1])
    check = checked(row, company(promotions=[made | promoted]))
    assert told(check)[0] == ("discount_expired", "hold", "/lines/0/discounts")
    assert text in check.issues[0].text


def test_an_individual_discount_that_is_over() -> None:
    discount = {
        "id": "d",
        "subject_kind": "party",
        "subject_id": "party",
        "object_kind": "all",
        "percent_bp": 500,
        "valid_from": "2026-01-01",
    }
    row = order(company(customer_discounts=[discount]), lines=LINES[:1])
    for over in ({"valid_to": "2026-11-23"}, {"subject_id": "another"}):
        check = checked(row, company(customer_discounts=[discount | over]))
        assert told(check) == [("discount_expired", "hold", "/lines/0/discounts")]
    on_tea = discount | {"object_kind": "product", "object_id": "tea"}
    check = checked(row, company(customer_discounts=[on_tea]))
    assert told(check) == [("discount_expired", "hold", "/lines/0/discounts")]


def test_a_slip_is_not_hidden_by_a_promotion_that_is_over() -> None:
    made = promotion("line_percent", tier(0, 500))
    row = changed(order(company(promotions=[made]), lines=LINES[:1]), 0, tax_amount=1)
    check = checked(row, company(promotions=[made | {"valid_to": "2026-11-23"}]))
    assert told(check)[:2] == [
        ("discount_expired", "hold", "/lines/0/discounts"),
        ("calc_mismatch", "reject", "/lines/0/tax_amount"),
    ]


def test_a_claimed_promotion_that_is_over() -> None:
    made = promotion("points", tier(0, 5))
    row = order(company(promotions=[made])) | {"promo_ids": ["p1", "unknown"]}
    check = checked(row, company(promotions=[made | {"valid_to": "2026-11-23"}]))
    assert told(check) == [("discount_expired", "hold", "/promo_ids/0")]


def test_gifts_beyond_a_limit_ask_for_approval() -> None:
    made = promotion("free_goods_exclusive", tier(1_000, gift_qty=1_000))
    row = order(company(promotions=[made]), lines=LINES[:1])
    for limit in (2_000, 0):
        check = checked(row, company(promotions=[made | {"max_per_outlet": limit}]))
        assert [(one.code, one.severity) for one in check.issues] == [("promo_budget", "hold")]
    check = checked(row, company(promotions=[made | {"valid_to": "2026-11-23"}]))
    assert [one.code for one in check.issues] == ["discount_expired"]
    check = checked(row, company())
    assert [one.code for one in check.issues] == ["calc_mismatch"]


def test_a_gift_that_is_missing() -> None:
    made = company(promotions=[promotion("free_goods_exclusive", tier(1_000, gift_qty=500))])
    row = order(made, lines=LINES[:1])
    row["lines"] = row["lines"][:1]
    check = checked(row, made)
    assert ("/lines", "p1", None) in [
        (one.pointer, one.expected, one.got) for one in check.differences
    ]
    assert check.issues[0].text == ("The gift is not there; it should be the gift of promotion P1.")


def test_gifts_out_of_what_was_ordered_are_put_back_into_their_line() -> None:
    made = company(promotions=[promotion("free_goods_inclusive", tier(11_000, gift_qty=1_000))])
    lines = [line(1, 5_000), line(2, 22_000), line(3, 11_000), line(4, 22_000)]
    row = order(made, lines=lines)
    assert [one["qty"] for one in row["lines"]] == [
        5_000, 20_000, 10_000, 20_000, 2_000, 1_000, 2_000,
    ]  # fmt: skip
    assert checked(row, made).verdict == "ok"
    row["lines"].reverse()
    assert checked(row, made).verdict == "ok"
    for one in row["lines"]:
        one.pop("gift_of_line_no", None)
    assert checked(row, made).verdict == "ok"
    row["lines"].reverse()
    greedy = changed(row, 4, qty=3_000)
    check = checked(greedy, made)
    assert check.verdict == "calc_mismatch"
    assert {one.field for one in check.differences} >= {"qty"}


def test_a_gift_that_names_its_line_is_put_back_there() -> None:
    """Ten of the first line and ten of the second are paid; one is free, and eleven are cheaper."""
    made = company(
        promotions=[promotion("free_goods_inclusive", tier(11_000, gift_qty=1_000))],
        prices=[price("retail", "jam", "jar", 900_000, min_qty=11_000)],
    )
    row = order(made, lines=[line(1, 10_000), line(2, 11_000)])
    assert checked(row, made).verdict == "ok"
    row["lines"][2].pop("gift_of_line_no")
    assert checked(row, made).verdict == "calc_mismatch"


def test_what_pricing_finds_points_into_the_document_that_was_sent() -> None:
    made = company(promotions=[promotion("free_goods_exclusive", tier(1_000, gift_qty=500))])
    row = order(made, lines=[line(1, 1_000), line(2, 2_000, manual_bp=100)])
    row["lines"].reverse()
    check = checked(row, made)
    assert told(check) == [("discount_over_limit", "hold", "/lines/2/discounts")]
    assert row["lines"][2]["line_no"] == 2


def test_an_unknown_product_is_told_once() -> None:
    row = changed(order(company(), lines=LINES[:2]), 0, product_id="gold")
    check = checked(row, company())
    assert told(check) == [("ref_unknown", "reject", "/lines/0/product_id")]


def test_a_document_that_is_no_document_is_refused_with_the_path() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"lines\[0\].qty"):
        read_document(changed(order(company()), 0, qty="3"))
