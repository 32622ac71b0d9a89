from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from appliance.api import Row
from appliance_preselling.plugin import plugin


def test_a_good_order_is_accepted_at_once(desk: Any, order: Row) -> None:
    effect = desk.send(order)
    assert effect.issues == ()
    assert desk.stored["state"] == "accepted"
    assert desk.stored["org_id"] == "north"
    assert desk.stored["received_at"] == desk.stored["state_at"] == desk.received_at
    assert {name: desk.stored[name] for name in order if name != "state"} == {
        name: value for name, value in order.items() if name != "state"
    }


def test_a_draft_stays_a_draft_and_keeps_its_revision(desk: Any, order: Row) -> None:
    desk.send({**order, "state": "draft", "lines": [], "totals": None})
    desk.move("draft", lines=order["lines"])
    assert (desk.stored["state"], desk.stored["revision"]) == ("draft", 1)
    assert desk.move("submitted")["state"] == "accepted"
    assert desk.stored["revision"] == 1


def test_what_a_device_claims_for_the_appliance_is_not_looked_at(desk: Any, order: Row) -> None:
    desk.send({**order, "approved_by": "anna", "received_at": 1, "issues": [], "state_at": 1})
    assert not {"approved_by", "issues"} & desk.stored.keys()
    assert desk.stored["received_at"] == desk.stored["state_at"] == desk.received_at


def test_without_auto_accept_a_supervisor_decides(
    make_desk: Callable[..., Any], order: Row
) -> None:
    desk = make_desk(auto_accept=False)
    effect = desk.send(order)
    assert [(one.code, one.severity) for one in effect.issues] == [("approval_required", "hold")]
    assert desk.stored["state"] == "held"
    assert desk.stored["issues"][0]["code"] == "approval_required"
    accepted = {**desk.stored, "state": "accepted"}
    (refused,) = desk.check(accepted)
    assert refused.text == (
        "The order is in the state “held for approval”; only these may make it “accepted”:"
        " supervisor, manager."
    )
    row = desk.move("accepted", "sven", "supervisor")
    assert (row["approved_by"], row["approved_at"]) == ("sven", desk.received_at)
    assert row["user_id"] == "anna"


def test_an_order_over_its_makers_limit_is_held(desk: Any, order: Row) -> None:
    order["user_id"] = "boris"
    assert desk.send(order, "boris").issues == ()
    desk.context.delete("orders", "order-1")
    order["totals"] = {"payable": 12_012}
    order["lines"] = [{**line, "total": 6_006} for line in order["lines"]]
    (held,) = desk.send(order, "boris").issues
    assert (held.code, held.severity, held.pointer) == (
        "order_over_limit",
        "hold",
        "/totals/payable",
    )
    assert "100.00" in held.text
    assert desk.stored["state"] == "held"


def test_the_whole_way(desk: Any, order: Row) -> None:
    desk.send(order)
    changed = [{**order["lines"][0]}]
    desk.move("awaiting_confirmation", "olga", "accounting", lines=changed, totals=None)
    assert (desk.stored["revision"], desk.stored["parent_revision"]) == (2, 1)
    stale = {**desk.stored, "state": "confirmed", "revision": 1}
    assert desk.codes(stale, "kim", "client") == [("revision_stale", "/revision")]
    desk.move("confirmed", "kim", "client")
    part = [{**changed[0], "shipped_qty": 1_000, "status": "open"}]
    desk.move("partially_shipped", "olga", "accounting", lines=part)
    done = [{**changed[0], "shipped_qty": 3_000, "status": "shipped"}]
    desk.move("shipped", "olga", "accounting", lines=done)
    desk.move("completed", "olga", "accounting")
    assert (desk.stored["state"], desk.stored["revision"]) == ("completed", 2)
    (ended,) = desk.check({**desk.stored, "state": "cancelled"}, "olga", "accounting")
    assert ended.text == "The order is in the state “completed” and stays so; make a new one."


