"""Printers that are plugged into a running box, on emulated USB: found, named, with a slip."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.testing.daemon_process import CommandFailed, DaemonProcess
from appliance.testing.device import Device
from appliance.testing.receipt_printer import Faults
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_testbed import UsbTestbed, environment, missing

pytestmark = pytest.mark.slow

NAME = "epson_tm_p80"
SLIP = b"Status slip"
NO_PLUGINS = "[plugins]\nenabled = []\n"
XPRINTER = {"idVendor": "0416", "idProduct": "5011", "manufacturer": "", "product": "POS-80"}


class Van:
    """A box that nobody configured, and its USB sockets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.usb = folder / "usb"
        (self.usb / "sys").mkdir(parents=True)
        self.box = DaemonProcess(folder, NO_PLUGINS, environment=environment(self.usb))
        self.printers: list[UsbPrinter] = []

    def configure(self, config: str) -> None:
        self.box.stop()
        self.box = DaemonProcess(
            self.folder, NO_PLUGINS + config, environment=environment(self.usb)
        )

    def plug(self, testbed: UsbTestbed) -> UsbPrinter:
        printer = UsbPrinter(testbed).start()
        self.printers.append(printer)
        testbed.announce()
        return printer

    def until(self, true: Callable[[], Any], seconds: float = 30.0) -> Any:
        ends = time.monotonic() + seconds
        while not (found := true()):
            assert time.monotonic() < ends, self.box.log()
            os.sched_yield()
        return found

    def logged(self, event: str, times: int = 1) -> None:
        """Wait until the log tells of something so many times."""
        self.until(lambda: self.box.log().count(f"] {event} ") >= times)

    def jobs(self) -> list[tuple[int, str, str, str]]:
        found = self.box.ask("printer", "jobs", "--all")
        return [(job["number"], job["printer"], job["title"], job["state"]) for job in found]

    def rows(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self.box.ask("printer", "list")["printers"]}

    def close(self) -> None:
        self.box.stop()
        for printer in self.printers:
            printer.close()


@pytest.fixture
def van() -> Iterator[Van]:
    if reason := missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="usb") as folder:  # USB's sockets need a short path
        made = Van(Path(folder))
        yield made
        made.close()


def test_a_printer_that_is_plugged_in_is_found_named_and_gets_one_slip(van: Van) -> None:
    van.box.start()
    device = Device(van.folder / "phone.db")
    device.enroll(van.box.invite("grigory", "driver"), name="phone")
    assert [(one["name"], one["usual"]) for one in device.printers()] == [("paper", True)]
    printer = van.plug(testbed := UsbTestbed(van.usb))
    van.logged("job_ended")
    assert van.jobs() == [(1, NAME, "Status slip", "completed")]
    assert b"usb:04b8:0e15:J7K2" in printer.printed
    row = van.rows()[NAME]
    assert (row["found"], row["profile"], row["state"]) == (True, "epson-tm-p80", "plugged_in")
    usual = {one["name"]: one["usual"] for one in device.printers()}
    assert usual == {"paper": False, NAME: True}
    device.close()
    printer.unplug()
    testbed.announce()
    van.logged("printer_unplugged")
    assert van.rows()[NAME]["state"] == "absent"
    van.box.stop()
    van.box.start()
    waiting = van.box.ask("printer", "test", NAME, "--no-wait")
    assert waiting["state"] == "pending"
    with pytest.raises(CommandFailed, match="not finished"):
        van.box.command("printer", "forget", NAME)
    printer.replug()
    testbed.announce()
    van.logged("job_ended", 2)
    assert [(job[0], job[3]) for job in van.jobs()] == [(2, "completed"), (1, "completed")]
    assert printer.printed.count(SLIP) == 2
    printer.unplug()
    van.box.stop()
    assert van.box.ask("printer", "forget", NAME) == {"printer": NAME}
    assert set(van.rows()) == {"paper"}
    with pytest.raises(CommandFailed, match="stands in where the configuration names no printer"):
        van.box.command("printer", "forget", "paper")


def test_named_in_the_configuration_it_keeps_its_jobs(van: Van) -> None:
    van.box.start()
    printer = van.plug(testbed := UsbTestbed(van.usb))
    van.logged("job_ended")
    added = van.box.command("printer", "add", "van")
    assert "EPSON TM-P80 is the printer van" in added
    printer.unplug()
    van.box.ask("printer", "test", NAME, "--no-wait")
    van.box.stop()
    van.box.start()
    assert set(van.rows()) == {"van"}
    printer.replug()
    testbed.announce()
    van.logged("job_ended", 2)
    assert [job[:2] for job in van.jobs()] == [(2, "van"), (1, NAME)]


