"""Orders that come back from accounting: states, shipments, changed lines."""

from __future__ import annotations

from typing import Any

import pytest
from preselling_branch import PHONE, Branch

from appliance.api import Row
from appliance_preselling.office_ways import reachable, way_to
from appliance_preselling.states import ORDERS, RETURN, RETURNS

pytestmark = pytest.mark.slow


def bring(branch: Branch, *rows: dict[str, Any]) -> None:
    """Import rows of orders; they are all taken, and a second time change nothing."""
    found = branch.box.import_rows("orders", rows)
    assert found.problems == ()
    assert found.created == 0
    assert branch.box.import_rows("orders", rows)[:4] == (0, 0, found[1] + found[2], ())


def refused(branch: Branch, *rows: dict[str, Any]) -> str:
    """Import rows that are refused, with nothing stored; return column and text."""
    before = branch.box.records("orders")
    ((_, column, text),) = branch.box.import_rows("orders", rows).problems
    assert branch.box.records("orders") == before
    return f"{column}: {text}"


@pytest.fixture
def order_id(branch: Branch) -> str:
    """An order that was accepted: three pieces of tea and of jam."""
    made, answer = branch.send("anna", branch.order())
    assert answer.outcome == "applied"
    return made


def order(branch: Branch, order_id: str) -> Row:
    return branch.box.records("orders")[order_id]


def test_accounting_moves_an_order_by_its_number(branch: Branch, order_id: str) -> None:
    bring(branch, {"order": "A-1", "state": "Подтверждён", "accounting_number": "1C-77"})
    assert order(branch, order_id)["state"] == "confirmed"
    assert order(branch, order_id)["server_number"] == "1C-77"
    told = branch.device("anna").rows["doc_states"].values()
    assert [one.get("server_number") for one in told if one["state"] == "confirmed"] == ["1C-77"]
    bring(branch, {"order": "1C-77", "state": "completed", "comment": "Thank you"})
    done = order(branch, order_id)
    assert (done["state"], done["state_comment"]) == ("completed", "Thank you")
    assert [(line["status"], line["shipped_qty"]) for line in done["lines"]] != []
    assert branch.device("anna").rows["orders"][order_id]["state"] == "completed"


def test_what_was_shipped_says_how_far_an_order_is(branch: Branch, order_id: str) -> None:
    bring(branch, {"order": order_id, "state": "confirmed"})
    bring(
        branch,
        {"order": order_id, "product": "T", "shipped": 3_000},
        {"order": order_id, "product": "J", "shipped": 1_000},
    )
    row = order(branch, order_id)
    assert row["state"] == "partially_shipped"
    assert [line["status"] for line in row["lines"]] == ["shipped", "changed"]
    branch.box.store("reason_codes", {"code": "out", "kind": "discrepancy", "text": "Out"})
    bring(branch, {"order": order_id, "line_no": 2, "shipped": 0, "line_reason": "out"})
    row = order(branch, order_id)
    assert (row["state"], row["lines"][1]["status"]) == ("shipped", "cut")
    assert row["lines"][1]["reason_id"] in branch.box.records("reason_codes")
    assert row["revision"] == 1


def test_shipped_without_quantities_is_shipped_whole(branch: Branch, order_id: str) -> None:
    bring(branch, {"order": order_id, "state": "Отгружен", "line_no": 1, "shipped": 2_000})
    row = order(branch, order_id)
    assert [(line["status"], line["shipped_qty"]) for line in row["lines"]] == [
        ("changed", 2_000),
        ("shipped", 3_000),
    ]


def test_changed_lines_wait_for_the_customer_with_every_amount_worked_out(
    branch: Branch, order_id: str
) -> None:
    branch.box.import_rows(
        "products", [{"code": "H", "name": "Honey", "base_uom": "PCE", "vat": "20"}]
    )
    rows = (
        {"order": order_id, "line_no": 1, "product": "T", "qty": 2_000, "price": 90_000},
        {"order": order_id, "line_no": 2, "product": "J", "qty": 0},
        {"order": order_id, "line_no": 3, "product": "H", "qty": 1_000, "price": 50_000},
    )
    branch.box.now_ms += 1_000
    assert branch.box.import_rows("orders", rows).problems == ()
    row = order(branch, order_id)
    assert row["state"] == "awaiting_confirmation"
    tea, honey = row["lines"]
    assert (tea["net_price"], tea["line_amount"], tea["total"], tea["tax_amount"]) == (
        *(90_000, 1_800, 1_800),
        300,
    )
    assert (tea["list_price"], tea["gross_amount"]) == (100_100, 2_002)
    assert (honey["line_no"], honey["total"], honey["tax_amount"]) == (3, 500, 83)
    assert row["totals"] == {
        "gross": 2_502,
        "discount": 202,
        "net": 1_917,
        "payable": 2_300,
        "tax": [{"tax_category": "vat20", "rate_bp": 2_000, "taxable": 1_917, "tax_amount": 383}],
    }
    assert row["revision"] == 2
    (made,) = branch.box.records("order_revisions").values()
    assert [line["line_no"] for line in made["removed"]] == [2]
    assert [line["line_no"] for line in made["added"]] == [3]
    assert "author" not in made
    assert branch.states(order_id) == ["accepted", "awaiting_confirmation"]
    told = branch.device("anna").rows["notifications"].values()
    assert [one["kind"] for one in told] == ["orders.awaiting_confirmation"]
    confirmed = branch.act(PHONE, "confirm", order_id)
    assert confirmed.outcome == "applied"


