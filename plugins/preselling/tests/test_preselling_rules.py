from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import Row
from appliance_preselling import totals
from appliance_preselling.checks import changed_fields, check_lines
from appliance_preselling.texts import ENGLISH, issue

MakeLine = Callable[..., dict[str, Any]]


def codes(issues: Any) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in issues]


def test_good_totals_pass(order: Row) -> None:
    assert codes(totals.check(order["totals"], order["lines"])) == []
    assert codes(totals.check({}, order["lines"])) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"gross": 6_005}, [("calc_mismatch", "/totals/gross")]),
        ({"discount": 1}, [("calc_mismatch", "/totals/discount")]),
        ({"net": 6_006}, [("calc_mismatch", "/totals/net")]),
        ({"payable": 6_000}, [("calc_mismatch", "/totals/payable")]),
        ({"payable": 6_000, "rounding": -6}, []),
        ({"weight_g": -1}, [("total_negative", "/totals/weight_g")]),
        ({"tax": []}, [("calc_mismatch", "/totals/tax")]),
        (
            {"tax": [{"tax_category": "vat20", "rate_bp": 2_000, "tax_amount": 1_001}]},
            [("calc_mismatch", "/totals/tax/0/tax_amount")],
        ),
        (
            {"tax": [{"tax_category": "vat20", "rate_bp": 1_000, "tax_amount": 1_002}]},
            [("calc_mismatch", "/totals/tax/0/tax_amount"), ("calc_mismatch", "/totals/tax")],
        ),
    ],
)
def test_wrong_totals(order: Row, change: Row, expected: list[tuple[str, str]]) -> None:
    assert codes(totals.check({**order["totals"], **change}, order["lines"])) == expected


def test_a_discount_of_line_and_document_counts(make_line: MakeLine) -> None:
    one = make_line(1, line_amount=2_703, doc_discount=100, total=2_603, tax_amount=434)
    right = {"gross": 3_003, "discount": 400, "net": 2_169, "payable": 2_603}
    assert codes(totals.check(right, [one])) == []


def test_a_mismatch_says_both_amounts(order: Row) -> None:
    (found,) = totals.check({"payable": 123_456}, order["lines"])
    assert found.text == "The total payable is 1 234.56, but the lines add up to 60.06."


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**9)), max_size=20))
def test_sums_of_any_lines_agree(amounts: list[tuple[int, int]]) -> None:
    lines = [
        {
            "gross_amount": total,
            "line_amount": total,
            "tax_category": "a",
            "rate_bp": 0,
            "tax_amount": tax,
            "total": total + tax,
        }
        for total, tax in amounts
    ]
    net, tax = sum(a for a, _ in amounts), sum(t for _, t in amounts)
    right = {"gross": net, "discount": 0, "net": net, "payable": net + tax}
    right["tax"] = [{"tax_category": "a", "rate_bp": 0, "tax_amount": tax}]  # type: ignore[assignment]
    assert codes(totals.check(right, lines)) == []
    assert codes(totals.check({**right, "payable": net + tax + 1}, lines)) == [
        ("calc_mismatch", "/totals/payable")
    ]


def test_lines(make_line: MakeLine) -> None:
    good = [make_line(1), make_line(2)]
    assert codes(check_lines(good, 2, draft=False)) == []
    assert codes(check_lines(good, 1, draft=False)) == [("lines_too_many", "/lines")]
    assert codes(check_lines([], 9, draft=False)) == [("lines_missing", "/lines")]
    assert codes(check_lines([], 9, draft=True)) == []
    bad = [make_line(1), make_line(1, qty=0), make_line(2, qty=-1)]
    assert codes(check_lines(bad, 9, draft=False)) == [
        ("line_no_repeated", "/lines/1/line_no"),
        ("qty_not_positive", "/lines/1/qty"),
        ("qty_not_positive", "/lines/2/qty"),
    ]


def test_what_counts_as_a_change(order: Row) -> None:
    assert changed_fields(order, order) == []
    free = {**order, "state": "held", "revision": 9, "comment": "x", "received_at": 1, "geo": None}
    assert changed_fields(free, order) == []
    assert changed_fields({**order, "currency": "USD"}, order) == ["currency"]
    assert changed_fields({k: v for k, v in order.items() if k != "number"}, order) == ["number"]
    shipped = {**order, "lines": [{**line, "shipped_qty": 1} for line in order["lines"]]}
    assert changed_fields(shipped, order) == ["lines"]
    assert changed_fields(shipped, order, shipment=True) == []
    cut = {**order, "lines": order["lines"][:1]}
    assert changed_fields(cut, order, shipment=True) == ["lines"]


def test_an_issue_has_the_words_of_its_code() -> None:
    made = issue("ref_unknown", "reject", "/x", variant="line", what="unit", line_no=3)
    assert (made.code, made.text) == ("ref_unknown", "Line 3: the unit is not known here.")
    for words in ENGLISH.values():
        assert words.endswith(".")
        assert words[0].isupper()
