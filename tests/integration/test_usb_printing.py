"""Printing over USB end to end: a device, a real daemon, the real libusb, emulated printers."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from partner_plugin import PRINTING, PartnerPlugin

from appliance.api.values import uuid7
from appliance.config.usb_name import UsbName
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.receipt_printer import Faults
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_program import UsbProgram
from appliance.testing.usb_testbed import UsbTestbed, environment, missing

pytestmark = pytest.mark.slow  # real daemons

PROFILE = """
title = "The test's printer"
pages = { 0 = "cp437" }
cut = "none"
feed_lines = 0
answers = true
confirms = "printed"
"""
LONGEST_S = 60.0


class UsbVan:
    """A box with two printers on USB, and two drivers with devices."""

    def __init__(self, folder: Path, usb: Path) -> None:
        self.usb = usb
        self.testbeds = {
            name: UsbTestbed(usb, port=f"1-{number}", serial=name.upper())
            for number, name in enumerate(("van", "belt"), 1)
        }
        self.printers = {name: UsbPrinter(bed).start() for name, bed in self.testbeds.items()}
        (folder / "profiles").mkdir()
        (folder / "profiles" / "test.toml").write_text(PROFILE)
        config = '[printing]\nprofiles = "profiles"\n' + "".join(
            f'[printers.{name}]\ntransport = "usb"\nusb = "04b8:0e15:{name.upper()}"\n'
            'profile = "test"\n'
            for name in self.printers
        )
        plugin = PartnerPlugin(folder / "site", PRINTING)
        self.box = DaemonProcess(
            folder, config, environment={**environment(usb), **plugin.environment}
        )
        self.box.start()
        self.devices = {}
        for login in ("grigory", "vera"):
            device = Device(folder / f"{login}.db")
            device.enroll(self.box.invite(login, "driver"), name=login)
            device.sync()
            self.devices[login] = device

    def print(self, text: str, login: str = "grigory", printer: str = "van") -> str:
        """Print a note and return the job's id."""
        device = self.devices[login]
        owner = device.identity.user["id"]
        record = device.create("notes_to_print", {"owner": owner, "text": text})
        device.sync()
        job_id = str(uuid7(int(time.time() * 1000)))
        device.print(job_id, "note", record, printer=printer)
        return job_id

    def until(self, true: Callable[[], bool]) -> None:
        ends = time.monotonic() + LONGEST_S
        while not true():
            assert time.monotonic() < ends, self.box.log()[-3_000:]
            os.sched_yield()

    def job(self, job_id: str, *states: str, login: str = "grigory") -> dict:
        """Wait for a job's state."""
        device = self.devices[login]
        self.until(lambda: device.print_job(job_id)["state"] in states)
        return device.print_job(job_id)

    def stopped(self, reason: str, printer: str = "van") -> str:
        """Wait until a printer stands still for a reason; return the words that users see."""
        device = self.devices["grigory"]
        seen = {}

        def stands() -> bool:
            seen.update({one["name"]: one for one in device.printers()})
            return reason in seen[printer]["reasons"]

        self.until(stands)
        return seen[printer]["detail"]

    def papers(self, text: str, printer: str = "van") -> int:
        return self.printers[printer].printed.count(f"<{text}>".encode())

    def close(self) -> None:
        for device in self.devices.values():
            device.close()
        self.box.stop()
        for printer in self.printers.values():
            printer.close()


@pytest.fixture(scope="module")
def van(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UsbVan]:
    if reason := missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="usb") as usb:  # its sockets need a short path
        made = UsbVan(tmp_path_factory.mktemp("van"), Path(usb))
        yield made
        made.close()


def test_a_cable_that_is_pulled_in_the_middle_is_asked_about(van: UsbVan) -> None:
    printer = van.printers["van"]
    van.job(van.print("first"), "completed")
    printer.set_faults(Faults(unplug_printed_at=len(printer.printed) + 4, speed=100))
    asks = van.job(van.print("milk"), "held")
    assert (asks["asks"], asks["reason"]) == (True, "outcome-unknown")
    assert asks["detail"].startswith("the printer 04b8:0e15:VAN is gone (")
    printer.set_faults(Faults())
    printer.replug()
    van.job(van.print("next"), "completed")
    seen = van.papers("milk")
    assert (seen, van.papers("next")) == (seen, 1)
    assert seen <= 1, "it was printed again and nobody asked"


def test_two_devices_print_on_two_printers_at_once(van: UsbVan) -> None:
    ids: dict[str, list[str]] = {"grigory": [], "vera": []}

    def print_all(login: str) -> None:
        for number in range(4):
            for printer in van.printers:
                ids[login].append(van.print(f"{login} {number}", login, printer))

    threads = [threading.Thread(target=print_all, args=(login,)) for login in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for login, jobs in ids.items():
        assert len(jobs) == 8
        for job_id in jobs:
            assert van.job(job_id, "completed", login=login)["confirmed"] == "printed"
        for printer in van.printers:
            assert [van.papers(f"{login} {n}", printer) for n in range(4)] == [1] * 4


def test_a_printer_is_lent_by_the_kernel_unplugged_taken_by_others_and_given_back(
    van: UsbVan,
) -> None:
    printer = van.printers["van"]
    job = van.job(van.print("lent"), "completed")
    assert (job["confirmed"], van.papers("lent")) == ("printed", 1)
    assert printer.driver == "", "usblp is put aside while the printer is open"

    printer.unplug()
    waiting = van.print("waiting")
    said = van.stopped("connecting-to-device")
    assert said == "no USB printer 04b8:0e15:VAN is plugged in and switched on; there is " + (
        "04b8:0e15:BELT EPSON TM-P80"
    )
    printer.driver = "usblp"
    printer.replug()
    van.job(waiting, "completed")
    assert van.papers("waiting") == 1

    printer.unplug()
    with UsbProgram(van.usb) as other:
        printer.driver = ""
        printer.replug()
        theirs = other.transport(UsbName.parse("04b8:0e15:VAN"))
        theirs.open(time.monotonic() + 10)
        busy = van.print("busy")
        said = van.stopped("device-busy")
        assert said.startswith("the printer 04b8:0e15:VAN is in use by ")
        assert van.devices["grigory"].print_job(busy)["state"] == "pending"
        theirs.close()
        van.job(busy, "completed")
    assert van.papers("busy") == 1

    printer.unplug()
    printer.driver = "usblp"
    printer.replug()
    van.job(van.print("once more"), "completed")
    assert printer.driver == ""
    assert van.box.stop() == 0
    assert (printer.driver, van.printers["belt"].driver) == ("usblp", "usblp")
