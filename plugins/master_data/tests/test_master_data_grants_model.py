"""Grants against a slow reference that walks the records one by one, as data changes at random."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from appliance.api import Device, Row, User
from appliance.api.permissions import ROLES
from appliance.testing.fake_context import FakeContext
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.collections.roles import FIELD
from appliance_master_data.plugin import plugin
from appliance_master_data.settings import SETTINGS

HOURS = {"UTC": 0, "Europe/Moscow": 3, "Asia/Vladivostok": 10, "no such zone": 0}
"""Hours that clocks of a zone are ahead; none of them knows summer time."""

DAYS = ("2025-06-14", "2025-06-15", "2025-06-16")
PHONES = ("+79200000001", "+79200000002")


def ids(prefix: str, count: int) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{prefix}{n}" for n in range(count)])


UNITS, USERS, ROUTES, OUTLETS = ids("n", 3), ids("u", 4), ids("r", 3), ids("o", 4)
PARTIES, LISTS, HOUSES, DEVICES = ids("p", 3), ids("l", 4), ids("w", 3), ids("d", 2)
SEGMENTS = st.lists(st.sampled_from(["A", "B", "C"]), max_size=2)
OFTEN = st.sampled_from([True, True, True, False, None])
"""A flag; None leaves it out."""


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Leave a field out now and then."""
    return st.one_of(values, st.none())