def test_a_client_changes_lines_and_submits_again(desk: Any, order: Row) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "mia", "manager")
    assert desk.stored["revision"] == 1, "nothing changed"
    row = desk.move("submitted", "kim", "client", lines=order["lines"][:1], totals=None)
    assert (row["state"], row["revision"]) == ("accepted", 2)


def test_an_order_that_needs_the_customer_is_not_confirmed_past_him(desk: Any, order: Row) -> None:
    desk.send({**order, "client_confirm_required": True})
    assert desk.codes({**desk.stored, "state": "confirmed"}, "mia", "manager") == [
        ("state_transition", "/state")
    ]
    desk.move("awaiting_confirmation", "mia", "manager")
    desk.move("confirmed", "anna", "agent")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"state": "accepted"}, [("state_transition", "/state")]),
        ({"state": "held"}, [("state_transition", "/state")]),
        ({"revision": 2}, [("revision_unknown", "/revision")]),
        ({"user_id": "boris"}, [("user_wrong", "/user_id")]),
        ({"lines": [], "totals": None}, [("lines_missing", "/lines")]),
        ({"outlet_id": "no"}, [("ref_unknown", "/outlet_id")]),
        ({"party_id": "no"}, [("ref_unknown", "/party_id")]),
        ({"payer_party_id": "no"}, [("ref_unknown", "/payer_party_id")]),
        ({"price_list_id": "no"}, [("ref_unknown", "/price_list_id")]),
        ({"warehouse_id": "no"}, [("ref_unknown", "/warehouse_id")]),
    ],
)
def test_what_is_wrong_with_a_new_order(
    desk: Any, order: Row, change: Row, expected: list[tuple[str, str]]
) -> None:
    assert desk.codes({**order, **change}) == expected
    assert all(issue.severity == "reject" for issue in desk.check({**order, **change}))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"product_id": "no"}, [("ref_unknown", "product_id"), ("uom_wrong", "uom_id")]),
        (
            {"product_id": "no", "uom_id": "no"},
            [("ref_unknown", "product_id"), ("ref_unknown", "uom_id")],
        ),
        ({"uom_id": "no"}, [("ref_unknown", "uom_id")]),
        ({"uom_id": "tea-pce"}, [("uom_wrong", "uom_id")]),
        (
            {"product_id": "old", "uom_id": "old-pce"},
            [("product_inactive", "product_id")],
        ),
        ({"line_no": 1}, [("line_no_repeated", "line_no")]),
        ({"qty": -5}, [("qty_not_positive", "qty")]),
    ],
)
def test_what_is_wrong_with_a_line(
    desk: Any, order: Row, change: Row, expected: list[tuple[str, str]]
) -> None:
    order["lines"][1].update(change)
    assert desk.codes(order) == [(code, f"/lines/1/{name}") for code, name in expected]


def test_all_that_is_wrong_is_told_at_once(desk: Any, order: Row) -> None:
    order["outlet_id"] = "no"
    order["lines"][0]["qty"] = 0
    order["totals"]["gross"] = 1
    assert {code for code, _ in desk.codes(order)} == {
        "ref_unknown",
        "qty_not_positive",
        "calc_mismatch",
    }


def test_too_many_lines(make_desk: Callable[..., Any], order: Row) -> None:
    assert make_desk(max_lines=1).codes(order) == [("lines_too_many", "/lines")]


def test_a_reference_that_was_right_once_was_deleted(desk: Any, order: Row) -> None:
    desk.send({**order, "state": "draft"})
    desk.context.delete("products", "jam")
    desk.context.delete("warehouses", "w1")
    assert desk.codes({**desk.stored, "state": "submitted"}) == [
        ("ref_deleted", "/warehouse_id"),
        ("ref_deleted", "/lines/1/product_id"),
    ]


