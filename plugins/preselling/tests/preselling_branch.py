"""A branch in a real box: its people, an outlet for each of two reps, and two products."""

from __future__ import annotations

import copy
from typing import Any

from preselling_desk import ORDER, line

from appliance.api import Row, User
from appliance.testing.box_device import BoxDevice, PushAnswer
from appliance.testing.plugin_box import PluginBox

PHONE = "35924670000"
"""Of the customer; his login too."""


class Branch:
    """A branch of two routes, two reps who own one each, and those who decide about orders.

    Attributes:
        box: the box.
        anna, boris: agents; `sven` leads anna, `mia` runs the branch, `olga` keeps its accounts.
        kim: the customer who owns both outlets.
        outlet, foreign: on anna's route, and on boris's.
    """

    def __init__(self, box: PluginBox) -> None:
        self.box = box
        self.list = box.store(
            "price_lists", {"name": "List", "currency": "EUR", "tax_included": True}
        )
        self.party = box.store(
            "parties",
            {
                "kind": "company",
                "name": "Corner",
                "legal_name": "Corner Ltd",
                "price_list_id": self.list,
                "portal_access": True,
                "active": True,
            },
        )
        self.north = box.store(
            "org_units",
            {
                "code": "N",
                "name": "North",
                "kind": "branch",
                "legal_party_id": self.party,
                "country": "BG",
                "currency": "EUR",
                "timezone": "Europe/Sofia",
                "language": "en",
                "tax_rounding": "per_line",
                "cash_round_minor": 1,
                "active": True,
            },
        )
        self.sven = self._person("sven", "supervisor")
        self.anna = self._person("anna", "agent", supervisor_id=self.sven.id)
        self.boris = self._person("boris", "agent")
        self.mia = self._person("mia", "manager")
        self.olga = self._person("olga", "accounting")
        self.kim = box.user(PHONE, "client")
        box.store(
            "contacts",
            {
                "party_id": self.party,
                "name": "Kim",
                "phone_e164": f"+{PHONE}",
                "portal_access": True,
            },
        )
        rate = {"country": "BG", "tax_category": "vat20", "rate_bp": 2_000}
        box.store("tax_rates", {**rate, "valid_from": "2020-01-01"})
        self.warehouse = box.store("warehouses", {"code": "W", "name": "W", "kind": "main"})
        goods = [
            {"code": code, "name": name, "base_uom": "PCE", "vat": "20"}
            for code, name in (("T", "Tea"), ("J", "Jam"))
        ]
        assert box.import_rows("products", goods).problems == ()
        self.products = {row["code"]: found for found, row in box.records("products").items()}
        units = {row["product_id"]: found for found, row in box.records("product_uoms").items()}
        self.units = {code: units[product] for code, product in self.products.items()}
        for code, product in self.products.items():
            sold = {"product_id": product, "uom_id": self.units[code]}
            price = {"price_list_id": self.list, "price": 100_100, "valid_from": "2020-01-01"}
            box.store("prices", {**price, **sold})
        self.outlet = self._outlet("O1", self.anna.id)
        self.foreign = self._outlet("O2", self.boris.id)
        self._devices: dict[str, BoxDevice] = {}

    def _person(self, login: str, role: str, **fields: Any) -> User:
        user = self.box.user(login, role, org_id=self.north)
        self.change("users", user.id, **fields)
        return user

    def _outlet(self, code: str, owner: str) -> str:
        outlet = self.box.store(
            "outlets",
            {
                "party_id": self.party,
                "code": code,
                "name": code,
                "address": "Main St 1",
                "active": True,
            },
        )
        route = {"code": code, "name": code, "owner_user_id": owner, "active": True}
        found = self.box.store("routes", route)
        self.box.store("route_outlets", {"route_id": found, "outlet_id": outlet})
        return outlet

    def change(self, collection: str, record_id: str, **fields: Any) -> None:
        """Change fields of a record, as the office would."""
        row = self.box.records(collection)[record_id] | fields
        there = {name: value for name, value in row.items() if value is not None}
        self.box.store(collection, there, record_id)

    def line(self, number: int, code: str = "T", **changes: Any) -> Row:
        """Return a line of three pieces for 30.03."""
        product = {"product_id": self.products[code], "uom_id": self.units[code]}
        return {**line(number), **product, **changes}

    def order(self, **changes: Any) -> Row:
        """Return a good order of anna's, of a line of tea and one of jam."""
        return {
            **copy.deepcopy(ORDER),
            "user_id": self.anna.id,
            "outlet_id": self.outlet,
            "party_id": self.party,
            "payer_party_id": self.party,
            "price_list_id": self.list,
            "warehouse_id": self.warehouse,
            "lines": [self.line(1), self.line(2, "J")],
            **changes,
        }

    def device(self, login: str) -> BoxDevice:
        """Return a person's device, which has pulled."""
        if login not in self._devices:
            self._devices[login] = self.box.device(login)
        self.box.pull(self._devices[login])
        return self._devices[login]

    def send(self, login: str, row: Row, record_id: str | None = None) -> tuple[str, PushAnswer]:
        """Send an order from a person's device; return its id and the answer."""
        self.box.now_ms += 1_000
        device = self.device(login)
        sent = device.put("orders", row, record_id)
        (answer,) = self.box.push(device, sent)
        return sent["id"], answer

    def edit(self, login: str, order_id: str, **changes: Any) -> PushAnswer:
        """Send an order from a person's device as it was pulled, with changes."""
        seen = self.device(login).rows["orders"][order_id]
        _, answer = self.send(login, seen | changes, order_id)
        return answer

    def act(self, login: str, action: str, order_id: str, **changes: Any) -> PushAnswer:
        """Ask from a person's device for something to be done with an order."""
        self.box.now_ms += 1_000
        device = self.device(login)
        seen = device.rows["orders"].get(order_id, {"revision": 1, "outlet_id": self.outlet})
        row = {
            "order_id": order_id,
            "outlet_id": seen["outlet_id"],
            "user_id": next(
                found for found, row in self.box.records("users").items() if row["login"] == login
            ),
            "action": action,
            "revision": seen["revision"],
            "created_at": self.box.now_ms,
            "tz_offset_min": 180,
            **changes,
        }
        (answer,) = self.box.push(device, device.put("order_actions", row))
        return answer

    def stored(self, order_id: str) -> Row:
        """Return an order as it is stored."""
        return self.box.records("orders")[order_id]

    def states(self, order_id: str) -> list[str]:
        """Return the states that were told of an order, in their order."""
        found = sorted(self.box.records("doc_states").values(), key=lambda row: row["at"])
        return [row["state"] for row in found if row["doc_id"] == order_id]
