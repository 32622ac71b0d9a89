"""Contacts with access to the portal are users, for as long as the flags say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import Row
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin

PHONE = "+35924670001"
LOGIN = PHONE[1:]


class Shop:
    """A customer with one contact, whose flags and phone a test sets."""

    def __init__(self, box: PluginBox) -> None:
        self.box = box
        party = {"kind": "company", "name": "P", "legal_name": "P", "active": True}
        self.party_row: Row = {**party, "portal_access": True}
        self.party = box.store("parties", self.party_row)
        self.contact_row: Row = {
            "party_id": self.party,
            "name": "Kim",
            "phone_e164": PHONE,
            "portal_access": True,
        }
        self.contact = box.store("contacts", self.contact_row)

    def run(self) -> dict[str, Row]:
        """Run the job; return the records of users by login."""
        self.box.now_ms += 60_000
        self.box.run_job("master_data", "portal_logins")
        return {row["login"]: row for row in self.box.records("users").values()}

    def contact_says(self, **changes: Any) -> None:
        self.box.store("contacts", {**self.contact_row, **changes}, self.contact)

    def party_says(self, **changes: Any) -> None:
        self.box.store("parties", {**self.party_row, **changes}, self.party)


@pytest.fixture
def shop(fieldbox_box: Callable[..., PluginBox]) -> Shop:
    return Shop(fieldbox_box(plugin))


def test_a_contact_becomes_a_user_whose_device_sees_his_outlet(shop: Shop) -> None:
    box = shop.box
    place = {"party_id": shop.party, "name": "O", "address": "A", "active": True}
    outlet = box.store("outlets", {**place, "portal_visible": True})
    users = shop.run()
    assert list(users) == [LOGIN]
    assert users[LOGIN] == {
        "login": LOGIN,
        "name": "Kim",
        "roles": ["client"],
        "locked": False,
        "phone_e164": PHONE,
        "portal_login": "given",
    }
    assert outlet in box.pull(box.device(LOGIN))["outlets"]
    assert shop.run() == users


@pytest.mark.parametrize("whose", ["contact", "party", "phone"])
def test_a_flag_that_goes_locks_him_and_one_that_comes_back_lets_him_in(
    shop: Shop, whose: str
) -> None:
    shop.run()
    device = shop.box.device(LOGIN)
    shop.box.pull(device)
    if whose == "party":
        shop.party_says(portal_access=False)
    elif whose == "contact":
        shop.contact_says(portal_access=False)
    else:
        shop.contact_says(phone_e164="+35924670002")

    users = shop.run()

    assert (users[LOGIN]["locked"], users[LOGIN]["portal_login"]) == (True, "withdrawn")
    with pytest.raises(Exception) as refused:
        shop.box.push(device, device.put("notes", {}))
    assert refused.typename == "DeviceRevoked"
    shop.party_says()
    shop.contact_says()
    users = shop.run()
    assert (users[LOGIN]["locked"], users[LOGIN]["portal_login"]) == (False, "given")
    shop.box.pull(device)


def test_whom_a_technician_locked_stays_locked(shop: Shop) -> None:
    shop.run()
    box = shop.box
    box.box.store.write(lambda tx: box.box.people(tx).change(tx, LOGIN, "root", locked=True))
    shop.contact_says(name="Kim K.")
    assert shop.run()[LOGIN]["locked"] is True
    shop.contact_says(portal_access=False)
    shop.run()
    shop.contact_says()
    assert shop.run()[LOGIN]["locked"] is True


def test_a_login_that_is_there_is_left_alone(shop: Shop) -> None:
    shop.box.user(LOGIN, "agent")
    assert shop.run()[LOGIN]["roles"] == ["agent"]
    shop.contact_says(portal_access=False)
    assert shop.run()[LOGIN]["locked"] is False


def test_one_phone_is_one_user(shop: Shop) -> None:
    shop.box.store("contacts", {**shop.contact_row, "name": "Lee"})
    kim = shop.box.user("kim", "client")
    other = "+35924670009"
    row = {**shop.box.records("users")[kim.id], "phone_e164": other}
    shop.box.store("users", row, kim.id)
    shop.box.store("contacts", {**shop.contact_row, "phone_e164": other})
    assert sorted(shop.run()) == [LOGIN, "kim"]


def test_it_can_be_turned_off(fieldbox_box: Callable[..., PluginBox]) -> None:
    shop = Shop(fieldbox_box(plugin, config="[plugins.master_data]\nportal_logins = false\n"))
    assert shop.run() == {}