def test_what_the_outbox_wrote_comes_back_unchanged(branch: Branch, order_id: str) -> None:
    rows = [
        {
            "order": order_id,
            "number": "A-1",
            "state": "accepted",
            "revision": 1,
            "requested_date": "2025-06-17",
            "line_no": line,
            "product": code,
            "unit": "PCE",
            "qty": 3_000,
            "price": 100_100,
            "shipped": None,
            "comment": None,
            "total": "30.03",
        }
        for line, code in ((1, "T"), (2, "J"))
    ]
    assert branch.box.import_rows("orders", rows)[:4] == (0, 0, 1, ())


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"order": "A-9"}], "there is no order A-9"),
        ([{"state": "credited"}], "cannot become credited; accounting may make it cancelled"),
        ([{"state": "held"}], "cannot become held"),
        ([{"state": "gone"}], "no state 'gone'; write one of"),
        ([{"state": "accepted", "revision": 2}], "this is revision 2, now it has 1"),
        ([{"line_no": 9}], "has no line 9"),
        ([{"line_no": 1, "product": "J"}], "line 1 of the order is T, not J"),
        ([{"line_no": 1, "unit": "BOX"}], "is in PCE"),
        ([{"product": "Z", "qty": 1, "price": 1}], "there is no product Z"),
        ([{"qty": 1}], "say of which line"),
        ([{"line_no": 1, "qty": -1}], "must not be negative"),
        ([{"line_no": 1, "shipped": 4_000}], "4 is more than the 3"),
        ([{"line_no": 1, "shipped": 1_000}], "accepted, it cannot be changed"),
        ([{"line_no": 1, "qty": 0}, {"line_no": 2, "qty": 0}], "cancel it instead"),
        ([{"line_no": 1, "qty": 1_000}, {"product": "T"}], "two rows are about line 1"),
        ([{"state": "confirmed"}, {"state": "shipped"}], "say both confirmed and shipped"),
        ([{"state": "confirmed", "line_no": 1, "qty": 1_000}], "(lines, totals) cannot change"),
        ([{"line_no": 1, "line_reason": "none"}], "there is no reason none"),
        ([{"requested_date": "2025-06-18", "state": "shipped"}], "(requested_date) cannot change"),
    ],
)
def test_what_accounting_may_not_do_is_refused_with_the_row(
    branch: Branch, order_id: str, rows: list[dict[str, Any]], words: str
) -> None:
    assert words in refused(branch, *({"order": order_id, **row} for row in rows))


def test_a_customer_who_confirms_himself_is_not_passed_over(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order(client_confirm_required=True))
    assert "confirm it himself" in refused(branch, {"order": order_id, "state": "shipped"})
    bring(branch, {"order": order_id, "state": "awaiting_confirmation"})
    assert "it cannot be changed; accounting may make it cancelled" in refused(
        branch, {"order": order_id, "line_no": 1, "qty": 1_000}
    )


def test_one_wrong_order_keeps_no_other_waiting(branch: Branch, order_id: str) -> None:
    other, _ = branch.send("anna", branch.order(number="A-2"))
    rows = [{"order": "A-2", "state": "credited"}, {"order": "A-1", "state": "confirmed"}]
    found = branch.box.import_rows("orders", rows)
    assert (found.changed, [problem.number for problem in found.problems]) == (1, [1])
    assert (order(branch, other)["state"], order(branch, order_id)["state"]) == (
        *("accepted", "confirmed"),
    )


@pytest.mark.parametrize(("kind", "ways"), [("sale", ORDERS), (RETURN, RETURNS)])
def test_every_step_is_one_of_accounting(kind: str, ways: Any) -> None:
    for source in {way.source for way in ways if way.source is not None}:
        for target in reachable(kind, source):
            steps = way_to(kind, source, target)
            assert steps is not None
            assert (steps[0].source, steps[-1].target) == (source, target)
            assert all("accounting" in step.actors and step in ways for step in steps)
    assert way_to("sale", "completed", "shipped") is None
    assert way_to("sale", "held", "accepted") is None
