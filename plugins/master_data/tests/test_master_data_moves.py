"""Data changes, and rows come and go on exactly the devices that it is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from appliance.api import Row
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin

NOON = int(datetime(2025, 6, 15, 12, tzinfo=UTC).timestamp() * 1_000)
PEOPLE = {
    "anna": "agent",
    "boris": "agent",
    "sven": "supervisor",
    "gala": "supervisor",
    "olga": "hq",
    "79200000001": "client",
}
WATCHED = ("outlets", "parties", "prices", "price_lists", "stock_balances", "contracts", "routes")


class Trade:
    """Two agents with an outlet each, two supervisors, the head office and a customer."""

    def __init__(self, box: PluginBox) -> None:
        self.box = box
        self.users = {login: box.user(login, role).id for login, role in PEOPLE.items()}
        self.ids: dict[str, str] = {}
        for code in ("base", "child", "deal"):
            parent = {"parent_id": self.ids["base"]} if code == "child" else {}
            fields = {"code": code, "name": code, "currency": "RUB", "tax_included": True}
            self.put("price_lists", code, **fields, **parent)
            self.put(
                "prices",
                f"price {code}",
                price_list_id=self.ids[code],
                product_id=box.new_id(),
                uom_id=box.new_id(),
                price=1,
                valid_from="2025-01-01",
            )
        for code in ("north", "south"):
            self.put("warehouses", code, code=code, name=code, kind="main")
            fields = {"product_id": box.new_id(), "on_hand": 1, "as_of": 1}
            self.put("stock_balances", f"stock {code}", warehouse_id=self.ids[code], **fields)
        for number, login in ((1, "anna"), (2, "boris")):
            party, outlet, route = f"party {number}", f"outlet {number}", f"route {number}"
            self.put("parties", party, kind="company", name=party, legal_name=party, active=True)
            self.put(
                "outlets",
                outlet,
                party_id=self.ids[party],
                name=outlet,
                address="A",
                active=True,
            )
            self.put("routes", route, code=route, name=route, owner_user_id=self.users[login])
            self.put(
                "route_outlets",
                f"stop {number}",
                route_id=self.ids[route],
                outlet_id=self.ids[outlet],
            )
        self.lead("anna", "sven")
        self.put(
            "contacts",
            "ivan",
            party_id=self.ids["party 1"],
            name="Ivan",
            phone_e164="+79200000001",
            portal_access=True,
        )
        self.change("parties", "party 1", portal_access=True)
        self.devices = {login: box.device(login) for login in PEOPLE}
        self.held = {login: self.holds(login) for login in PEOPLE}

    def put(self, collection: str, name: str, /, **row: Any) -> None:
        """Store a record under a name of the test."""
        self.ids[name] = self.box.store(collection, row, self.ids.get(name))

    def change(self, collection: str, name: str, /, **fields: Any) -> None:
        """Change fields of a record; None clears one."""
        row: Row = {**self.box.records(collection)[self.ids[name]], **fields}
        self.box.store(collection, {k: v for k, v in row.items() if v is not None}, self.ids[name])

    def lead(self, login: str, leader: str | None) -> None:
        row = {**self.box.records("users")[self.users[login]]}
        row.pop("supervisor_id", None)
        if leader is not None:
            row["supervisor_id"] = self.users[leader]
        self.box.store("users", row, self.users[login])

    def holds(self, login: str) -> set[str]:
        """Return the names of the watched records that somebody's device holds."""
        names = {record_id: name for name, record_id in self.ids.items()}
        rows = self.box.pull(self.devices[login])
        return {names[one] for collection in WATCHED for one in rows.get(collection, ())}

    def moved(self) -> dict[str, tuple[set[str], set[str]]]:
        """Return what each device gained and lost since the last look, where it is anything."""
        changes = {}
        for login, before in self.held.items():
            now = self.holds(login)
            if now != before:
                changes[login] = (now - before, before - now)
            self.held[login] = now
        return changes


@pytest.fixture
def trade(fieldbox_box: Callable[..., PluginBox]) -> Trade:
    return Trade(fieldbox_box(plugin, now_ms=NOON))


NOTHING: set[str] = set()


def test_the_beginning(trade: Trade) -> None:
    assert trade.held["anna"] == {"outlet 1", "party 1", "route 1"}
    assert trade.held["boris"] == {"outlet 2", "party 2", "route 2"}
    assert trade.held["sven"] == trade.held["anna"]
    assert trade.held["gala"] == NOTHING
    assert trade.held["79200000001"] == {"outlet 1", "party 1"}
    assert {"outlet 1", "outlet 2", "price base", "stock south"} <= trade.held["olga"]
    assert trade.moved() == {}


def test_an_outlet_that_moves_to_another_route(trade: Trade) -> None:
    trade.change("route_outlets", "stop 1", route_id=trade.ids["route 2"])
    gone = {"outlet 1", "party 1"}
    assert trade.moved() == {
        "anna": (NOTHING, gone),
        "sven": (NOTHING, gone),
        "boris": (gone, NOTHING),
    }


def test_a_party_that_gets_another_price_list(trade: Trade) -> None:
    trade.change("parties", "party 1", price_list_id=trade.ids["child"])
    both = {"child", "base", "price child", "price base"}
    assert trade.moved() == dict.fromkeys(("anna", "sven", "79200000001"), (both, NOTHING))
    trade.change("parties", "party 1", price_list_id=trade.ids["deal"])
    other = {"deal", "price deal"}
    assert trade.moved() == dict.fromkeys(("anna", "sven", "79200000001"), (other, both))
    # The outlet's own list goes before it, for those of this outlet alone.
    trade.change("outlets", "outlet 1", price_list_id=trade.ids["base"])
    own = {"base", "price base"}
    assert trade.moved() == dict.fromkeys(("anna", "sven", "79200000001"), (own, other))


