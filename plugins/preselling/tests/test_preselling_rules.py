from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import Row
from appliance_preselling import totals
from appliance_preselling.checks import changed_fields
from appliance_preselling.findings import MOST, issue, told

MakeLine = Callable[..., dict[str, Any]]


def codes(issues: Any) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in issues]


def differences(stated: Row, lines: list[Row]) -> Any:
    return totals.differences(stated, lines, totals.of({"totals": stated, "lines": lines}))


def test_good_totals_pass(order: Row) -> None:
    assert codes(differences(order["totals"], order["lines"])) == []
    assert codes(differences({}, order["lines"])) == []


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
    assert codes(differences({**order["totals"], **change}, order["lines"])) == expected


def test_a_discount_of_line_and_document_counts(make_line: MakeLine) -> None:
    one = make_line(1, line_amount=2_703, doc_discount=100, total=2_603, tax_amount=434)
    right = {"gross": 3_003, "discount": 400, "net": 2_169, "payable": 2_603}
    assert codes(differences(right, [one])) == []


def test_a_mismatch_says_both_amounts(order: Row) -> None:
    (found,) = differences({"payable": 123_456}, order["lines"])
    text = found.said("en").text
    assert text == "The total “to pay” is 1 234.56, but the lines add up to 60.06."


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
    assert codes(differences(right, lines)) == []
    assert codes(differences({**right, "payable": net + tax + 1}, lines)) == [
        ("calc_mismatch", "/totals/payable")
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


def test_of_too_many_findings_the_weightiest_are_told() -> None:
    few = [issue("qty_not_positive", line_no=n) for n in range(MOST)]
    assert told(few) == few
    warnings = [issue("issues_more", count=n) for n in range(MOST)]
    found = told([*warnings, issue("approval_required"), issue("uom_wrong", line_no=1)])
    assert [one.code for one in found[:3]] == ["uom_wrong", "approval_required", "issues_more"]
    assert len(found) == MOST
    assert found[-1].values == {"count": 3}
