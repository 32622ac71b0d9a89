from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import Device, QueryError, Row, User
from appliance.testing.fake_context import FakeContext
from appliance_master_data.plugin import plugin

Company = dict[str, dict[str, Row]]


def named(context: FakeContext, login: str, role: str, org_id: str | None = None) -> set[str]:
    """Return all buckets that a device of somebody may see."""
    user = User(id=login, login=login, name=login, roles=(role,), org_id=org_id)
    device = Device(id="d", name="phone", platform="android", user=user)
    buckets = list(plugin.device_buckets(device, context))
    assert len(buckets) == len(set(buckets)), "a bucket is named twice"
    return set(buckets)


def seen(context: FakeContext, login: str, role: str, org_id: str | None = None) -> set[str]:
    """Return those beside what is his own and what roles are told."""
    buckets = named(context, login, role, org_id)
    assert f"own:{login}" in buckets
    return {bucket for bucket in buckets if "role:" not in bucket} - {f"own:{login}"}


@pytest.fixture
def context(make_context: Callable[..., FakeContext], company: Company) -> FakeContext:
    return make_context(company)


def test_a_rep_sees_what_hangs_on_his_active_routes_and_nothing_else(context: FakeContext) -> None:
    assert seen(context, "anna", "agent", "north") == {
        "all",
        "user:anna",
        "org:north",
        "org:hq",
        "party:own",
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
        "group:holding",
        "segment:A",
        "segment:horeca",
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
    assert seen(context, "sven", "agent", "hq") == {"all", "user:sven", "org:hq", "party:own"}


def test_who_leads_a_leader_leads_his_people_too(context: FakeContext) -> None:
    context.put("users", "sven", {"login": "sven", "supervisor_id": "gala"})
    assert {"user:sven", "user:anna", "route:r2"} <= seen(context, "gala", "supervisor")
    # A loop in the data ends.
    context.put("users", "gala", {"login": "gala", "supervisor_id": "anna"})
    assert "route:r2" in seen(context, "gala", "supervisor")


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
    kinds = {
        "org_units": "org",
        "users": "user",
        "routes": "route",
        "outlets": "outlet",
        "parties": "party",
        "price_lists": "price_list",
        "warehouses": "warehouse",
    }
    everything = {f"{kinds[name]}:{key}" for name in kinds for key in company[name]}
    everything |= {"group:holding"}
    assert seen(context, "olga", role) == everything | {"all", "user:olga"}
    assert seen(context, "anna", role) == everything | {"all"}
    told = named(context, "olga", role)
    assert {"role:agent", "role:client", "org:south:role:driver"} <= told
    assert not {bucket for bucket in told if bucket.startswith(("own:", "archive:"))} - {"own:olga"}


def test_what_a_role_is_told(context: FakeContext) -> None:
    def told(login: str, role: str) -> set[str]:
        return {b for b in named(context, login, role, "north") if "role:" in b}

    assert told("anna", "agent") == {"role:agent", "org:north:role:agent", "org:hq:role:agent"}
    # Who leads others gets what they are told.
    assert {"role:supervisor", "role:agent", "role:merchandiser"} <= told("sven", "supervisor")
    assert "org:north:role:driver" in told("mira", "manager")
    assert not {bucket for bucket in told("mira", "manager") if "client" in bucket}


def test_a_device_works_routes_of_others_for_a_time(context: FakeContext) -> None:
    duty = {
        "device_id": "d",
        "user_id": "anna",
        "route_ids": ["r2"],
        "valid_from": "2025-06-15",
        "valid_to": "2025-06-15",
    }
    context.put("device_assignments", "a1", duty)
    assert {"route:r2", "outlet:o3", "device:d"} <= seen(context, "anna", "agent", "north")
    # Who leads her sees what she works.
    context.delete("routes", "r1")
    assert "route:r2" in seen(context, "sven", "supervisor", "hq")
    for change in ({"device_id": "other"}, {"user_id": "boris"}, {"valid_to": "2025-06-14"}):
        context.put("device_assignments", "a1", {**duty, **change})
        assert "route:r2" not in seen(context, "anna", "agent", "north"), change
    context.put("device_assignments", "a1", {**duty, "valid_from": "2025-06-16"})
    assert "route:r2" not in seen(context, "anna", "agent", "north")


def lists_of(context: FakeContext, login: str = "boris", org_id: str = "south") -> set[str]:
    buckets = seen(context, login, "agent", org_id)
    return {b.partition(":")[2] for b in buckets if b.startswith("price_list:")}


def test_which_price_list_an_outlet_has(context: FakeContext) -> None:
    """o3 of p3 is on the route r2 of the unit south, below hq."""
    assert lists_of(context) == set()
    steps: list[tuple[str, str, Row]] = [
        ("org_units", "hq", {"code": "hq", "price_list_id": "l-own"}),
        ("org_units", "south", {"code": "s", "parent_id": "hq", "price_list_id": "l-other"}),
        ("routes", "r2", {"code": "R2", "owner_user_id": "boris", "price_list_id": "l-own"}),
        ("parties", "p3", {"name": "Three", "price_list_id": "l-child"}),
    ]
    for (collection, key, row), expected in zip(
        steps, ({"l-own"}, {"l-other"}, {"l-own"}, {"l-child", "l-base"}), strict=True
    ):
        context.put(collection, key, row)
        assert lists_of(context) == expected, (collection, key)
    contract = {"party_id": "p3", "date": "2025-01-01", "price_list_id": "l-other"}
    context.put("contracts", "c", contract)
    assert lists_of(context) == {"l-other", "l-child", "l-base"}
    for change in ({"state": "ended"}, {"valid_to": "2025-06-14"}, {"date": "2025-06-16"}):
        context.put("contracts", "c", {**contract, **change})
        assert lists_of(context) == {"l-child", "l-base"}, change
    context.put("contracts", "c", {**contract, "valid_to": "2025-06-15", "state": "planned"})
    assert lists_of(context) == {"l-other", "l-child", "l-base"}
    context.put("outlets", "o3", {"party_id": "p3", "price_list_id": "l-own"})
    assert lists_of(context) == {"l-own"}


PHONE = "+79200000001"


def portal(context: FakeContext, **changes: Any) -> set[str]:
    contact = {"party_id": "p1", "phone_e164": PHONE, "portal_access": True, **changes}
    context.put("contacts", "k", contact)
    return seen(context, PHONE[1:], "client")


def test_a_customer_sees_the_outlets_that_he_looks_after(context: FakeContext) -> None:
    context.put("parties", "p1", {"name": "One", "portal_access": True, "price_list_id": "l-base"})
    own = {"all", f"user:{PHONE[1:]}"}
    everything = {
        *own,
        "party:p1",
        "party:p2",
        "outlet:o1",
        "outlet:o2",
        "price_list:l-base",
        "price_list:l-own",
        "warehouse:w1",
        "segment:A",
    }
    assert portal(context) == everything
    assert portal(context, outlet_ids=["o1"]) == everything - {
        *("outlet:o2", "party:p2", "price_list:l-own", "segment:A")
    }
    assert portal(context, outlet_ids=["o3"]) == own | {"party:p1"}
    assert portal(context, portal_access=False) == own
    assert portal(context, phone_e164="+79200000002") == own
    # His phone may stand in his record, whatever his login is.
    context.put("users", "ivan", {"login": "ivan", "phone_e164": PHONE})
    portal(context)
    assert seen(context, "ivan", "client") == everything - own | {"all", "user:ivan"}
    assert seen(context, "ivan", "agent") == {"all", "user:ivan"}
    context.put("outlets", "o1", {"party_id": "p1", "portal_visible": False})
    assert "outlet:o1" not in portal(context)
    context.put("parties", "p1", {"name": "One", "portal_access": True, "active": False})
    assert portal(context) == own


def test_a_route_gives_a_customer_what_the_outlet_lacks_and_not_itself(
    context: FakeContext,
) -> None:
    context.put("parties", "p3", {"name": "Three", "portal_access": True})
    way = {"code": "R2", "warehouse_id": "w2", "price_list_id": "l-other"}
    context.put("routes", "r2", way)
    buckets = portal(context, party_id="p3")
    assert {"outlet:o3", "warehouse:w2", "price_list:l-other"} <= buckets
    assert not {bucket for bucket in buckets if bucket.startswith("route:")}
    context.put("routes", "r2", {**way, "active": False})
    assert not {"warehouse:w2", "price_list:l-other"} & portal(context, party_id="p3")


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


def test_a_route_of_300_outlets_among_6000_costs_work_for_300_only(
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

    def steps(context: FakeContext) -> int:
        """Return about how many steps of SQLite's virtual machine the dearest query takes."""
        for most in range(10_000, 2_000_000, 10_000):
            context.max_steps = most
            try:
                assert len(seen(context, "anna", "agent")) == 609
            except QueryError:
                continue
            return most
        raise AssertionError("it takes too many steps to count")

    few = steps(make_context(trade(300)))
    assert steps(make_context(trade(6_000))) <= few + 10_000


def test_more_outlets_take_no_more_queries(context: FakeContext) -> None:
    asked: list[str] = []
    select = context.select

    def counted(sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return select(sql, parameters)

    context.select = counted  # type: ignore[method-assign]
    seen(context, "anna", "agent", "north")
    few = len(asked)
    for number in range(300):
        context.put("outlets", f"x{number}", {"party_id": f"y{number}"})
        context.put("route_outlets", f"z{number}", {"route_id": "r1", "outlet_id": f"x{number}"})
    assert len(seen(context, "anna", "agent", "north")) > 600
    assert len(asked) - few == few <= 7
