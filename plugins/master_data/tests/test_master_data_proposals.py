"""Proposals of new and changed outlets, from the field to the outlet on the agent's device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import Row
from appliance.testing.box_device import BoxDevice, PushAnswer
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin

UNIT = {
    "name": "N",
    "kind": "branch",
    "country": "RU",
    "currency": "RUB",
    "timezone": "Europe/Moscow",
    "language": "ru",
    "tax_rounding": "per_line",
    "cash_round_minor": 1,
    "active": True,
}


class Desk:
    """A branch with an agent, a supervisor and a manager, each with a device."""

    def __init__(self, box: PluginBox) -> None:
        self.box = box
        party = {"kind": "company", "name": "Corner", "legal_name": "C", "active": True}
        self.party = box.store("parties", {**party, "tax_id": "0000000018"})
        north = {**UNIT, "code": "N", "legal_party_id": self.party}
        south = {**UNIT, "code": "S", "legal_party_id": self.party}
        self.north, self.south = (box.store("org_units", unit) for unit in (north, south))
        self.people = {
            "anna": box.user("anna", "agent", org_id=self.north),
            "boris": box.user("boris", "agent", org_id=self.south),
            "sven": box.user("sven", "supervisor", org_id=self.north),
            "mira": box.user("mira", "manager", org_id=self.north),
            "mark": box.user("mark", "manager", org_id=self.south),
        }
        anna = self.people["anna"].id
        row = {**box.records("users")[anna], "supervisor_id": self.people["sven"].id}
        box.store("users", row, anna)
        self.outlet = box.store(
            "outlets", {"party_id": self.party, "name": "O", "address": "A", "active": True}
        )
        self.routes = {
            login: box.store(
                "routes", {"code": login, "name": login, "owner_user_id": self.people[login].id}
            )
            for login in ("anna", "boris")
        }
        box.store("route_outlets", {"route_id": self.routes["anna"], "outlet_id": self.outlet})
        self.devices = {login: box.device(login) for login in self.people}
        self.pull_all()

    def pull_all(self) -> None:
        for device in self.devices.values():
            self.box.pull(device)

    def change(self, **fields: Any) -> Row:
        """Return a proposal to change the address of the outlet."""
        return {
            "state": "pending",
            "user_id": self.people["anna"].id,
            "created_at": self.box.now_ms,
            "outlet_id": self.outlet,
            "patch": {"address": "Main St 2"},
            **fields,
        }

    def find(self, **fields: Any) -> Row:
        """Return a proposal of a new outlet of a new party."""
        new = {
            "patch": {"name": "Kiosk", "address": "Park 1"},
            "party": {"name": "Kiosk Ltd", "tax_id": "0000000026"},
            "outlet_id": None,
        }
        row = self.change(**{**new, **fields})
        return {name: value for name, value in row.items() if value is not None}

    def send(self, row: Row, record_id: str | None = None, who: str = "anna") -> str:
        device: BoxDevice = self.devices[who]
        mutation = device.put("outlet_changes", row, record_id)
        (self.answer,) = self.box.push(device, mutation)
        return str(mutation["id"])

    answer: PushAnswer

    @property
    def result(self) -> tuple[str, list[str]]:
        return self.answer.outcome, self.answer.codes

    def decide(self, record_id: str, state: str, who: str = "mira", **fields: Any) -> None:
        """Decide a proposal as it stands on a device of the office."""
        held = self.box.pull(self.devices[who])["outlet_changes"][record_id]
        self.send({**held, "state": state, **fields}, record_id, who)

    def held(self, who: str, collection: str) -> dict[str, Row]:
        return self.box.pull(self.devices[who])[collection]


@pytest.fixture
def desk(fieldbox_box: Callable[..., PluginBox]) -> Desk:
    return Desk(fieldbox_box(plugin))


def test_a_change_waits_and_then_reaches_every_device_of_the_outlet(desk: Desk) -> None:
    proposal = desk.send(desk.change())
    assert desk.result == ("held", ["approval_required"])
    assert desk.held("anna", "outlets")[desk.outlet]["address"] == "A"
    desk.decide(proposal, "approved")
    assert desk.result == ("applied", [])
    assert desk.held("anna", "outlets")[desk.outlet]["address"] == "Main St 2"
    stored = desk.held("anna", "outlet_changes")[proposal]
    assert (stored["state"], stored["decided_by"], stored["result_outlet_id"]) == (
        "approved",
        desk.people["mira"].id,
        desk.outlet,
    )
    assert "issues" not in stored


def test_a_new_outlet_comes_with_party_contact_and_a_place_on_the_route(desk: Desk) -> None:
    contact = {"name": "Ivan", "phone_e164": "+79201234567"}
    proposal = desk.send(desk.find(contact=contact, route_id=desk.routes["anna"]))
    assert desk.result == ("held", ["approval_required"])
    desk.decide(proposal, "approved")
    stored = desk.held("anna", "outlet_changes")[proposal]
    outlet, party = stored["result_outlet_id"], stored["result_party_id"]
    # It is on her route now, so she sees it, and Boris does not.
    assert desk.held("anna", "outlets")[outlet] == {
        "name": "Kiosk",
        "address": "Park 1",
        "party_id": party,
        "active": True,
    }
    assert desk.held("anna", "parties")[party] == {
        "kind": "company",
        "name": "Kiosk Ltd",
        "legal_name": "Kiosk Ltd",
        "tax_id": "0000000026",
        "active": True,
        "prospect": True,
    }
    (person,) = desk.held("anna", "contacts").values()
    assert person == {"party_id": party, "outlet_ids": [outlet], **contact}
    assert outlet not in desk.held("boris", "outlets")
    assert len(desk.held("anna", "route_outlets")) == 2


def test_a_new_outlet_of_a_known_party(desk: Desk) -> None:
    proposal = desk.send(desk.find(party=None, party_id=desk.party))
    desk.decide(proposal, "approved")
    assert desk.result == ("applied", [])
    assert len(desk.box.records("parties")) == 1
    assert len(desk.box.records("outlets")) == 2


def test_a_rejection_has_a_reason_and_changes_nothing(desk: Desk) -> None:
    proposal = desk.send(desk.change())
    desk.decide(proposal, "rejected")
    assert desk.result == ("rejected", ["reason_missing"])
    desk.decide(proposal, "rejected", reason="  ")
    assert desk.result == ("rejected", ["reason_missing"])
    desk.decide(proposal, "rejected", reason="The old address is right")
    assert desk.result == ("applied", [])
    assert desk.held("anna", "outlets")[desk.outlet]["address"] == "A"


@pytest.mark.parametrize("state", ["approved", "rejected"])
def test_the_author_hears_of_it(desk: Desk, state: str) -> None:
    proposal = desk.send(desk.change())
    desk.decide(proposal, state, reason="because")
    (message,) = desk.held("anna", "notifications").values()
    assert (message["kind"], message["ref_id"]) == (f"outlet_changes.{state}", proposal)
    assert "«O»" in message["text"]["ru"]
    assert ("because" in message["text"]["en"]) == (state == "rejected")
    (told,) = desk.held("anna", "doc_states").values()
    verdict = "accepted" if state == "approved" else "rejected"
    assert (told["doc_id"], told["state"], told["verdict"]) == (proposal, state, verdict)
    # A message to her is no message to those who lead her.
    assert desk.held("sven", "notifications") == desk.held("mira", "notifications") == {}
    assert len(desk.held("sven", "doc_states")) == 1


def test_who_sees_and_who_decides_a_proposal(desk: Desk) -> None:
    proposal = desk.send(desk.change())
    assert {who for who in desk.devices if proposal in desk.held(who, "outlet_changes")} == {
        "anna",
        "sven",
        "mira",
    }
    desk.decide(proposal, "approved", who="sven")
    assert desk.result == ("rejected", ["role_denied"])
    desk.decide(proposal, "approved", who="anna")
    assert desk.result == ("rejected", ["role_denied"])
    desk.send(desk.change(state="approved"), who="mark")
    assert desk.answer.outcome == "quarantined"


def test_until_it_is_decided_its_author_and_the_office_change_it(desk: Desk) -> None:
    proposal = desk.send(desk.change())
    desk.send(desk.change(patch={"address": "Main St 3"}), proposal)
    assert desk.result == ("held", ["approval_required"])
    held = desk.held("sven", "outlet_changes")[proposal]
    desk.send({**held, "patch": {"name": "X"}}, proposal, "sven")
    assert desk.result == ("rejected", ["user_wrong"])
    desk.decide(proposal, "approved", patch={"address": "Main St 30"})
    assert desk.held("anna", "outlets")[desk.outlet]["address"] == "Main St 30"
    for who, state in (("anna", "pending"), ("mira", "rejected"), ("mira", "approved")):
        desk.decide(proposal, state, who=who, reason="late")
        assert desk.result == ("rejected", ["state_transition"])


def test_what_only_the_appliance_sets_is_not_looked_at(desk: Desk) -> None:
    forged = {"decided_by": desk.people["mira"].id, "decided_at": 1, "result_outlet_id": desk.party}
    desk.send(desk.change(**forged))
    (stored,) = desk.box.records("outlet_changes").values()
    assert not forged.keys() & stored.keys()


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"state": "approved"}, ["state_transition"]),
        ({"patch": {}}, ["nothing_changed"]),
        ({"patch": None}, ["nothing_changed"]),
        ({"patch": {"name": " "}}, ["field_missing"]),
        ({"patch": {"address": None}}, ["field_missing"]),
        ({"party": {"name": "Other"}}, ["field_superfluous"]),
        ({"contact": {"name": "Ivan", "phone_e164": "12"}}, ["phone_wrong"]),
        ({"contact": {"name": "Ivan", "phone_e164": "89201234567"}}, ["phone_wrong"]),
        ({"photos": ["0197c3f0-0000-7000-8000-000000000008"]}, ["ref_unknown"]),
        ({"patch": {"photo_id": "0197c3f0-0000-7000-8000-000000000008"}}, ["ref_unknown"]),
        ({"outlet_id": "0197c3f0-0000-7000-8000-000000000008"}, ["ref_unknown", "scope_denied"]),
    ],
)
def test_what_is_wrong_with_a_change(desk: Desk, changes: Row, codes: list[str]) -> None:
    desk.send(desk.change(**changes))
    assert desk.result == ("rejected", codes)
    assert desk.box.records("outlet_changes") == {}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"patch": {"name": "Kiosk"}}, ["field_missing"]),
        ({"patch": None}, ["field_missing", "field_missing"]),
        ({"party": None}, ["field_missing"]),
        ({"route": "boris"}, ["scope_denied"]),
    ],
)
def test_what_is_wrong_with_a_new_outlet(desk: Desk, changes: Row, codes: list[str]) -> None:
    row = desk.find()
    if "route" in changes:
        row["route_id"] = desk.routes[changes["route"]]
    else:
        row.update(changes)
    desk.send({name: value for name, value in row.items() if value is not None})
    assert desk.result == ("rejected", codes)


def test_a_foreign_outlet_is_out_of_scope(desk: Desk) -> None:
    desk.send(desk.change(user_id=desk.people["boris"].id), who="boris")
    assert desk.result == ("rejected", ["scope_denied"])


def test_a_party_that_seems_to_be_known_already(desk: Desk) -> None:
    proposal = desk.send(desk.find(party={"name": "K", "tax_id": "0000000018"}))
    assert desk.result == ("held", ["party_exists", "approval_required"])
    desk.decide(proposal, "approved")
    assert desk.result == ("rejected", ["party_exists"])
    desk.decide(proposal, "approved", party=None, party_id=desk.party)
    assert desk.result == ("applied", [])
    assert len(desk.box.records("parties")) == 1


def test_an_outlet_deleted_meanwhile(desk: Desk) -> None:
    proposal = desk.send(desk.change())
    held = desk.held("mira", "outlet_changes")[proposal]
    desk.box.box.store.write(lambda tx: tx.delete("outlets", desk.outlet))
    desk.send({**held, "state": "approved"}, proposal, "mira")
    assert desk.result == ("rejected", ["ref_deleted", "scope_denied"])


@pytest.mark.parametrize(
    "changes",
    [
        {"patch": {"price_list_id": "0197c3f0-0000-7000-8000-000000000008"}},
        {"patch": {"active": False}},
        {"party": {"credit_limit_minor": 1}},
        {"state": "done"},
        {"created_at": None},
    ],
)
def test_a_malformed_proposal_is_refused(desk: Desk, changes: Row) -> None:
    desk.send(desk.change(**changes))
    assert desk.result == ("rejected", ["schema_invalid"])
