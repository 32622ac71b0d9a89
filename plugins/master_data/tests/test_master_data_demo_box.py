"""The demo company in a real store: each record fits its collection, each device gets its share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import orjson
import pytest

from appliance.testing.box_device import BoxDevice
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.demo.plan import Plan
from appliance_master_data.plugin import plugin

MakeBox = Callable[..., PluginBox]
DAY = "2026-11-25"
DAY_MS = 1_795_600_000_000


class Filled(NamedTuple):
    """A box with the demo company in it, and its people by login."""

    box: PluginBox
    people: dict[str, tuple[Any, ...]]
    plan: Plan

    def device(self, login: str) -> BoxDevice:
        return self.box.device(login)


def fill(make: MakeBox, size: str) -> Filled:
    box = make(plugin, now_ms=DAY_MS)
    options = {"size": size, "day": DAY}
    people = box.run_command("master_data", "demo-people", **options).rows
    for login, user_id, _name, role, org_id, language in people:
        box.user(login, role, org_id=org_id, language=language, user_id=user_id)
    result = box.run_command("master_data", "demo-company", **options)
    assert not result.failed, result.text
    plan = Plan(size, 1, date.fromisoformat(DAY))
    return Filled(box, {row[0]: row for row in people}, plan)


def held(filled: Filled, login: str) -> tuple[dict[str, dict[str, Any]], Counter[str], int]:
    """Pull with a new device of a person: records, how many of each, and bytes of JSON."""
    rows = filled.box.pull(filled.device(login))
    counts = Counter({name: len(those) for name, those in rows.items() if those})
    size = sum(len(orjson.dumps(row)) for those in rows.values() for row in those.values())
    return rows, counts, size


def test_the_small_company_gives_each_agent_the_own_route(fieldbox_box: MakeBox) -> None:
    filled = fill(fieldbox_box, "small")
    seen: Counter[str] = Counter()
    for login in ("anna", "boris", "vera"):
        rows, counts, _ = held(filled, login)
        user_id = filled.people[login][1]
        (route,) = rows["routes"].values()
        assert route["owner_user_id"] == user_id
        seen.update(list(rows["outlets"]))
        assert counts["outlets"] == counts["route_outlets"]
        assert {row["party_id"] for row in rows["outlets"].values()} <= rows["parties"].keys()
        assert rows["receivables"].keys() <= filled.box.records("receivables").keys()
        assert {row["party_id"] for row in rows["receivables"].values()} <= rows["parties"].keys()
        assert counts["products"] == 120
        assert counts["stock_balances"] == 120
        assert set(rows["visit_scenarios"][route_scenario(rows)]["role"].split()) == {"agent"}
        assert all("recent_month" in row for row in rows["sales_history"].values())
    assert len(seen) == 45
    assert set(seen.values()) == {1}
    lead, leads, _ = held(filled, "lead")
    assert lead["outlets"].keys() == seen.keys()
    assert leads["routes"] == 5
    assert leads["users"] == 6
    client, clients, _ = held(filled, "client")
    chain = {row["party_id"] for row in client["outlets"].values()}
    assert len(chain) == 1
    (contact,) = client["contacts"].values()
    assert {contact["party_id"]} == chain
    assert clients["outlets"] == sum(
        row["party_id"] in chain for row in filled.box.records("outlets").values()
    )
    assert clients["routes"] == clients["visit_scenarios"] == 0


def route_scenario(rows: dict[str, dict[str, Any]]) -> str:
    (scenario,) = {row["scenario_id"] for row in rows["route_outlets"].values()}
    return str(scenario)


@pytest.mark.slow
def test_the_mid_company_has_the_volumes_it_should_have(fieldbox_box: MakeBox) -> None:
    filled = fill(fieldbox_box, "mid")
    counted = {
        name: len(filled.box.records(name))
        for name in (
            *("products", "product_groups", "price_lists", "prices", "outlets", "stock_balances"),
            *("receivables", "routes", "tax_rates", "org_units"),
        )
    }
    assert counted == {
        "products": 3_000,
        "product_groups": 300,
        "price_lists": 6,
        "prices": 18_000,
        "outlets": 6_000,
        "stock_balances": 12_000,
        "receivables": 15_000,
        "routes": 60,
        "tax_rates": 12,
        "org_units": 4,
    }
    agreed = filled.box.records("customer_discounts").values()
    assert sum(row["subject_kind"] != "segment" for row in agreed) == 20_000
    roles = Counter(row[3] for row in filled.people.values())
    assert (roles["agent"], roles["driver"], roles["merchandiser"]) == (40, 12, 8)
    sizes = {}
    for login, row in filled.people.items():
        if row[3] == "agent" and login in {"anna", "pavel", "nurlan", "georgi", "zhanar"}:
            rows, counts, size = held(filled, login)
            assert 130 <= counts["outlets"] <= 200
            days = Counter(
                day
                for stop in rows["route_outlets"].values()
                if stop.get("week_cycle") in (None, 1)
                for day in range(6)
                if stop["weekdays"] >> day & 1
            )
            assert all(15 <= times <= 40 for times in days.values()), days
            sizes[login] = (counts.total(), size)
    assert len(sizes) == 5
    assert all(17_000 <= rows <= 32_000 for rows, _ in sizes.values()), sizes
    assert all(4_500_000 <= size <= 8_500_000 for _, size in sizes.values()), sizes
    van, vans, _ = held(filled, "andrey")
    assert vans["warehouses"] == 2
    assert {row["kind"] for row in van["warehouses"].values()} == {"van", "branch"}
    office = held(filled, "office")[0]
    assert len({row["org_id"] for row in office["routes"].values()}) == 1
