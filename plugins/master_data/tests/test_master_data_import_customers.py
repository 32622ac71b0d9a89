"""Files of customers, their people and papers, units and users, into a real box."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin

Values = dict[str, Any]
NOW = int(datetime(2025, 6, 15, 12, tzinfo=UTC).timestamp() * 1_000)


@pytest.fixture
def office(fieldbox_box: Callable[..., PluginBox], make_inbox: Callable[..., Any]) -> Any:
    """A box with two customers, an outlet, a price list and two users."""
    office = make_inbox(fieldbox_box(plugin, now_ms=NOW))
    office.box.user("anna", "agent")
    office.box.user("sven", "supervisor")
    office.take("price_lists", code="OPT", name="Wholesale", currency="RUB")
    office.take("parties", code="P1", name="Corner", tax_id="0000000018")
    office.take("parties", code="P2", name="Kiosk")
    office.take("outlets", code="O1", party="P1", name="Shop", address="A")
    return office


CONTACT: Values = {
    "code": "K1",
    "party": "P1",
    "outlets": "O1",
    "name": "Ivan",
    "position": "buyer",
    "phone": "8 (920) 123-45-67",
    "email": "ivan@example.com",
    "portal_access": True,
    "birthday": "1990-05-01",
}
CONTRACT: Values = {
    "party": "P1",
    "number": "12/25",
    "date": "2025-01-01",
    "valid_to": "2025-12-31",
    "currency": "rub",
    "payment_terms_days": 14,
    "payment_forms": "наличные, Bank",
    "credit_limit_minor": 1_000_000,
    "overdue_block_days": 7,
    "overdue_block_minor": 5_000,
    "price_list": "OPT",
}
LICENCE: Values = {
    "party": "P1",
    "outlet": "O1",
    "regulation": "Алкоголь",
    "number": "A-1",
    "issuer": "Ministry",
    "valid_from": "2025-01-01",
    "valid_to": "2025-12-31",
}
UNIT: Values = {
    "code": "N",
    "name": "North",
    "kind": "Филиал",
    "party": "P1",
    "country": "ru",
    "currency": "RUB",
    "timezone": "Europe/Moscow",
    "language": "ru",
    "cash_round_minor": 100,
    "price_list": "OPT",
}


def test_a_contact(office: Any) -> None:
    row = office.take("contacts", **CONTACT)
    assert row == {
        "code": "K1",
        "party_id": office.the("parties", name="Corner"),
        "outlet_ids": [office.the("outlets", code="O1")],
        "name": "Ivan",
        "position": "buyer",
        "phone_e164": "+79201234567",
        "email": "ivan@example.com",
        "portal_access": True,
        "birthday": "1990-05-01",
    }
    # Without outlets, without access: any phone, or none.
    row = office.take("contacts", code="K2", party="P2", name="Olga")
    assert row == {"code": "K2", "party_id": office.the("parties", name="Kiosk"), "name": "Olga"}


def test_a_contract(office: Any) -> None:
    row = office.take("contracts", **CONTRACT)
    assert row == {
        "party_id": office.the("parties", name="Corner"),
        "number": "12/25",
        "date": "2025-01-01",
        "valid_to": "2025-12-31",
        "currency": "RUB",
        "payment_terms_days": 14,
        "payment_forms": ["cash", "bank"],
        "credit_limit_minor": 1_000_000,
        "overdue_block_days": 7,
        "overdue_block_minor": 5_000,
        "price_list_id": office.the("price_lists", code="OPT"),
        "state": "active",
    }


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"valid_to": "2025-06-14"}, "ended"),
        ({"date": "2025-06-16"}, "planned"),
        ({"state": "Расторгнут"}, "ended"),
        ({"state": "suspended", "valid_to": "2025-06-14"}, "suspended"),
        ({"valid_to": None}, "active"),
    ],
)
def test_the_state_of_a_contract_by_its_days_and_words(
    office: Any, changes: Values, state: str
) -> None:
    assert office.take("contracts", **{**CONTRACT, **changes})["state"] == state


def test_a_licence_of_an_outlet_and_of_all(office: Any) -> None:
    outlet = office.the("outlets", code="O1")
    row = office.take("licences", **LICENCE)
    assert (row["regulation"], row["outlet_id"]) == ("alcohol", outlet)
    row = office.take("licences", **{**LICENCE, "outlet": None, "regulation": "caviar"})
    assert (row["regulation"], "outlet_id" in row) == ("caviar", False)
    assert len(office.box.records("licences")) == 2


def test_what_customers_may_have_besides(office: Any) -> None:
    office.take(
        "parties",
        code="P2",
        name="Kiosk",
        holding="P1",
        segments="horeca, A,, A",
        payment_forms="карта",
        portal_access=True,
    )
    party = office.box.records("parties")[office.the("parties", name="Kiosk")]
    assert party["group_id"] == office.the("parties", name="Corner")
    assert (party["segments"], party["payment_forms"]) == (["horeca", "A"], ["card"])
    assert party["portal_access"] is True
    row = {
        "code": "O1",
        "party": "P1",
        "name": "Shop",
        "address": "A",
        "segments": "B",
        "portal_visible": False,
        "geofence_m": 80,
        "vehicle_max_kg": 3_500,
        "pass_rules": "ring",
    }
    outlet = office.take("outlets", **row)
    assert {name: outlet[name] for name in ("segments", "portal_visible", "geofence_m")} == {
        "segments": ["B"],
        "portal_visible": False,
        "geofence_m": 80,
    }
    office.take("routes", code="R", name="R", price_list="OPT")
    assert office.the("routes", price_list_id=office.the("price_lists", code="OPT"))


def test_a_prospect_that_accounting_knows_by_now_is_the_same_customer(office: Any) -> None:
    found = office.box.store(
        "parties",
        {
            "kind": "company",
            "name": "Found",
            "legal_name": "Found Ltd",
            "tax_id": "0000000026",
            "active": True,
            "prospect": True,
        },
    )
    office.take("parties", code="P9", name="Found", tax_id="0000000026")
    party = office.box.records("parties")[found]
    assert (party["prospect"], party["legal_name"]) == (False, "Found Ltd")
    office.take("outlets", code="O9", party="P9", name="N", address="A")
    assert office.the("outlets", party_id=found)


def test_a_unit_and_the_one_above(office: Any) -> None:
    row = office.take("org_units", **UNIT)
    assert row == {
        "code": "N",
        "name": "North",
        "kind": "branch",
        "legal_party_id": office.the("parties", name="Corner"),
        "country": "RU",
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "language": "ru",
        "tax_rounding": "per_line",
        "cash_round_minor": 100,
        "price_list_id": office.the("price_lists", code="OPT"),
        "active": True,
    }
    office.take("org_units", **{**UNIT, "code": "HQ", "kind": "company"})
    office.take("org_units", **{**UNIT, "parent": "HQ"})
    assert office.the("org_units", parent_id=office.the("org_units", code="HQ"))


def test_a_unit_that_is_there_already_is_the_same_unit(office: Any) -> None:
    made = office.box.store(
        "org_units", {**office.take("org_units", **UNIT), "code": "NN", "name": "Other"}
    )
    office.take("org_units", **{**UNIT, "code": "NN", "name": "New name"})
    assert office.box.records("org_units")[made]["name"] == "New name"
    assert len(office.box.records("org_units")) == 2


def test_what_a_file_says_of_a_user(office: Any) -> None:
    row = {
        "login": "anna",
        "phone": "+7 920 123-45-67",
        "supervisor": "sven",
        "max_manual_discount_bp": 500,
        "max_order_minor": 3_000,
    }
    assert office.box.import_rows("users", [row])[:3] == (0, 1, 0)
    assert office.box.import_rows("users", [row])[:3] == (0, 0, 1)
    office.box.import_rows("users", [{"login": "anna", "cash_limit_minor": 7}])
    stored = office.box.records("users")[office.the("users", login="anna")]
    assert stored == {
        "login": "anna",
        "name": "anna",
        "roles": ["agent"],
        "locked": False,
        "phone_e164": "+79201234567",
        "supervisor_id": office.the("users", login="sven"),
        "limits": {
            "max_manual_discount_bp": 500,
            "max_order_minor": 3_000,
            "cash_limit_minor": 7,
        },
    }
    empty = {"max_manual_discount_bp": None, "max_order_minor": None, "cash_limit_minor": None}
    office.box.import_rows("users", [{"login": "anna", "supervisor": None, **empty}])
    stored = office.box.records("users")[office.the("users", login="anna")]
    assert not {"limits", "supervisor_id"} & stored.keys()
    assert len(office.box.records("users")) == 2


@pytest.mark.parametrize(
    ("kind", "row", "changes", "words"),
    [
        ("contacts", CONTACT, {"phone": "12"}, "Телефон: the phone '12' is not understood"),
        ("contacts", CONTACT, {"phone": None}, "Телефон: who has access to the portal needs"),
        ("contacts", CONTACT, {"party": "nobody"}, "parties has no record 'nobody'"),
        ("contacts", CONTACT, {"outlets": "O1, O9"}, "outlets has no record 'O9'"),
        ("contracts", CONTRACT, {"valid_to": "2024-12-31"}, "before it begins"),
        ("contracts", CONTRACT, {"currency": "rubles"}, "three Latin letters"),
        ("contracts", CONTRACT, {"credit_limit_minor": -1}, "Кредитный лимит: the number"),
        ("contracts", CONTRACT, {"payment_forms": "shells"}, "write some of cash, bank"),
        ("contracts", CONTRACT, {"state": "asleep"}, "write one of active, planned"),
        ("contracts", CONTRACT, {"number": None}, "Номер: a value is required"),
        ("licences", LICENCE, {"valid_to": None}, "a value is required"),
        ("licences", LICENCE, {"valid_to": "2024-01-01"}, "before it begins"),
        ("org_units", UNIT, {"timezone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ("org_units", UNIT, {"country": "Russia"}, "two Latin letters"),
        ("org_units", UNIT, {"parent": "N"}, "its own parent"),
        ("org_units", UNIT, {"parent": "X"}, "org_units has no record 'X'"),
        ("org_units", UNIT, {"tax_rounding": "never"}, "write one of per_line"),
        ("users", {"login": "anna"}, {"login": "ghost"}, "fieldbox user add ghost"),
        ("users", {"login": "anna"}, {"supervisor": "anna"}, "nobody leads himself"),
        ("users", {"login": "anna"}, {"max_manual_discount_bp": 10_001}, "at most 100 percent"),
    ],
)
def test_wrong_rows_say_what_is_wrong(
    office: Any, kind: str, row: Values, changes: Values, words: str
) -> None:
    assert words in office.refuse(kind, **{**row, **changes})


def test_a_phone_gives_one_person_access(office: Any) -> None:
    office.take("contacts", **CONTACT)
    other = {**CONTACT, "code": "K2", "name": "Olga", "outlets": None}
    assert "gives Ivan access to the portal already" in office.refuse("contacts", **other)
    office.take("contacts", **{**other, "portal_access": False})
    office.box.import_rows("users", [{"login": "anna", "phone": "+79201234567"}])
    row = {"login": "sven", "phone": "89201234567"}
    assert "is the phone of anna already" in office.refuse("users", **row)
