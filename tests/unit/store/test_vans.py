"""Which van a device is in, by the buckets that it is granted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from box_bench import Bench, CollectionsPlugin

from appliance.api import Collection, Field, hookimpl
from appliance.store.vans import plain, van_of

TEXT = {"type": "text"}


class Vans(CollectionsPlugin):
    """Vans as master_data and a plugin of van days have them; grants what a test says."""

    def __init__(self) -> None:
        text = [Field(name=name, type="text") for name in ("code", "kind", "plate")]
        links = [Field(name=name, type="id") for name in ("vehicle_id", "warehouse_id")]
        super().__init__(
            "vans",
            [
                Collection(
                    name="warehouses",
                    title="W",
                    bucket=("warehouse:{id}",),
                    fields=(*text[:2], links[0]),
                ),
                Collection(
                    name="vehicles", title="V", bucket=("van:{id}",), fields=(text[2], links[1])
                ),
            ],
        )
        self.granted: list[str] = []

    @hookimpl
    def device_buckets(self, device: object, context: object) -> list[str]:
        return self.granted


class Fleet(Bench):
    def __init__(self, folder: Path) -> None:
        self.vans = Vans()
        super().__init__(folder, {"vans": self.vans})
        self.device = self.add_device(self.add_user("grigory", ["driver"])).number

    def put(self, collection: str, **row: str) -> str:
        from appliance.api.mutations import Write
        from appliance.sync.writes import store_write

        record = self.new_id()
        write = Write(collection=collection, op="put", id=record, row=row)
        self.box.store.write(lambda tx: store_write(tx, self.box.plugins.registry, write))
        return record

    def van(self, *granted: str) -> frozenset[str]:
        self.vans.granted = list(granted)
        self.box.store.write(lambda tx: self.box.refresh_grants(tx, self.device))
        return self.box.store.read(lambda db: van_of(db, self.device))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(tmp_path)
    yield made
    made.close()


def test_the_one_warehouse_that_is_a_van_is_it(fleet: Fleet) -> None:
    house = fleet.put("warehouses", code="W-1", kind="main")
    van = fleet.put("warehouses", code="VAN-7", kind="van")
    other = fleet.put("warehouses", code="VAN-8", kind="van")
    assert fleet.van(f"warehouse:{house}") == frozenset()
    assert fleet.van(f"warehouse:{house}", f"warehouse:{van}") == {"van7", plain(van)}
    assert fleet.van(f"warehouse:{van}", f"warehouse:{other}") == frozenset()
    assert fleet.van("warehouse:missing", "outlet:x") == frozenset()


def test_who_knows_the_van_of_the_day_goes_before(fleet: Fleet) -> None:
    usual = fleet.put("warehouses", code="VAN-7", kind="van")
    today = fleet.put("warehouses", code="VAN-8", kind="van")
    vehicle = fleet.put("vehicles", plate="А 777 ВС", warehouse_id=today)
    said = fleet.van(f"warehouse:{usual}", f"van:{vehicle}")
    assert {"a777bc", "van8"} < said
    assert "van7" not in said
    assert fleet.van(f"van:{vehicle}", "van:another") == frozenset()
    assert fleet.van("van:unknown") == {"unknown"}


def test_a_van_says_what_its_vehicle_is_called(fleet: Fleet) -> None:
    vehicle = fleet.put("vehicles", plate="CA 1234-AB")
    van = fleet.put("warehouses", code="VAN-7", kind="van", vehicle_id=vehicle)
    assert fleet.van(f"warehouse:{van}") >= {"van7", plain("ca1234ab")}


@pytest.mark.parametrize(
    ("one", "other"),
    [("А777ВС", "a 777 bc"), ("CA-1234 AB", "ca1234ab"), ("VAN-07", "van 07")],
)
def test_a_plate_is_known_however_it_is_written(one: str, other: str) -> None:
    assert plain(one) == plain(other) != plain("x")
