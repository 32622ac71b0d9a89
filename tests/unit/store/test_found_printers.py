"""Printers that the box finds: remembered, bounded, forgotten, and what becomes of their jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from box_bench import Bench

from appliance.hardware.print_desk import NoPrinter
from appliance.hardware.print_shop import PrintShop
from appliance.hardware.printer_search import StillNeeded
from appliance.hardware.usb_devices import usb_devices
from appliance.store.errors import StoreError
from appliance.store.found_printers import MOST_FOUND, FoundPrinterReader
from appliance.store.spool import SpoolReader
from appliance.testing.usb_testbed import UsbTestbed

NAME = "epson_tm_p80"


class Plugs(Bench):
    """A box with USB sockets; nothing is opened."""

    def __init__(self, folder: Path, config: str = "") -> None:
        super().__init__(folder, {}, config)
        self.sys = folder / "sys"
        self.shop = self.made()

    def made(self) -> PrintShop:
        return PrintShop(
            self.box, blobs=lambda _document: {}, devices=lambda: usb_devices(self.sys)
        )

    def restarted(self, config: str = "") -> PrintShop:
        self.close()
        plugs = Plugs(self.folder, config)
        self.box, self.shop = plugs.box, plugs.shop
        return self.shop

    def plugged(self, port: str = "1-1", serial: str = "J7K2", **texts: str) -> UsbTestbed:
        testbed = UsbTestbed(self.folder, port=port, serial=serial)
        testbed.texts = texts
        testbed.plug("")
        testbed.socket.touch()
        return testbed

    def names(self) -> list[str]:
        return [one.name for one in self.shop.stations.found]

    def jobs(self) -> list[tuple[str, str, int]]:
        jobs = self.box.store.read(lambda db: SpoolReader(db).newest(99, only_open=True))
        return [(job.printer, job.title, job.priority) for job in jobs]


@pytest.fixture
def plugs(tmp_path: Path) -> Iterator[Plugs]:
    made = Plugs(tmp_path)
    yield made
    made.close()


def test_a_new_printer_is_remembered_and_gets_one_slip(plugs: Plugs) -> None:
    assert plugs.shop.chosen(None) == "paper"
    testbed = plugs.plugged()
    assert plugs.shop.search.look() == {NAME}
    assert plugs.jobs() == [(NAME, "Status slip", 1)]
    assert plugs.shop.stations.named(NAME).profile.title == "Epson TM-P80, TM-P80II"
    assert plugs.shop.chosen(None) == NAME
    testbed.unplug()
    assert plugs.shop.search.look() == set()
    plugs.restarted()
    assert plugs.names() == [NAME]
    assert plugs.shop.chosen(None) == NAME
    plugs.plugged(port="1-4")
    assert plugs.shop.search.look() == {NAME}
    plugs.restarted().search.look()
    assert len(plugs.jobs()) == 1
    assert [one.port for one in plugs.shop.stations.found] == ["1-4"]


def test_the_first_is_the_one_that_is_plugged_in(plugs: Plugs) -> None:
    testbed = plugs.plugged()
    plugs.plugged("1-2", "OTHER")
    assert plugs.shop.search.look() == {NAME, f"{NAME}_2"}
    assert plugs.shop.chosen(None) == NAME
    testbed.unplug()
    plugs.shop.search.look()
    assert plugs.shop.chosen(None) == f"{NAME}_2"
    assert plugs.shop.chosen(NAME) == NAME
    plugs.restarted("[printers.office]\n").search.look()
    assert plugs.shop.chosen(None) == "office"


def test_two_of_one_serial_number_are_two(plugs: Plugs) -> None:
    plugs.plugged("1-1")
    second = plugs.plugged("1-2")
    plugs.shop.search.look()
    assert [one.identity for one in plugs.shop.stations.found] == [
        "usb:04b8:0e15:J7K2",
        "usb:04b8:0e15@1-2",
    ]
    assert len(plugs.jobs()) == 2
    second.unplug()
    assert plugs.shop.search.look() == {NAME}


def test_where_it_is_turned_off_nobody_is_found(tmp_path: Path) -> None:
    plugs = Plugs(tmp_path, "[printing]\ndiscover = false\n")
    plugs.plugged()
    assert plugs.shop.search.look() == set()
    assert plugs.names() == []
    plugs.close()


def test_an_office_printer_is_left_alone(plugs: Plugs) -> None:
    plugs.plugged(**{"1-1:1.0/ieee1284_id": "MFG:HP;CMD:PJL,PCL;"})
    assert plugs.shop.search.look() == set()
    assert plugs.names() == []


def test_no_more_are_remembered_than_can_be(plugs: Plugs) -> None:
    for number in range(MOST_FOUND + 3):
        testbed = plugs.plugged(serial=f"FRESH{number}")
        plugs.shop.search.look()
        testbed.unplug()
    assert len(plugs.names()) == MOST_FOUND
    assert len(plugs.jobs()) == MOST_FOUND


def test_a_configured_printer_gets_its_slip_and_another_model_in_its_place_too(
    tmp_path: Path,
) -> None:
    plugs = Plugs(tmp_path, '[printers.van]\ntransport = "usb"\n')
    shop = plugs.shop
    assert shop.stations.named("van").model == "generic"
    testbed = plugs.plugged()
    for _ in range(3):
        assert shop.search.look() == {"van"}
    assert shop.stations.named("van").model == "epson-tm-p80"
    assert plugs.jobs() == [("van", "Status slip", 1)]
    testbed.unplug()
    shop.search.look()
    assert shop.stations.named("van").model == "epson-tm-p80"
    plugs.plugged(serial="", idVendor="0416", idProduct="5011")
    shop.search.look()
    assert shop.stations.named("van").model == "xprinter"
    assert len(plugs.jobs()) == 2
    plugs.plugged("1-2")
    assert shop.search.look() == {"van"}
    assert shop.stations.named("van").model == "xprinter"
    assert len(plugs.jobs()) == 2
    plugs.close()


def test_a_slip_and_its_mark_are_one(plugs: Plugs, monkeypatch: pytest.MonkeyPatch) -> None:
    plugs.plugged()
    real = plugs.box.store.write

    def breaks(job):  # type: ignore[no-untyped-def]
        def broken(tx):  # type: ignore[no-untyped-def]
            done = job(tx)
            if plugs.names():  # the slip; what was found is stored before
                raise StoreError("the disk is full")
            return done

        return real(broken)

    monkeypatch.setattr(plugs.box.store, "write", breaks)
    assert plugs.shop.search.look() == {NAME}
    assert plugs.jobs() == []
    assert plugs.box.store.read(lambda db: FoundPrinterReader(db).slips()) == frozenset()
    monkeypatch.undo()
    plugs.shop.search.look()
    assert len(plugs.jobs()) == 1


def test_only_who_is_gone_and_done_with_is_forgotten(plugs: Plugs) -> None:
    testbed = plugs.plugged()
    plugs.shop.search.look()
    search = plugs.shop.search
    with pytest.raises(StillNeeded, match="unplug it"):
        search.forget(NAME)
    testbed.unplug()
    with pytest.raises(StillNeeded, match=r"1 jobs .* `fieldbox printer cancel NUMBER`"):
        search.forget(NAME)
    with pytest.raises(StillNeeded, match="stands in where the configuration names no printer"):
        search.forget("paper")
    with pytest.raises(NoPrinter):
        search.forget("nobody")
    (job,) = plugs.box.store.read(lambda db: SpoolReader(db).open(NAME))
    plugs.shop.cancel(job.id)
    search.forget(NAME)
    assert plugs.names() == []
    plugs.plugged()
    search.look()
    assert len(plugs.jobs()) == 1


def test_jobs_go_to_the_printer_of_the_configuration_that_takes_over(plugs: Plugs) -> None:
    plugs.plugged()
    plugs.shop.search.look()
    plugs.restarted('[printers.van]\ntransport = "usb"\nusb = "04b8:0e15:J7K2"\n')
    assert plugs.jobs() == [("van", "Status slip", 1)]
    assert plugs.names() == []
    plugs.shop.search.look()
    assert len(plugs.jobs()) == 1
    record = plugs.box.store.read(
        lambda db: db.row(
            "SELECT json_extract(r.body, '$.printer') FROM box_rows r JOIN box_collections k"
            " ON k.num = r.collection WHERE k.name = 'print_jobs' AND r.deleted = 0"
        )
    )
    assert record == ("van",)


def test_a_copy_of_what_a_printer_printed_that_is_none_any_more_goes_to_the_usual_one(
    plugs: Plugs,
) -> None:
    testbed = plugs.plugged()
    plugs.shop.search.look()
    (job,) = plugs.box.store.read(lambda db: SpoolReader(db).open(NAME))
    plugs.shop.cancel(job.id)
    testbed.unplug()
    plugs.shop.search.forget(NAME)
    assert plugs.shop.reprint(job.id, plugs.new_id()).printer == "paper"


def test_a_name_that_the_configuration_gives_to_another_printer_is_given_up(plugs: Plugs) -> None:
    plugs.plugged()
    plugs.shop.search.look()
    plugs.restarted(f"[printers.{NAME}]\n")
    assert plugs.names() == [f"{NAME}_2"]
    assert plugs.jobs() == [(f"{NAME}_2", "Status slip", 1)]
    assert plugs.shop.search.look() == {f"{NAME}_2"}
    plugs.restarted(f"[printers.{NAME}]\n")
    assert plugs.names() == [f"{NAME}_2"]
    assert len(plugs.jobs()) == 1
