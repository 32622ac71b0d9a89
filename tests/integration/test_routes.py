"""A rep's device sees its own route; when the route changes hands, so do the rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.held_records import HeldRecords
from appliance.testing.order_desk import OrderDesk

pytestmark = pytest.mark.slow

FILES = {
    "price_lists": "code,name,currency\nretail,Retail,RUB\nwhole,Wholesale,RUB\n",
    "products": "code,name,unit,vat\n" + "".join(f"P{n},Товар {n},PCE,20\n" for n in range(20)),
    "prices": "product,price_list,price,currency\n"
    + "".join(f"P{n},{name},{100 + n},RUB\n" for n in range(20) for name in ("retail", "whole")),
    "parties": "code,name,price list\nC1,ООО Север,retail\nC2,ООО Юг,whole\n",
    "outlets": "code,party,name,address,warehouse\nO1,C1,Магазин 1,Адрес 1,W\n"
    "O2,C1,Магазин 2,Адрес 2,W\nO3,C2,Магазин 3,Адрес 3,W\n",
    "routes": "code,name,owner\nR1,Север,anna\nR2,Юг,boris\n",
    "route_outlets": "route,outlet,sort\nR1,O1,1\nR1,O2,2\nR2,O3,1\n",
}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    with DaemonProcess(tmp_path_factory.mktemp("routes")) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        daemon.command("user", "add", "boris", "--role", "agent")
        for kind, text in FILES.items():
            load(daemon, kind, text)
        yield daemon


def load(box: DaemonProcess, kind: str, text: str) -> None:
    path = box.folder / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    box.command("import", kind, str(path), "--profile", "csv")


def phone(box: DaemonProcess, folder: Path, login: str) -> Device:
    device = Device(folder / f"{login}.db")
    device.enroll(box.invite(login), name=f"{login}'s phone")
    device.sync()
    return device


def codes(device: Device, collection: str, field: str = "code") -> set[str]:
    return {record.row[field] for record in device.rows(collection)}


def lists_priced(device: Device) -> set[str]:
    names = {record.id: record.row["code"] for record in device.rows("price_lists")}
    return {names[record.row["price_list_id"]] for record in device.rows("prices")}


def test_each_rep_sees_his_own_and_a_route_that_changes_hands_moves(box, tmp_path):
    anna, boris = phone(box, tmp_path, "anna"), phone(box, tmp_path, "boris")
    assert (codes(anna, "outlets"), codes(boris, "outlets")) == ({"O1", "O2"}, {"O3"})
    assert codes(anna, "parties", "name") == {"ООО Север"}
    assert codes(boris, "parties", "name") == {"ООО Юг"}
    assert (lists_priced(anna), lists_priced(boris)) == ({"retail"}, {"whole"})
    assert codes(anna, "products") == codes(boris, "products") == {f"P{n}" for n in range(20)}

    load(box, "routes", "code,name,owner\nR1,Север,boris\nR2,Юг,boris\n")
    for device in (anna, boris):
        assert device.sync().equal
    assert (codes(anna, "outlets"), codes(boris, "outlets")) == (set(), {"O1", "O2", "O3"})
    assert (lists_priced(anna), lists_priced(boris)) == (set(), {"retail", "whole"})

    load(box, "routes", "code,name,owner\nR1,Север,anna\nR2,Юг,boris\n")
    for device in (anna, boris):
        assert device.sync().equal
    assert (codes(anna, "outlets"), codes(boris, "outlets")) == ({"O1", "O2"}, {"O3"})


def test_an_order_goes_with_its_outlet_to_whoever_visits_it(box, tmp_path):
    load(box, "routes", "code,name,owner\nR1,Север,anna\nR2,Юг,boris\n")
    anna, boris = phone(box, tmp_path, "anna"), phone(box, tmp_path, "boris")
    schemas = {c["name"]: c["schema"] for c in anna.schema()["collections"] if c["writable"]}
    source = random.Random(1)
    held = HeldRecords(anna, source)
    desk = OrderDesk(anna, schemas, held, source, 1_800_000_000_000, "A")
    ordered, _ = desk.order()
    anna.sync()
    assert anna.get("orders", ordered).row["state"] == "accepted"
    boris.sync()
    assert list(boris.rows("orders")) == []
    load(box, "routes", "code,name,owner\nR1,Север,boris\nR2,Юг,anna\n")
    for device in (anna, boris):
        assert device.sync().equal
    assert [record.id for record in boris.rows("orders")] == [ordered]
    assert list(anna.rows("orders")) == []