def test_another_model_in_its_place_is_printed_on_as_its_profile_says(van: Van) -> None:
    van.configure('[printing]\nstatus_slip = false\n[printers.van]\ntransport = "usb"\n')
    van.box.start()
    testbed = UsbTestbed(van.usb)
    epson = van.plug(testbed)
    assert van.box.ask("printer", "test", "van")["confirmed"] == "printed"
    assert b"Epson TM-P80" in epson.printed
    epson.unplug()
    waiting = van.box.ask("printer", "test", "van", "--no-wait")["number"]
    other = UsbTestbed(van.usb, serial="")
    other.texts = XPRINTER
    # Nothing is announced: the worker itself meets the other model before anybody has looked.
    xprinter = UsbPrinter(other).start()
    van.printers.append(xprinter)
    van.logged("job_ended", 2)
    assert van.jobs()[0] == (waiting, "van", "Status slip", "completed")
    assert b"\x1c\x2e" in xprinter.printed, "what the profile xprinter begins each job with"
    assert b"\x1c\x2e" not in epson.printed
    assert van.rows()["van"]["profile"] == "xprinter"


def test_a_slip_that_was_cut_is_ended_though_the_box_began_without_its_printer(van: Van) -> None:
    van.configure('[printing]\nstatus_slip = false\n[printers.van]\ntransport = "usb"\n')
    van.box.start()
    printer = van.plug(testbed := UsbTestbed(van.usb))
    van.until(lambda: van.rows()["van"]["profile"] == "epson-tm-p80")
    printer.set_faults(Faults(unplug_printed_at=len(printer.printed) + 4, speed=100))
    number = van.box.ask("printer", "test", "van", "--no-wait")["number"]
    van.logged("job_ended")
    van.box.stop()
    (cut,) = van.box.ask("printer", "jobs")
    assert (cut["number"], cut["asks"]) == (number, True)
    van.box.start()
    printer.set_faults(Faults())
    printer.replug()
    testbed.announce()
    van.box.ask("printer", "test", "van", "--no-wait")
    van.logged("job_ended", 2)
    assert van.jobs()[0][3] == "completed"
    assert bytes(cut["total"]) in printer.printed + printer.dropped, "the rest of what was cut"


def test_what_a_stranger_calls_itself_does_no_harm(van: Van) -> None:
    van.box.start()
    for port, texts in (
        ("1-1", {"idVendor": "dead", "product": "x" * 126, "serial": "\x1b]0;owned\x07"}),
        ("1-2", {"idVendor": "dead", "product": "../../paper", "manufacturer": "\u202e\x1b[2J"}),
        ("1-3", {"idVendor": "dead", "product": "paper", "manufacturer": "", "serial": "J7K2"}),
    ):
        testbed = UsbTestbed(van.usb, port=port)
        testbed.texts = texts
        van.plug(testbed)
    van.logged("printer_found", 3)
    rows = van.rows()
    assert set(rows) == {"paper", "epson_" + "x" * 34, "paper_2", "printer_2j_paper"}
    assert rows["paper"]["transport"] == "file"
    assert {row["where"] for row in rows.values() if row["found"]} == {
        "usb:dead:0e15:]0;owned",
        "usb:dead:0e15:J7K2",
        "usb:dead:0e15@1-3",
    }
    shown = van.box.command("printer", "list") + van.box.log()
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_devices_see_it_in_the_kit_until_it_is_forgotten(van: Van) -> None:
    van.configure(
        "[printing]\nstatus_slip = false\n"
        f'[kit.battery]\nprotocol = "ve_direct"\nport = "{van.folder}/battery"\n'
    )
    van.box.start()
    device = Device(van.folder / "phone.db")
    device.enroll(van.box.invite("grigory", "driver"), name="phone")

    def kit() -> set[str]:
        device.pull()
        return {record.row["name"] for record in device.rows("kit_status")}

    van.until(lambda: "printer:paper" in kit())
    printer = van.plug(testbed := UsbTestbed(van.usb))
    van.until(lambda: f"printer:{NAME}" in kit())
    printer.unplug()
    testbed.announce()
    van.box.command("printer", "forget", NAME)
    van.until(lambda: f"printer:{NAME}" not in kit())
    assert "printer:paper" in kit()
    device.close()


def test_a_box_that_is_killed_while_it_finds_a_printer_prints_one_slip(van: Van) -> None:
    printer = UsbPrinter(UsbTestbed(van.usb)).start()
    printer.open_cover()  # so that no kill meets the slip half printed
    van.printers.append(printer)
    moments = ("ready", "printer_found", "status_slip", "printer_plugged_in")
    for at in range(len(moments)):
        van.box.start()
        # A kill is never so exact that nothing more was done, and what is done is not done again.
        van.until(lambda at=at: any(f"] {moment} " in van.box.log() for moment in moments[at:]))  # type: ignore[misc]
        van.box.kill()
    van.box.start()
    printer.new_paper()
    van.logged("job_ended")
    (job,) = van.jobs()
    assert job == (1, NAME, "Status slip", "completed")
    assert van.rows().keys() == {"paper", NAME}
    assert printer.printed.count(SLIP) == 1