def test_a_user_who_gets_another_supervisor(trade: Trade) -> None:
    trade.lead("anna", "gala")
    hers = {"outlet 1", "party 1", "route 1"}
    assert trade.moved() == {"sven": (NOTHING, hers), "gala": (hers, NOTHING)}
    trade.lead("anna", None)
    assert trade.moved() == {"gala": (NOTHING, hers)}


def test_a_contract_that_ends_by_the_calendar_alone(trade: Trade) -> None:
    contract = {"number": "1", "date": "2025-06-01", "valid_to": "2025-06-15", "currency": "RUB"}
    trade.put(
        "contracts",
        "contract",
        party_id=trade.ids["party 1"],
        price_list_id=trade.ids["deal"],
        **contract,
    )
    prices = {"deal", "price deal"}
    trade.box.run_job("master_data", "turn_of_day")
    gained = trade.moved()
    assert gained.pop("olga") == ({"contract"}, NOTHING)
    assert gained == {
        who: (prices | {"contract"}, NOTHING) for who in ("anna", "sven", "79200000001")
    }
    trade.box.now_ms += 86_400_000
    trade.box.run_job("master_data", "turn_of_day")
    assert trade.moved() == dict.fromkeys(("anna", "sven", "79200000001"), (NOTHING, prices))
    assert trade.box.records("contracts")[trade.ids["contract"]]["state"] == "ended"


def test_an_outlet_that_ships_from_another_warehouse(trade: Trade) -> None:
    trade.change("outlets", "outlet 1", warehouse_id=trade.ids["north"])
    assert trade.moved() == {who: ({"stock north"}, NOTHING) for who in ("anna", "sven")}
    trade.change("outlets", "outlet 1", warehouse_id=trade.ids["south"])
    assert trade.moved() == {who: ({"stock south"}, {"stock north"}) for who in ("anna", "sven")}


@pytest.mark.parametrize(
    ("collection", "name", "fields"),
    [
        ("contacts", "ivan", {"portal_access": False}),
        ("contacts", "ivan", {"phone_e164": "+79200000009"}),
        ("parties", "party 1", {"portal_access": None}),
        ("parties", "party 1", {"active": False}),
    ],
)
def test_a_customer_who_loses_the_portal(
    trade: Trade, collection: str, name: str, fields: Row
) -> None:
    trade.change(collection, name, **fields)
    assert trade.moved() == {"79200000001": (NOTHING, {"outlet 1", "party 1"})}


def test_an_outlet_that_customers_no_longer_see(trade: Trade) -> None:
    trade.change("outlets", "outlet 1", portal_visible=False)
    assert trade.moved() == {"79200000001": (NOTHING, {"outlet 1"})}


def test_a_route_worked_by_another_device_for_two_days(trade: Trade) -> None:
    other = trade.box.device("boris")
    trade.put(
        "device_assignments",
        "duty",
        device_id=trade.devices["boris"].id,
        user_id=trade.users["boris"],
        route_ids=[trade.ids["route 1"]],
        valid_from="2025-06-16",
        valid_to="2025-06-17",
    )
    hers = {"outlet 1", "party 1", "route 1"}
    days = []
    for _ in range(4):
        trade.box.run_job("master_data", "turn_of_day")
        days.append(trade.moved())
        trade.box.now_ms += 86_400_000
    assert days == [{}, {"boris": (hers, NOTHING)}, {}, {"boris": (NOTHING, hers)}]
    # His other device is not the one that was assigned.
    assert trade.ids["outlet 1"] not in trade.box.pull(other)["outlets"]


def test_what_says_nothing_of_scope_moves_no_record(trade: Trade) -> None:
    trade.change("outlets", "outlet 1", address="B")
    trade.change("parties", "party 2", name="Two")
    trade.put("receivables", "debt", **debt(trade))
    assert trade.moved() == {}
    rows = trade.box.pull(trade.devices["anna"])
    assert rows["outlets"][trade.ids["outlet 1"]]["address"] == "B"
    assert rows["receivables"].keys() == {trade.ids["debt"]}
    assert trade.box.pull(trade.devices["boris"])["receivables"] == {}


def debt(trade: Trade) -> Row:
    return {
        "party_id": trade.ids["party 1"],
        "doc_type": "invoice",
        "doc_number": "1",
        "doc_date": "2025-06-01",
        "due_date": "2025-06-10",
        "amount": 1,
        "open_amount": 1,
        "currency": "RUB",
    }


def test_discounts_reach_those_whose_outlets_they_are_for(trade: Trade) -> None:
    trade.change("outlets", "outlet 1", segments=["A"])
    trade.change("parties", "party 2", group_id=trade.ids["party 1"])
    valid = {"object_kind": "all", "percent_bp": 100, "valid_from": "2025-01-01"}
    for kind, subject in (
        ("outlet", trade.ids["outlet 1"]),
        ("party", trade.ids["party 2"]),
        ("segment", "A"),
        ("group", trade.ids["party 1"]),
    ):
        trade.put(
            "customer_discounts", f"for {kind}", subject_kind=kind, subject_id=subject, **valid
        )
    names = {record_id: name for name, record_id in trade.ids.items()}

    def found(login: str) -> set[str]:
        rows = trade.box.pull(trade.devices[login])["customer_discounts"]
        return {names[record_id] for record_id in rows}

    assert found("anna") == found("79200000001") == {"for outlet", "for segment"}
    assert found("boris") == {"for party", "for group"}
    assert found("olga") == {"for outlet", "for party", "for segment", "for group"}
    trade.change("outlets", "outlet 1", segments=None)
    assert found("anna") == {"for outlet"}
