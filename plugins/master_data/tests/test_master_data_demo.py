from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from appliance.api import Device, Field, Row, User, uuid7
from appliance.testing.fake_context import FakeContext
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.demo.company import inn
from appliance_master_data.gtin import gtin
from appliance_master_data.plugin import plugin

MakeContext = Callable[..., FakeContext]
ORG_UNIT = str(uuid7(1_000, bytes(10)))
PEOPLE = {login: str(uuid7(number, bytes(10))) for number, login in enumerate(("anna", "boris"), 1)}


@pytest.fixture
def box(make_context: MakeContext) -> FakeContext:
    """An empty box with two people."""
    users = {
        user_id: {"login": login, "name": login.title(), "roles": ["agent"], "org_id": ORG_UNIT}
        for login, user_id in PEOPLE.items()
    }
    return make_context({"users": users})


def options(**changed: str) -> dict[str, str]:
    users = ",".join(f"{login}={user_id}" for login, user_id in PEOPLE.items())
    return {"users": users, "org-unit": ORG_UNIT} | changed


def made(box: FakeContext) -> dict[str, dict[str, Row]]:
    result = plugin.run_command("demo-company", options(), box)
    assert not result.failed, result.text
    box.apply(result.writes)
    found: dict[str, dict[str, Row]] = {}
    for write in result.writes:
        assert write.id not in found.setdefault(write.collection, {}), write
        found[write.collection][write.id] = write.row
    assert dict(result.rows) == {name: len(rows) for name, rows in found.items()}
    return found


def test_the_company_has_what_a_first_look_needs(box: FakeContext) -> None:
    assert {name: len(rows) for name, rows in made(box).items()} == {
        "parties": 25,
        "org_units": 1,
        "warehouses": 1,
        "tax_rates": 1,
        "price_lists": 2,
        "product_groups": 8,
        "products": 60,
        "product_uoms": 120,
        "prices": 120,
        "stock_balances": 60,
        "outlets": 30,
        "routes": 2,
        "route_outlets": 30,
    }


def references(fields: tuple[Field, ...], row: Row) -> Iterator[tuple[str, Any]]:
    for field in fields:
        value = row.get(field.name)
        if field.of is not None and value is not None:
            yield field.of, value
        if field.items is not None and field.items.of is not None:
            yield from ((field.items.of, item) for item in value or ())


def test_every_record_fits_its_fields_and_points_to_others(box: FakeContext) -> None:
    found = made(box)
    for collection in COLLECTIONS:
        keys: Counter[tuple[Any, ...]] = Counter()
        for row in found.get(collection.name, {}).values():
            assert set(row) <= {field.name for field in collection.fields}
            for field in collection.fields:
                assert not field.required or row.get(field.name) is not None, (field, row)
            for target, record_id in references(collection.fields, row):
                assert box.missing(target, [record_id]) == [], (collection.name, target, row)
            keys[tuple(row.get(name) for name in collection.key)] += 1
        assert not collection.key or max(keys.values(), default=1) == 1, collection.name


def test_numbers_have_right_check_digits(box: FakeContext) -> None:
    found = made(box)
    codes = [gtin(row["gtin"]) for row in found["product_uoms"].values()]
    assert len(set(codes)) == 120
    assert {len(code) for code in codes} == {13, 14}
    assert {code[-13:][:3] for code in codes} == {"290"}
    assert {len(row["tax_id"]) for row in found["parties"].values()} == {10, 12}


def test_taxpayer_numbers_follow_the_published_rule() -> None:
    # 1 x 8 = 8
    assert inn(1, person=False) == "0000000018"
    # 1 x 8 = 8, then 1 x 6 + 8 x 8 = 70, modulo 11 is 4
    assert inn(1, person=True) == "000000000184"


def test_each_person_sees_the_own_route_alone(box: FakeContext) -> None:
    found = made(box)
    seen = {}
    for login, user_id in PEOPLE.items():
        user = User(id=user_id, login=login, name=login, roles=("agent",), org_id=ORG_UNIT)
        device = Device(id="d", name="phone", platform="android", user=user)
        buckets = list(plugin.device_buckets(device, box))
        seen[login] = {bucket for bucket in buckets if bucket.startswith("outlet:")}
        kinds = Counter(bucket.partition(":")[0] for bucket in buckets)
        assert (kinds["outlet"], kinds["route"], kinds["warehouse"]) == (15, 1, 1)
        assert kinds["price_list"] == 2
    assert not seen["anna"] & seen["boris"]
    assert len(seen["anna"] | seen["boris"]) == len(found["outlets"])


def test_it_is_the_same_in_every_box(box: FakeContext) -> None:
    first = plugin.run_command("demo-company", options(), box)
    again = plugin.run_command("demo-company", options(), box)
    assert first == again


def test_a_second_run_changes_nothing(box: FakeContext) -> None:
    made(box)
    result = plugin.run_command("demo-company", options(), box)
    assert (result.failed, result.writes) == (False, ())
    assert "already" in result.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"org-unit": "x"}, "no UUID"),
        ({"users": ""}, "names no user"),
        ({"users": "anna"}, "names no user"),
        ({"users": f"boris={PEOPLE['anna']}"}, "names no user"),
        ({"users": ",".join([f"anna={PEOPLE['anna']}"] * 2)}, "each person once"),
    ],
)
def test_wrong_options_are_refused(box: FakeContext, changed: dict[str, str], words: str) -> None:
    result = plugin.run_command("demo-company", options(**changed), box)
    assert (result.failed, result.writes) == (True, ())
    assert words in result.text


def test_a_box_with_data_of_its_own_is_left_alone(box: FakeContext) -> None:
    box.put("products", "p", {"code": "1", "name": "Чай", "active": True})
    result = plugin.run_command("demo-company", options(), box)
    assert (result.failed, result.writes) == (True, ())
    assert "data of its own (products)" in result.text
