"""Documents of orders: nobody gets one before its order is as far as it says."""

from __future__ import annotations

from typing import Any

import pytest
from preselling_branch import PHONE, Branch

from appliance.api import ImportRowError, Row
from appliance_preselling.documents import reached
from appliance_preselling.plugin import plugin
from appliance_preselling.states import ORDERS, RETURN, RETURNS, STATES

FILE = "a" * 64


def paper(branch: Branch, order_id: str, **changes: Any) -> dict[str, Any]:
    """Return a row of a file."""
    row = {"order": order_id, "kind": "delivery_note", "number": "N1", "sha256": FILE}
    return {**row, **changes}


def bring(branch: Branch, *rows: dict[str, Any]) -> None:
    """Import documents."""
    assert branch.box.import_rows("order_documents", rows).problems == ()


def seen(branch: Branch, login: str) -> list[str]:
    """Return the numbers of the documents that a person's device holds."""
    return sorted(row["number"] for row in branch.device(login).rows["order_documents"].values())


def test_a_document_is_seen_from_its_state_on(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    admin = branch.box.user("ada", "admin")
    assert admin.roles == ("admin",)
    bring(
        branch,
        paper(branch, order_id, number="Q", kind="quotation"),
        paper(branch, order_id, number="N", visible_from_state="shipped"),
        paper(branch, order_id, number="A", visible_from_state="accepted"),
    )
    for person in ("anna", PHONE, "mia", "ada", "olga"):
        assert seen(branch, person) == ["A", "Q"], person
    assert seen(branch, "boris") == [], "it is of another outlet"
    branch.act("mia", "confirm", order_id)
    branch.edit("olga", order_id, state="partially_shipped")
    assert seen(branch, "anna") == ["A", "Q"]
    assert branch.edit("olga", order_id, state="shipped").outcome == "applied"
    for person in ("anna", PHONE, "ada"):
        assert seen(branch, person) == ["A", "N", "Q"]
    branch.edit("olga", order_id, state="partially_shipped")
    assert seen(branch, "anna") == ["A", "N", "Q"], "what was seen stays"


def test_an_action_shows_documents_too(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    branch.edit("mia", order_id, state="awaiting_confirmation")
    bring(branch, paper(branch, order_id, visible_from_state="confirmed"))
    assert seen(branch, PHONE) == []
    branch.act(PHONE, "confirm", order_id)
    assert seen(branch, PHONE) == ["N1"]


def test_what_something_else_stored_is_shown_by_the_job(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    draft, _ = branch.send("anna", branch.order(state="draft", number="A-2"))
    row: Row = {"kind": "receipt", "sha256": FILE, "mime": "application/pdf"}
    for number, order, state in (
        ("1", order_id, None),
        ("2", order_id, "accepted"),
        ("3", order_id, "shipped"),
        ("4", draft, "accepted"),
        ("5", branch.box.new_id(), None),
    ):
        fields = {**row, "order_id": order, "number": number}
        if state is not None:
            fields["visible_from_state"] = state
        branch.box.store("order_documents", fields)
    assert seen(branch, "anna") == []
    branch.box.run_job("preselling", "show_documents")
    assert seen(branch, "anna") == ["1", "2"]
    branch.box.run_job("preselling", "show_documents")
    assert seen(branch, "anna") == ["1", "2"]
    branch.act("anna", "submit", draft)
    assert seen(branch, "anna") == ["1", "2", "4"]


def test_an_order_that_expires_shows_what_is_for_that(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    bring(branch, paper(branch, order_id, visible_from_state="expired"))
    branch.edit("mia", order_id, state="awaiting_confirmation")
    branch.box.now_ms += 8 * 86_400_000
    branch.box.run_job("preselling", "expire")
    assert seen(branch, "anna") == ["N1"]


def test_a_document_imported_again_stays_where_it_is(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    bring(branch, paper(branch, order_id, visible_from_state="accepted"))
    branch.act("mia", "cancel", order_id)
    bring(branch, paper(branch, order_id, visible_from_state="accepted", date="2025-06-15"))
    assert seen(branch, "anna") == ["N1"]
    bring(branch, paper(branch, order_id, visible_from_state="shipped"))
    assert seen(branch, "anna") == [], "it was to be seen later"
    assert len(branch.box.records("order_documents")) == 1


def test_an_order_is_known_by_its_number(branch: Branch) -> None:
    branch.send("anna", branch.order(number="A-7"))
    bring(branch, paper(branch, "A-7", mime="image/png", size=5))
    (row,) = branch.box.records("order_documents").values()
    assert (row["mime"], row["size"]) == ("image/png", 5)


@pytest.mark.parametrize(
    ("changes", "column", "says"),
    [
        ({"order": "A-9"}, "order", "there is no order A-9"),
        ({"order": "twice"}, "order", "more than one order has the number twice"),
        ({"kind": "letter"}, "kind", "kind is one of quotation"),
        ({"visible_from_state": "soon"}, "visible_from_state", "is one of draft"),
        ({"sha256": "A" * 64}, "sha256", "64 lower-case hex digits"),
    ],
)
def test_rows_that_cannot_be_used(
    desk: Any, order: Row, changes: Row, column: str, says: str
) -> None:
    for order_id, number in (("o-1", "A-1"), ("o-2", "twice"), ("o-3", "twice")):
        desk.context.put("orders", order_id, {**order, "number": number})
    row = {"order": "A-1", "kind": "receipt", "sha256": FILE}
    with pytest.raises(ImportRowError, match=says) as caught:
        plugin.import_row("order_documents", row | changes, desk.context)
    assert caught.value.column == column
    with pytest.raises(ImportRowError, match="does not import 'letters'"):
        plugin.import_row("letters", row, desk.context)


@pytest.mark.parametrize(("kind", "ways"), [("sale", ORDERS), (RETURN, RETURNS)])
def test_a_state_is_reached_by_those_that_only_come_after_it(kind: str, ways: Any) -> None:
    """Of states on the way to the end: every path into the later one passes the earlier one, or
    jumps over it forward."""
    for state in STATES:
        assert reached(kind, state, state)
        assert reached(kind, state, None)
    assert reached("sale", "confirmed", "awaiting_confirmation"), "needed no confirmation"
    assert reached(RETURN, "credited", "approved")
    for end in ("cancelled", "rejected", "expired", "refused"):
        for state in STATES:
            assert reached(kind, end, state) == (end == state)
            assert reached(kind, state, end) == (end == state)
    assert not reached("sale", "accepted", "confirmed")
    assert not reached(RETURN, "approved", "accepted")
    used = {way.target for way in ways} - {"cancelled", "rejected", "expired", "refused"}
    for one in used:
        for other in used:
            assert reached(kind, one, other) or reached(kind, other, one)


def test_an_order_that_was_seen_stays_at_its_outlet(desk: Any, order: Row) -> None:
    desk.context.put("outlets", "o2", {"party_id": "p1", "payer_party_id": "p2", "name": "2"})
    desk.send({**order, "state": "draft"})
    desk.move("draft", outlet_id="o2")
    desk.move("submitted")
    moved = {**desk.stored, "state": "awaiting_confirmation", "outlet_id": "o1"}
    assert desk.codes(moved, "olga", "accounting") == [("state_transition", "/outlet_id")]


@pytest.mark.parametrize("kind", ["sale", "sample", RETURN])
def test_the_job_and_the_step_agree_on_what_is_reached(desk: Any, order: Row, kind: str) -> None:
    for state in STATES:
        desk.context.put("orders", f"{kind}-{state}", {**order, "order_kind": kind, "state": state})
        for wanted in (None, *STATES):
            row = {"order_id": f"{kind}-{state}", "kind": "receipt", "sha256": FILE}
            desk.context.put(
                "order_documents", f"{state} {wanted}", {**row, "visible_from_state": wanted}
            )
    found = {write.id for write in plugin.run_job("show_documents", desk.context) or ()}
    assert found == {
        f"{state} {wanted}"
        for state in STATES
        for wanted in (None, *STATES)
        if reached(kind, state, wanted)
    }