def rarely(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Leave a field out most of the time, so that what stands behind it shows."""
    return st.one_of(st.none(), st.none(), st.none(), values)


def row(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    """A record with these fields, those that are None left out."""
    return st.fixed_dictionaries(fields).map(
        lambda record: {name: value for name, value in record.items() if value is not None}
    )


RECORDS: dict[str, tuple[st.SearchStrategy[str], st.SearchStrategy[Row]]] = {
    "org_units": (
        UNITS,
        row(
            code=st.just(""),
            legal_party_id=PARTIES,
            timezone=st.sampled_from([*HOURS]),
            parent_id=maybe(UNITS),
            price_list_id=maybe(LISTS),
        ),
    ),
    "users": (
        USERS,
        row(
            supervisor_id=maybe(USERS),
            org_id=maybe(UNITS),
            phone_e164=maybe(st.sampled_from(PHONES)),
        ),
    ),
    "routes": (
        ROUTES,
        row(
            owner_user_id=maybe(USERS),
            org_id=maybe(UNITS),
            warehouse_id=maybe(HOUSES),
            price_list_id=rarely(LISTS),
            active=OFTEN,
        ),
    ),
    "route_outlets": (ids("s", 6), row(route_id=ROUTES, outlet_id=OUTLETS)),
    "outlets": (
        OUTLETS,
        row(
            party_id=PARTIES,
            payer_party_id=maybe(PARTIES),
            price_list_id=rarely(LISTS),
            warehouse_id=rarely(HOUSES),
            segments=maybe(SEGMENTS),
            portal_visible=OFTEN,
            active=OFTEN,
        ),
    ),
    "parties": (
        PARTIES,
        row(
            price_list_id=rarely(LISTS),
            group_id=maybe(PARTIES),
            segments=maybe(SEGMENTS),
            portal_access=OFTEN,
            active=OFTEN,
        ),
    ),
    "contacts": (
        ids("k", 3),
        row(
            party_id=PARTIES,
            phone_e164=st.sampled_from(PHONES),
            portal_access=OFTEN,
            outlet_ids=rarely(st.lists(OUTLETS, max_size=2)),
        ),
    ),
    "contracts": (
        ids("c", 3),
        row(
            party_id=PARTIES,
            date=st.sampled_from(DAYS),
            valid_to=rarely(st.sampled_from(DAYS)),
            price_list_id=maybe(LISTS),
            state=rarely(st.sampled_from(["planned", "active", "suspended", "ended"])),
        ),
    ),
    "customer_discounts": (
        ids("x", 2),
        row(subject_kind=st.just("segment"), subject_id=st.sampled_from(["A", "B"])),
    ),
    "price_lists": (LISTS, row(code=st.just(""), parent_id=rarely(LISTS))),
    "warehouses": (HOUSES, row(org_id=maybe(UNITS))),
    "device_assignments": (
        ids("a", 2),
        row(
            device_id=DEVICES,
            user_id=USERS,
            valid_from=st.sampled_from(DAYS),
            valid_to=maybe(st.sampled_from(DAYS)),
            route_ids=maybe(st.lists(ROUTES, max_size=2)),
        ),
    ),
}
"""Ids and records of each collection that decides grants."""


class Reference:
    """What a device may see, by the words of the README and nothing else."""

    def __init__(self, data: dict[str, dict[str, Row]], now_ms: int, default_list: str) -> None:
        self.data, self.now_ms, self.default_list = data, now_ms, default_list

    def chain(self, unit: str | None) -> list[str]:
        """A unit and those above it, from the nearest on; a loop ends it."""
        found: list[str] = []
        while unit in self.data["org_units"] and unit not in found:
            found.append(unit)
            unit = self.data["org_units"][unit].get("parent_id")
        return found

    def today(self, org_id: str | None) -> str:
        units = self.data["org_units"]
        tops = [unit for unit in units if "parent_id" not in units[unit]]
        zone = "UTC"
        if org_id in units:
            zone = units[org_id]["timezone"]
        elif tops:
            zone = units[min(tops, key=lambda unit: str(units[unit]["code"]))]["timezone"]
        moment = datetime.fromtimestamp(self.now_ms / 1_000, UTC) + timedelta(hours=HOURS[zone])
        return moment.date().isoformat()

    def led(self, user: User) -> set[str]:
        people = {user.id}
        if {"supervisor", "manager"} & set(user.roles):
            for _ in self.data["users"]:
                people |= {
                    one
                    for one, record in self.data["users"].items()
                    if record.get("supervisor_id") in people
                }
        branch = self.branch(user)
        return people | {u for u, r in self.data["users"].items() if r.get("org_id") in branch}

    def branch(self, user: User) -> set[str]:
        if "manager" not in user.roles or user.org_id is None:
            return set()
        return {unit for unit in self.data["org_units"] if user.org_id in self.chain(unit)}

    def buckets(self, user: User, device: str) -> set[str]:
        roles = set(user.roles)
        seen = {"all", f"user:{user.id}", f"own:{user.id}"}
        if roles & {"admin", "hq", "accounting"}:
            return seen | self.everything()
        day, people, branch = self.today(user.org_id), self.led(user), self.branch(user)
        above = self.chain(user.org_id)
        duties = [
            duty
            for duty in self.data["device_assignments"].values()
            if duty["user_id"] in people
            and (duty["user_id"] != user.id or duty["device_id"] == device)
            and duty["valid_from"] <= day <= duty.get("valid_to", day)
        ]
        assigned = {route for duty in duties for route in duty.get("route_ids", ())}
        routes = {
            name: route
            for name, route in self.data["routes"].items()
            if route.get("active") is not False
            and (
                route.get("owner_user_id") in people
                or route.get("org_id") in branch
                or name in assigned
            )
        }
        seen |= {f"user:{one}" for one in people} | {f"route:{one}" for one in routes}
        seen |= {f"device:{duty['device_id']}" for duty in duties if duty.get("route_ids")}
        units = {*above, *branch}
        told = roles | (set(FIELD) if roles & {"supervisor", "manager"} else set())
        seen |= {f"org:{unit}" for unit in units} | {f"role:{role}" for role in told}
        seen |= {f"org:{unit}:role:{role}" for unit in units for role in told}
        seen |= {f"party:{self.data['org_units'][unit]['legal_party_id']}" for unit in above}
        seen |= {
            f"warehouse:{house}"
            for house, record in self.data["warehouses"].items()
            if record.get("org_id") in branch
            or ("checker" in roles and user.org_id and record.get("org_id") == user.org_id)
        }
        seen |= {f"warehouse:{r['warehouse_id']}" for r in routes.values() if "warehouse_id" in r}
        places = [
            (stop["outlet_id"], routes[stop["route_id"]])
            for stop in self.data["route_outlets"].values()
            if stop["route_id"] in routes
        ]
        if "client" in roles:
            seen |= self.guest(user, places)
        lists = {self.default_list} & self.data["price_lists"].keys()
        for outlet, route in places:
            place = self.data["outlets"].get(outlet)
            if place is not None:
                seen |= self.around(outlet, place, route)
                lists |= self.lists(place, route, user, day)
        while True:
            parents = {
                self.data["price_lists"][one]["parent_id"]
                for one in lists
                if "parent_id" in self.data["price_lists"].get(one, {})
            }
            if parents <= lists:
                return seen | {f"price_list:{one}" for one in lists}
            lists |= parents

    def guest(self, user: User, places: list[tuple[str, Row]]) -> set[str]:
        """Add a customer's outlets to the places; return the parties of his contacts."""
        phones = {f"+{user.login}", self.data["users"].get(user.id, {}).get("phone_e164")}
        seen = set()
        for contact in self.data["contacts"].values():
            party = self.data["parties"].get(contact["party_id"], {})
            open_ = contact.get("portal_access") and party.get("portal_access")
            if not open_ or party.get("active") is False or contact["phone_e164"] not in phones:
                continue
            seen.add(f"party:{contact['party_id']}")
            for outlet, place in self.data["outlets"].items():
                if (
                    place["party_id"] == contact["party_id"]
                    and place.get("portal_visible") is not False
                    and place.get("active") is not False
                    and outlet in (contact.get("outlet_ids") or [outlet])
                ):
                    on = [
                        s for s in self.data["route_outlets"].values() if s["outlet_id"] == outlet
                    ]
                    for stop in on or [{"route_id": ""}]:
                        route = self.data["routes"].get(stop["route_id"], {})
                        places.append((outlet, {} if route.get("active") is False else route))
        return seen

    def around(self, outlet: str, place: Row, route: Row) -> set[str]:
        party = self.data["parties"].get(place["party_id"], {})
        seen = {f"outlet:{outlet}", f"party:{place['party_id']}"}
        if "payer_party_id" in place:
            seen.add(f"party:{place['payer_party_id']}")
        if "group_id" in party:
            seen.add(f"group:{party['group_id']}")
        for segment in [*place.get("segments", ()), *party.get("segments", ())]:
            seen.add(f"segment:{segment}")
        house = place.get("warehouse_id", route.get("warehouse_id"))
        return seen if house is None else seen | {f"warehouse:{house}"}

    def lists(self, place: Row, route: Row, user: User, day: str) -> set[str]:
        if "price_list_id" in place:
            return {place["price_list_id"]}
        lists = {
            contract["price_list_id"]
            for contract in self.data["contracts"].values()
            if contract["party_id"] in (place["party_id"], place.get("payer_party_id"))
            and "price_list_id" in contract
            and contract.get("state", "active") in ("active", "planned")
            and contract["date"] <= day <= contract.get("valid_to", day)
        }
        party = self.data["parties"].get(place["party_id"], {})
        units = self.chain(route.get("org_id", user.org_id))
        chosen = [
            party.get("price_list_id"),
            route.get("price_list_id"),
            *(self.data["org_units"][unit].get("price_list_id") for unit in units),
        ]
        return lists | set([one for one in chosen if one is not None][:1])

    def everything(self) -> set[str]:
        # Each such bucket is the collection's name in the singular.
        other = {"org_units": "org", "parties": "party"}
        names = ("users", "routes", "outlets", "price_lists", "warehouses", *other)
        kinds = {name: other.get(name, name[:-1]) for name in names}
        seen = {f"{kind}:{one}" for name, kind in kinds.items() for one in self.data[name]}
        seen |= {f"role:{role}" for role in ROLES}
        seen |= {f"org:{u}:role:{role}" for u in self.data["org_units"] for role in ROLES}
        seen |= {f"device:{a['device_id']}" for a in self.data["device_assignments"].values()}
        seen |= {f"group:{p['group_id']}" for p in self.data["parties"].values() if "group_id" in p}
        return seen | {
            f"segment:{d['subject_id']}" for d in self.data["customer_discounts"].values()
        }


PEOPLE = st.builds(
    User,
    id=USERS,
    login=st.sampled_from(["anna", *(phone[1:] for phone in PHONES)]),
    name=st.just("N"),
    roles=st.sets(st.sampled_from([*ROLES]), min_size=1, max_size=2).map(tuple),
    org_id=st.none() | UNITS,
)


class Grants(RuleBasedStateMachine):
    """Records come, change and go; whoever asks gets what the reference says."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, dict[str, Row]] = {name: {} for name in RECORDS}
        defaults = {setting.name: setting.default for setting in SETTINGS}
        self.context = FakeContext(COLLECTIONS, settings=defaults | {"default_price_list": "l3"})

    @initialize(data=st.data())
    def found_a_company(self, data: st.DataObject) -> None:
        """Begin with nearly everything there: in an empty box little hangs on anything."""
        for name, (keys, rows) in RECORDS.items():
            for key, record in data.draw(st.dictionaries(keys, rows, min_size=2)).items():
                self._store(name, key, record)

    def _store(self, name: str, key: str, record: Row) -> None:
        if "code" in record:
            record = {**record, "code": key}  # no two have one
        self.data[name][key] = record
        self.context.put(name, key, record)

    @rule(data=st.data(), name=st.sampled_from([*RECORDS]))
    def put(self, data: st.DataObject, name: str) -> None:
        keys, rows = RECORDS[name]
        self._store(name, data.draw(keys), data.draw(rows))

    @rule(data=st.data(), name=st.sampled_from([*RECORDS]))
    def delete(self, data: st.DataObject, name: str) -> None:
        key = data.draw(RECORDS[name][0])
        self.data[name].pop(key, None)
        self.context.delete(name, key)

    @rule(hours=st.integers(-30, 30))
    def wait(self, hours: int) -> None:
        self.context.now_ms += hours * 3_600_000

    @rule(user=PEOPLE, device=DEVICES)
    def ask(self, user: User, device: str) -> None:
        asked = Device(id=device, name="", platform="", user=user)
        found = list(plugin.device_buckets(asked, self.context))
        assert len(found) == len(set(found))
        expected = Reference(self.data, self.context.now_ms, "l3").buckets(user, device)
        assert set(found) == expected

    @invariant()
    def those_who_matter_get_what_they_should(self) -> None:
        for role in ("agent", "manager", "client"):
            self.ask(User(id="u0", login=PHONES[0][1:], name="", roles=(role,), org_id="n0"), "d0")


TestGrants = Grants.TestCase
TestGrants.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)


@pytest.mark.slow
def test_a_long_walk() -> None:
    run_state_machine_as_test(
        Grants, settings=settings(max_examples=150, stateful_step_count=50, deadline=None)
    )