def test_a_product_that_went_out_of_sale_stops_no_order_on_its_way(desk: Any, order: Row) -> None:
    desk.send({**order, "state": "draft"})
    desk.context.put("products", "jam", {"code": "J", "active": False})
    desk.move("submitted")


def test_giving_up_an_order_needs_no_mending(make_desk: Callable[..., Any], order: Row) -> None:
    desk = make_desk(auto_accept=False)
    desk.send(order)
    desk.context.delete("products", "jam")
    desk.move("cancelled")


def test_the_content_cannot_change_on_the_way(desk: Any, order: Row) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "mia", "manager")
    sly = {**desk.stored, "state": "confirmed", "lines": order["lines"][:1]}
    (refused,) = desk.check(sly, "anna", "agent")
    assert (refused.code, refused.pointer) == ("state_transition", "/lines")
    desk.move("confirmed", "anna", "agent")
    dearer = [{**line, "total": line["total"] + 1} for line in order["lines"]]
    shipped = {**desk.stored, "state": "shipped", "lines": dearer}
    assert desk.codes(shipped, "olga", "accounting") == [("state_transition", "/lines")]


def test_nobody_takes_over_an_order(desk: Any, order: Row) -> None:
    desk.send({**order, "state": "draft"})
    assert desk.codes({**desk.stored, "user_id": "boris"}, "anna") == [("user_wrong", "/user_id")]
    assert desk.codes({**desk.stored, "comment": "mine"}, "boris") == [
        ("state_transition", "/state")
    ]


def test_mutations_of_other_collections_are_none_of_its_business(desk: Any, order: Row) -> None:
    other = msgspec.structs.replace(desk.mutation(order), collection="visits")
    assert plugin.apply_mutation(other, None, (), desk.context) is None


def test_two_questions_to_the_store_however_many_lines(
    desk: Any, order: Row, make_line: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    context = desk.context
    for name in ("select", "get", "missing", "search"):
        ask = getattr(context, name)
        monkeypatch.setattr(
            context, name, lambda *a, n=name, ask=ask: (asked.append(n), ask(*a))[1]
        )
    order["lines"] = [make_line(n + 1) for n in range(300)]
    order["totals"] = None
    start = time.perf_counter()
    assert desk.post(order).issues == ()
    assert time.perf_counter() - start < 1
    # The rules ask for the header and the lines, and for the unit above the branch; the desk for
    # the sender and the stored order; reservations for what is reserved, and for the units, once.
    assert (asked.count("select"), asked.count("get")) == (2 + 2, 2 + 1)
    asked.clear()
    assert desk.post(order).issues == ()
    # What was to be reserved was not stored.
    assert (asked.count("select"), asked.count("get")) == (2, 2 + 1)


def test_an_order_with_something_wrong_in_every_line_is_refused_as_any(
    desk: Any, order: Row, make_line: Callable[..., Any]
) -> None:
    order["lines"] = [make_line(1, "no", qty=0) for _ in range(350)]
    order["totals"] = None
    issues = desk.post(order).issues
    assert len(issues) == 100
    assert {issue.severity for issue in issues[:-1]} == {"reject"}
    assert issues[-1].code == "issues_more"


def test_amounts_beyond_every_record_are_refused(desk: Any, order: Row) -> None:
    order["totals"] = None
    for line in order["lines"]:
        line["total"] = 2**53 - 1
    assert desk.codes(order) == [("total_too_large", "/lines"), ("total_too_large", "/lines")]


def test_an_order_without_totals_gets_those_of_its_lines(desk: Any, order: Row) -> None:
    expected = {name: order["totals"][name] for name in ("gross", "discount", "net", "payable")}
    del order["totals"]
    effect = desk.send(order)
    assert effect.row["totals"] == expected


def test_a_total_that_was_left_out_is_filled_in(desk: Any, order: Row) -> None:
    payable = order["totals"].pop("payable")
    assert desk.send(order).row["totals"]["payable"] == payable
