from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import Device, Row, User
from appliance.testing.fake_context import FakeContext
from appliance_master_data.plugin import plugin

Company = dict[str, dict[str, Row]]


def seen(context: FakeContext, login: str, role: str, org_id: str | None = None) -> set[str]:
    user = User(id=login, login=login, name=login, roles=(role,), org_id=org_id)
    device = Device(id="d", name="phone", platform="android", user=user)
    buckets = list(plugin.device_buckets(device, context))
    assert len(buckets) == len(set(buckets)), "a bucket is named twice"
    assert f"own:{login}" in buckets
    return set(buckets) - {f"own:{login}"}


@pytest.fixture
def context(make_context: Callable[..., FakeContext], company: Company) -> FakeContext:
    return make_context(company)


def test_a_rep_sees_what_hangs_on_his_active_routes_and_nothing_else(context: FakeContext) -> None:
    assert seen(context, "anna", "agent", "north") == {
        "all",
        "user:anna",
        "org:north",
        "org:hq",
        "route:r1",
        "outlet:o1",
        "outlet:o2",
        "party:p1",
        "party:p2",
        # o1 takes its party's list with the parent that its prices may come from, o2 its own.
        "price_list:l-child",
        "price_list:l-base",
        "price_list:l-own",
        "warehouse:w1",
    }


def test_the_warehouse_of_a_route_is_seen(context: FakeContext) -> None:
    assert {b for b in seen(context, "boris", "driver", "south") if b.startswith("ware")} == {
        "warehouse:w2"
    }


def test_a_user_without_org_or_routes_sees_all_and_himself(context: FakeContext) -> None:
    assert seen(context, "nobody", "client") == {"all", "user:nobody"}


def test_a_supervisor_sees_his_team(context: FakeContext) -> None:
    buckets = seen(context, "sven", "supervisor", "hq")
    assert {"user:sven", "user:anna", "user:boris", "route:r1", "route:r2"} <= buckets
    assert {"outlet:o1", "outlet:o2", "outlet:o3"} <= buckets
    assert "user:mira" not in buckets
    assert seen(context, "sven", "agent", "hq") == {"all", "user:sven", "org:hq"}


def test_a_manager_sees_his_branch(context: FakeContext) -> None:
    buckets = seen(context, "mira", "manager", "north")
    assert {"org:north", "org:hq", "user:anna", "route:r1", "outlet:o1", "warehouse:w3"} <= buckets
    assert not buckets & {"org:south", "user:boris", "route:r2", "outlet:o3", "warehouse:w2"}
    whole = seen(context, "mira", "manager", "hq")
    assert {"org:south", "user:boris", "route:r2", "outlet:o3", "warehouse:w2"} <= whole


def test_a_checker_sees_the_warehouses_of_his_unit(context: FakeContext) -> None:
    assert "warehouse:w3" in seen(context, "chen", "checker", "north")
    assert "warehouse:w3" not in seen(context, "chen", "cashier", "north")


@pytest.mark.parametrize("role", ["admin", "hq", "accounting"])
def test_the_office_sees_everything(context: FakeContext, company: Company, role: str) -> None:
    named = {
        "org_units": "org",
        "users": "user",
        "routes": "route",
        "outlets": "outlet",
        "parties": "party",
        "price_lists": "price_list",
        "warehouses": "warehouse",
    }
    everything = {f"{named[name]}:{key}" for name in named for key in company[name]}
    assert seen(context, "olga", role) == everything | {"all", "user:olga"}
    assert seen(context, "anna", role) == everything | {"all"}


def test_the_default_price_list_comes_with_its_parents(
    make_context: Callable[..., FakeContext], company: Company
) -> None:
    context = make_context(company, default_price_list="CHILD")
    assert {"price_list:l-child", "price_list:l-base"} <= seen(context, "boris", "agent", "south")


def test_loops_in_the_data_end(context: FakeContext) -> None:
    context.put("price_lists", "l-base", {"code": "BASE", "parent_id": "l-child"})
    context.put("org_units", "hq", {"code": "hq", "parent_id": "north"})
    assert "price_list:l-base" in seen(context, "anna", "agent", "north")
    assert "org:hq" in seen(context, "mira", "manager", "north")


def test_a_moved_outlet_changes_two_reps(context: FakeContext) -> None:
    context.put("route_outlets", "ro1", {"route_id": "r2", "outlet_id": "o1"})
    assert "outlet:o1" not in seen(context, "anna", "agent", "north")
    assert "outlet:o1" in seen(context, "boris", "agent", "south")


def test_a_route_of_300_outlets_among_6000_takes_time_for_300_only(
    make_context: Callable[..., FakeContext],
) -> None:
    def trade(outlets: int) -> dict[str, Any]:
        return {
            "routes": {"r": {"code": "R", "owner_user_id": "anna"}},
            "route_outlets": {
                f"ro{n}": {"route_id": "r" if n < 300 else "other", "outlet_id": f"o{n}"}
                for n in range(outlets)
            },
            "outlets": {f"o{n}": {"party_id": f"p{n % 4500}"} for n in range(outlets)},
            "parties": {f"p{n}": {"price_list_id": f"l{n % 6}"} for n in range(min(outlets, 4500))},
            "price_lists": {f"l{n}": {"code": f"L{n}"} for n in range(6)},
        }

    def best(context: FakeContext) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            assert len(seen(context, "anna", "agent")) == 609
            times.append(time.perf_counter() - start)
        return min(times)

    assert best(make_context(trade(6_000))) < 5 * best(make_context(trade(300)))
