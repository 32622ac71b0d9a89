"""Return requests: why goods come back, whether they were sold, and their own way to the end."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from preselling_branch import Branch

from appliance.api import Row
from appliance_preselling.states import RETURN

# The desk stands on 2025-06-15.


@pytest.fixture
def make_returning(make_desk: Any) -> Any:
    """Make desks that know reasons, and where tea was sold lately, at 10.01 a piece."""

    def make(**settings: Any) -> Any:
        desk = make_desk(**settings)
        reasons = {
            "broken": {"kind": "return", "text": "Broken"},
            "other": {"kind": "return", "text": "Other", "needs_text": True},
            "seen": {"kind": "return", "text": "Expired", "needs_photo": True},
            "old": {"kind": "return", "text": "Old", "active": False},
            "closed": {"kind": "no_visit", "text": "Closed"},
        }
        for reason, row in reasons.items():
            desk.context.put("reason_codes", reason, row)
        for month, shipped, returned, date in (
            ("2025-05", 6_000, 1_000, "2025-05-20"),
            ("2025-06", 2_000, None, "2025-06-02"),
        ):
            sold = {"outlet_id": "o1", "product_id": "tea", "month": month, "returned": returned}
            bought = {"shipped": shipped, "last_date": date, "last_price": 100_100}
            desk.context.put("sales_history", month, {**sold, **bought})
        return desk

    return make


@pytest.fixture
def desk(make_returning: Any) -> Any:
    """Stand at a desk that approves what no rule holds."""
    return make_returning(auto_approve_returns=True)


@pytest.fixture
def request_(order: Row) -> Row:
    """Return a request to take back three pieces of tea."""
    lines = [{**order["lines"][0], "reason_id": "broken"}]
    return {**order, "order_kind": RETURN, "lines": lines, "totals": None}


def found(desk: Any, row: Row, **line: Any) -> list[tuple[str, str, str]]:
    row = copy.deepcopy(row)
    row["lines"][0] |= line
    issues = desk.post(row).issues
    return [(issue.code, issue.severity, issue.pointer) for issue in issues]


def test_what_was_sold_comes_back_at_once_where_the_setting_says_so(
    desk: Any, request_: Row
) -> None:
    effect = desk.send(request_)
    assert effect.issues == ()
    assert (desk.stored["state"], "approved_by" in desk.stored) == ("approved", False)


def test_otherwise_every_request_waits(make_returning: Any, request_: Row) -> None:
    strict = make_returning()
    effect = strict.send(request_)
    assert [(one.code, one.severity) for one in effect.issues] == [("approval_required", "hold")]
    assert effect.issues[0].text == "Every return request waits for approval here."
    assert strict.stored["state"] == "submitted"
    row = strict.move("approved", "sven", "supervisor")
    assert (row["approved_by"], row["approved_revision"]) == ("sven", 1)


def test_the_whole_way(desk: Any, request_: Row) -> None:
    desk.send(request_)
    collected = [{**desk.stored["lines"][0], "shipped_qty": 2_000, "status": "changed"}]
    desk.move("collected", "dan", "driver", lines=collected)
    assert desk.stored["lines"][0]["shipped_qty"] == 2_000
    other = [{**collected[0], "reason_id": "other"}]
    assert desk.codes({**desk.stored, "state": "credited", "lines": other}, "olga", "accounting")
    desk.move("credited", "olga", "accounting")
    assert desk.stored["revision"] == 1


def test_the_reason_is_not_changed_on_collection(desk: Any, request_: Row) -> None:
    desk.send(request_)
    other = [{**desk.stored["lines"][0], "reason_id": "seen"}]
    sly = {**desk.stored, "state": "collected", "lines": other}
    assert desk.codes(sly, "dan", "driver") == [("state_transition", "/lines")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"reason_id": None}, [("reason_missing", "reject", "/lines/0/reason_id")]),
        ({"reason_id": "nothing"}, [("reason_unknown", "reject", "/lines/0/reason_id")]),
        ({"reason_id": "closed"}, [("reason_unknown", "reject", "/lines/0/reason_id")]),
        ({"reason_id": "old"}, [("reason_unknown", "reject", "/lines/0/reason_id")]),
        ({"reason_id": "other"}, [("reason_text_missing", "reject", "/lines/0/comment")]),
        (
            {"reason_id": "other", "comment": " "},
            [("reason_text_missing", "reject", "/lines/0/comment")],
        ),
        ({"reason_id": "other", "comment": "smells"}, []),
        ({"reason_id": "seen"}, [("photo_missing", "warn", "/lines")]),
    ],
)
def test_every_line_has_its_reason(
    desk: Any, request_: Row, line: Row, expected: list[Any]
) -> None:
    assert found(desk, request_, **line) == expected


def test_a_photo_of_the_request_is_enough(desk: Any, request_: Row) -> None:
    desk.context.put("attachments", "a1", {"ref_type": "orders", "ref_id": "order-1"})
    assert found(desk, request_, reason_id="seen") == []


def test_a_draft_needs_no_reason_yet(desk: Any, request_: Row) -> None:
    assert found(desk, {**request_, "state": "draft"}, reason_id=None) == []


# --- without the order that the goods came with ---------------------------------------------------


def test_what_was_never_sold_waits(desk: Any, request_: Row) -> None:
    jam = {"product_id": "jam", "uom_id": "jam-pce"}
    assert found(desk, request_, **jam) == [("return_without_sale", "hold", "/lines/0/product_id")]


def test_more_than_was_sold_waits(desk: Any, request_: Row) -> None:
    assert found(desk, request_, qty=7_000) == []
    assert found(desk, request_, qty=7_001) == [("return_qty_over", "hold", "/lines/0/qty")]


def test_lines_of_one_product_count_together(desk: Any, request_: Row) -> None:
    line = request_["lines"][0]
    request_["lines"] = [{**line, "qty": 4_000}, {**line, "line_no": 2, "qty": 4_000}]
    assert found(desk, request_) == [("return_qty_over", "hold", "/lines/0/qty")]
    issues = desk.post(request_).issues
    assert issues[0].text == (
        "Line 1: more comes back than was sold and is left: 7 (in the base unit)."
    )


def test_a_higher_price_waits(desk: Any, request_: Row) -> None:
    assert found(desk, request_, net_price=100_101) == [
        ("return_price_over", "hold", "/lines/0/net_price")
    ]


def test_units_are_compared_in_base_units(desk: Any, request_: Row) -> None:
    box = {"product_id": "tea", "uom_code": "CT", "name": "box", "factor_num": 6, "factor_den": 1}
    desk.context.put("product_uoms", "tea-box", box)
    one = {"uom_id": "tea-box", "qty": 1_000, "net_price": 600_600}
    assert found(desk, request_, **one) == []
    assert found(desk, request_, **one | {"qty": 1_200}) == [
        ("return_qty_over", "hold", "/lines/0/qty")
    ]
    assert found(desk, request_, **one | {"net_price": 600_601}) == [
        ("return_price_over", "hold", "/lines/0/net_price")
    ]


def test_what_was_sold_long_ago_waits(make_returning: Any, desk: Any, request_: Row) -> None:
    desk.context.now_ms += 17 * 86_400_000  # 2025-07-02: 30 days after the last delivery
    assert found(desk, request_) == []
    desk.context.now_ms += 86_400_000
    assert found(desk, request_) == [("return_period", "hold", "/lines/0/product_id")]
    patient = make_returning(auto_approve_returns=True, return_days=0)
    patient.context.now_ms = desk.context.now_ms
    assert found(patient, request_) == []


# --- of an order ----------------------------------------------------------------------------------


@pytest.fixture
def source(desk: Any, order: Row) -> Row:
    """Return an order of ten pieces of tea and three of jam that was shipped, but for a tea."""
    first, second = order["lines"]
    row: Row = {**copy.deepcopy(order), "state": "shipped", "requested_date": "2025-06-10"}
    row["lines"] = [{**first, "qty": 10_000, "shipped_qty": 9_000}, {**second, "shipped_qty": None}]
    desk.context.put("orders", "source", row)
    return row


def test_what_the_order_brought_may_come_back(desk: Any, request_: Row, source: Row) -> None:
    request_["source_order_id"] = "source"
    assert found(desk, request_, qty=9_000) == []
    assert found(desk, request_, qty=9_001) == [("return_qty_over", "hold", "/lines/0/qty")]
    jam = {"product_id": "jam", "uom_id": "jam-pce"}
    assert found(desk, request_, **jam) == []
    assert found(desk, request_, net_price=100_101) == [
        ("return_price_over", "hold", "/lines/0/net_price")
    ]


def test_what_was_cut_never_came(desk: Any, request_: Row, source: Row) -> None:
    source["lines"][1]["status"] = "cut"
    desk.context.put("orders", "source", source)
    jam = {"product_id": "jam", "uom_id": "jam-pce", "qty": 1}
    assert found(desk, {**request_, "source_order_id": "source"}, **jam) == [
        ("return_qty_over", "hold", "/lines/0/qty")
    ]


def test_what_another_request_asks_for_is_not_there_any_more(
    desk: Any, request_: Row, source: Row
) -> None:
    request_["source_order_id"] = "source"
    other = copy.deepcopy({**request_, "state": "approved"})
    other["lines"][0]["qty"] = 5_000
    desk.context.put("orders", "other", other)
    assert found(desk, request_, qty=4_000) == []
    assert found(desk, request_, qty=5_000) == [("return_qty_over", "hold", "/lines/0/qty")]
    desk.context.put("orders", "other", {**other, "state": "refused"})
    assert found(desk, request_, qty=9_000) == []


@pytest.mark.parametrize(
    "changes",
    [{"state": "accepted"}, {"outlet_id": "o2"}, {"order_kind": RETURN}, None],
)
def test_an_order_that_brought_nothing_here_is_no_sale(
    desk: Any, request_: Row, source: Row, changes: Row | None
) -> None:
    if changes is None:
        desk.context.delete("orders", "source")
    else:
        desk.context.put("orders", "source", {**source, **changes})
    assert found(desk, {**request_, "source_order_id": "source"}) == [
        ("return_without_sale", "hold", "/lines/0/product_id")
    ]


def test_goods_of_an_old_order_wait(desk: Any, request_: Row, source: Row) -> None:
    desk.context.put("orders", "source", {**source, "requested_date": "2025-05-15"})
    assert found(desk, {**request_, "source_order_id": "source"}) == [
        ("return_period", "hold", "/lines/0/product_id")
    ]


def test_goods_that_are_no_longer_sold_come_back(desk: Any, request_: Row) -> None:
    desk.context.put("products", "tea", {"code": "T", "active": False})
    assert found(desk, request_) == []


def test_a_unit_that_is_none_is_told_once(desk: Any, request_: Row) -> None:
    assert found(desk, request_, uom_id="no") == [("ref_unknown", "reject", "/lines/0/uom_id")]


def test_the_rules_of_a_sale_do_not_hold_what_comes_back(
    make_returning: Any, request_: Row
) -> None:
    """Stock, credit, dates of delivery: they are about goods that go out."""
    checks = {"check_stock": True, "check_credit": True, "check_prices": True}
    desk = make_returning(auto_approve_returns=True, **checks)
    late = {**request_, "requested_date": "2020-01-01", "payment_form": "bank"}
    assert found(desk, late) == []


def test_a_return_request_is_no_sale_in_reports(branch: Branch) -> None:
    reason = branch.box.store("reason_codes", {"kind": "return", "text": "Broken"})
    lines = [branch.line(1, reason_id=reason)]
    wanted = branch.order(order_kind=RETURN, lines=lines, totals=None)
    request_id, answer = branch.send("anna", wanted)
    assert (answer.outcome, answer.codes) == ("held", ["approval_required", "return_without_sale"])
    assert branch.stored(request_id)["state"] == "submitted"
    assert branch.box.report("preselling", "orders_by_day") == []
    device = branch.device("anna")
    assert branch.box.request(device, "preselling", "orders_summary").body["open"] == 0
    assert branch.act("sven", "approve", request_id).outcome == "applied"
    assert branch.stored(request_id)["state"] == "approved"
    assert branch.states(request_id) == ["submitted", "approved"]
