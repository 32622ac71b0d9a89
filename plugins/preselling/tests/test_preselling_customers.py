"""Customers who order for themselves: for their outlets, and what they get to see."""

from __future__ import annotations

from typing import Any

import pytest
from preselling_branch import PHONE, Branch

from appliance.api import Row

OUTLET = "o1"


def customers_order(order: Row, **changes: Any) -> Row:
    return {**order, "user_id": "kim", **changes}


def change(desk: Any, collection: str, record_id: str, **fields: Any) -> None:
    row = desk.context.get(collection, record_id) or {}
    desk.context.put(collection, record_id, {**row, **fields})


def codes(desk: Any, order: Row, **changes: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = desk.codes(customers_order(order, **changes), "kim", "client")
    return found


def test_a_customer_orders_for_his_outlet(desk: Any, order: Row) -> None:
    assert codes(desk, order) == []
    desk.send(customers_order(order), "kim", "client")
    assert desk.stored["state"] == "accepted"


DENIED = [("portal_denied", "/outlet_id")]


@pytest.mark.parametrize(
    ("collection", "record", "fields"),
    [
        ("parties", "p1", {"portal_access": False}),
        ("parties", "p1", {"active": False}),
        ("contacts", "c1", {"portal_access": None}),
        ("contacts", "c1", {"phone_e164": "+359000"}),
        ("contacts", "c1", {"party_id": "p2"}),
        ("contacts", "c1", {"outlet_ids": ["o2"]}),
        ("outlets", "o1", {"portal_visible": False}),
        ("outlets", "o1", {"active": False}),
        ("outlets", "o1", {"party_id": "p2"}),
        ("users", "kim", {"login": "kim"}),
    ],
)
def test_without_access_he_orders_nothing(
    desk: Any, order: Row, collection: str, record: str, fields: Row
) -> None:
    change(desk, collection, record, **fields)
    assert codes(desk, order) == DENIED


@pytest.mark.parametrize(
    ("collection", "record", "fields"),
    [
        ("contacts", "c1", {"outlet_ids": ["o2", "o1"]}),
        ("contacts", "c1", {"outlet_ids": []}),
        ("outlets", "o1", {"portal_visible": True}),
        ("users", "kim", {"login": "kim", "phone_e164": "+35924670000"}),
    ],
)
def test_with_access_he_does(
    desk: Any, order: Row, collection: str, record: str, fields: Row
) -> None:
    change(desk, collection, record, **fields)
    assert codes(desk, order) == []


def test_he_orders_on_his_own_account(desk: Any, order: Row) -> None:
    assert codes(desk, order, party_id="p2") == [("party_wrong", "/party_id")]
    assert codes(desk, order, payer_party_id="p1") == [("party_wrong", "/payer_party_id")]
    change(desk, "outlets", "o1", payer_party_id=None)
    assert codes(desk, order, payer_party_id="p1") == []


def test_who_works_for_the_house_is_no_customer(desk: Any, order: Row) -> None:
    change(desk, "parties", "p1", portal_access=False)
    mutation = desk.mutation(order)
    assert mutation.roles == ("agent",)
    assert desk.codes({**order, "party_id": "p2"}) == []


def test_a_customer_decides_only_what_is_his(desk: Any, order: Row) -> None:
    desk.send(order)
    desk.move("awaiting_confirmation", "mia", "manager")
    change(desk, "contacts", "c1", outlet_ids=["o2"])
    (refused,) = desk.check({**desk.stored, "state": "confirmed"}, "kim", "client")
    assert refused.text.startswith("Only the customer of this outlet")
    change(desk, "contacts", "c1", outlet_ids=["o1"])
    desk.move("confirmed", "kim", "client")


def test_a_customer_who_lost_his_access_can_give_up_his_draft(desk: Any, order: Row) -> None:
    desk.send(customers_order(order, state="draft"), "kim", "client")
    change(desk, "parties", "p1", portal_access=False)
    assert desk.codes({**desk.stored, "state": "submitted"}, "kim", "client") == DENIED
    desk.move("cancelled", "kim", "client")


# --- who answers for his orders -------------------------------------------------------------------


def on_the_route_of(desk: Any, owner: str) -> None:
    desk.context.put("routes", "r1", {"code": "R", "owner_user_id": owner, "active": True})
    desk.context.put("route_outlets", "s1", {"route_id": "r1", "outlet_id": "o1"})


@pytest.mark.parametrize(
    ("owner", "told", "decides", "does_not"),
    [
        ("anna", "sven", [("sven", "supervisor"), ("mia", "manager")], []),
        ("boris", "mia", [("mia", "manager")], [("sven", "supervisor")]),
    ],
)
def test_the_leaders_of_the_route_decide_his_orders(
    make_desk: Any,
    order: Row,
    owner: str,
    told: str,
    decides: list[tuple[str, str]],
    does_not: list[tuple[str, str]],
) -> None:
    desk = make_desk(auto_accept=False)
    on_the_route_of(desk, owner)
    effect = desk.send(customers_order(order), "kim", "client")
    people = [w.row["user_id"] for w in effect.writes if w.collection == "notifications"]
    assert people == [told]
    accepted = {**desk.stored, "state": "accepted"}
    for person, role in decides:
        assert desk.codes(accepted, person, role) == []
    for person, role in (*does_not, ("kim", "client"), ("anna", "agent")):
        assert desk.codes(accepted, person, role) == [("state_transition", "/state")]


def test_a_customer_who_owns_a_route_answers_for_nothing(make_desk: Any, order: Row) -> None:
    desk = make_desk(auto_accept=False)
    on_the_route_of(desk, "kim")
    effect = desk.send(customers_order(order), "kim", "client")
    assert [w for w in effect.writes if w.collection == "notifications"] == []


# --- in a box: what his device holds --------------------------------------------------------------


def test_he_sees_the_orders_of_his_outlets_and_nothing_of_the_house(
    make_branch: Any,
) -> None:
    branch, _ = make_branch("[plugins.preselling]\nauto_accept = false\n")
    order_id, _ = branch.send("anna", branch.order())
    mine, answer = branch.send(PHONE, branch.order(user_id=branch.kim.id, number="K-1"))
    assert (answer.outcome, answer.codes) == ("held", ["approval_required"])
    note = note_of(branch, order_id)
    device = branch.device("anna")
    assert branch.box.push(device, device.put("order_notes", note))[0].outcome == "applied"
    assert branch.act("sven", "approve", order_id, comment="ok").outcome == "applied"

    held = branch.device(PHONE).rows
    assert held["orders"].keys() == {order_id, mine}
    assert not {"order_notes", "order_approvals", "order_actions"} & held.keys()
    assert {row["doc_id"] for row in held["doc_states"].values()} == {mine}
    assert all("text" not in one for one in held["orders"][mine]["issues"])
    (state,) = held["doc_states"].values()
    assert state["issues"][0]["text"] == "Every order waits for approval here."
    assert {row["user_id"] for row in held["notifications"].values()} <= {branch.kim.id}

    house = branch.device("anna").rows
    assert len(house["order_notes"]) == 1
    assert {row["order_id"] for row in house["order_approvals"].values()} == {order_id, mine}


def test_he_sees_neither_outlets_nor_prices_of_others(branch: Branch) -> None:
    other = branch.box.store(
        "price_lists", {"name": "Others", "currency": "EUR", "tax_included": True}
    )
    party = {"kind": "company", "name": "B", "legal_name": "B Ltd", "active": True}
    theirs = branch.box.store("parties", {**party, "price_list_id": other})
    price = next(iter(branch.box.records("prices").values()))
    branch.box.store("prices", {**price, "price_list_id": other, "price": 1})
    branch.change("outlets", branch.foreign, party_id=theirs)
    order_id, _ = branch.send(
        "boris",
        branch.order(
            user_id=branch.boris.id,
            outlet_id=branch.foreign,
            party_id=theirs,
            payer_party_id=theirs,
            price_list_id=other,
            state="draft",
        ),
    )
    held = branch.device(PHONE).rows
    assert held["outlets"].keys() == {branch.outlet}
    assert order_id not in held["orders"]
    assert {row["price_list_id"] for row in held["prices"].values()} == {branch.list}
    answer = branch.act(PHONE, "repeat", order_id, outlet_id=branch.foreign)
    assert (answer.outcome, answer.codes) == ("quarantined", ["scope_denied"])


def test_the_summary_is_of_his_own_orders(branch: Branch) -> None:
    branch.send("anna", branch.order())
    branch.send(PHONE, branch.order(user_id=branch.kim.id, number="K-1"))
    answer = branch.box.request(branch.device(PHONE), "preselling", "orders_summary")
    assert answer.body["open"] == 1


def note_of(branch: Branch, order_id: str, /, **changes: Any) -> Row:
    return {
        "order_id": order_id,
        "outlet_id": branch.outlet,
        "user_id": branch.anna.id,
        "text": "Pays late.",
        "created_at": branch.box.now_ms,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"user_id": "01920000-0000-7000-8000-000000000001"}, "user_wrong"),
        ({"order_id": "01920000-0000-7000-8000-000000000001"}, "order_unknown"),
    ],
)
def test_what_is_wrong_with_a_note(branch: Branch, changes: Row, code: str) -> None:
    order_id, _ = branch.send("anna", branch.order())
    device = branch.device("anna")
    note = note_of(branch, order_id, **changes)
    (answer,) = branch.box.push(device, device.put("order_notes", note))
    assert (answer.outcome, answer.codes) == ("rejected", [code])


def test_a_note_is_not_for_customers_to_write(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    device = branch.device(PHONE)
    note = note_of(branch, order_id, user_id=branch.kim.id)
    (answer,) = branch.box.push(device, device.put("order_notes", note))
    assert (answer.outcome, answer.codes) == ("quarantined", ["role_denied"])
