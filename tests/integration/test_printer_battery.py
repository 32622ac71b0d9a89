"""A printer's own battery on the real way: asked between jobs, shown, and waited for when low."""

from __future__ import annotations

import re
import time
import urllib.request
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from print_office import office

from appliance.printing.battery import Gauge
from appliance.printing.link import Link, Patience
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_printer import VirtualPrinter

pytestmark = pytest.mark.slow  # real daemons, lines and waits

FULL = Faults(battery=1.0)
DUMB = Link()
TELLING = Link(answers=True, reports=True, confirms="printed")


@pytest.mark.parametrize(
    ("question", "link", "full"),
    [
        ("ESC `", DUMB, "8.4 V"),
        ("GS I b", TELLING, "87 %"),
        ("DLE DC4 7", TELLING, "100 %"),
    ],
)
def test_a_battery_that_printing_empties_holds_the_queue_until_it_is_charged(
    tmp_path, question, link, full
):
    gauge = Gauge(question=question, low_mv=6_600, good_mv=7_000)
    with office(tmp_path, "pty", replace(FULL, drain=0.03), link, gauge=gauge) as one:
        one.until(lambda: one.worker.charge)
        assert str(one.worker.charge) == full
        one.add()
        one.until_job(1, "completed")
        one.later(31)
        one.until(lambda: one.worker.charge is not None and str(one.worker.charge) != full)
        assert one.worker.state.standing == "idle", "once is no time"
        one.later(6)
        one.stands("power-low")
        one.add()
        one.until(lambda: one.job(2).detail == "power-low")
        assert one.job(2).state == "pending"
        assert "battery" in one.worker.state.why
        one.printer.unplug()
        for _ in range(4):  # it is away for longer than a printer may be silent
            one.later(6)
            one.until(lambda: "power-low" in one.worker.state.reasons)
        assert one.job(2).state == "pending"
        one.printer.set_faults(FULL)
        one.printer.replug()
        one.later(6)
        one.until_job(2, "completed")
        assert str(one.worker.charge) == full
        assert (one.papers(1), one.papers(2)) == (1, 1)
        one.until(lambda: one.worker.state.standing == "idle")


@pytest.mark.parametrize("question", ["ESC `", "GS I b", "DLE DC4 7"])
@pytest.mark.parametrize(
    "faults",
    [Faults(), Faults(battery=0.0, silent=True), Faults(battery=0.0, garbage=b"\x37\xff\x12\x00")],
    ids=["has none", "silent", "garbage"],
)
def test_a_battery_that_tells_nothing_holds_nothing(tmp_path, question, faults):
    gauge = Gauge(question=question, low_mv=6_600, good_mv=7_000)
    with office(tmp_path, "pty", faults, DUMB, gauge=gauge, patience=Patience(stall=3.0)) as one:
        one.add()
        one.until_job(1, "completed")
        assert one.worker.charge is None
        assert one.papers(1) == 1


def test_a_printer_that_is_out_of_paper_is_not_asked_for_its_battery(tmp_path):
    gauge = Gauge(question="GS I b")
    faults = Faults(battery=0.0, paper_out_at=0)
    with office(tmp_path, "pty", faults, TELLING, gauge=gauge) as one:
        one.stands("media-empty")
        received = one.received()
        one.worker.wake()
        one.add()
        one.until(lambda: one.received() > received)
        assert one.worker.charge is None
        assert one.worker.state.reasons == {"media-empty"}


CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:0"
metrics_listen = "127.0.0.1:0"
[mdns]
enabled = false
[plugins]
enabled = []
[kit]
tell_s = 5
[kit.battery]
protocol = "ve_direct"
port = "{0}/nothing"
[printers.van]
transport = "serial"
port = "{0}/printer"
profile = "bixolon-spp-r"
"""


def test_it_is_shown_wherever_the_kit_is(tmp_path: Path) -> None:
    with (
        VirtualPrinter.on_pty(Faults(battery=0.1), link=tmp_path / "printer") as printer,
        DaemonProcess(tmp_path, CONFIG.format(tmp_path)) as box,
        closing(Device(tmp_path / "driver.db")) as driver,
    ):
        driver.enroll(box.invite("grigory", "driver"), name="phone")
        low = until(lambda: (row := on_the_phone(driver)).get("reasons") == ["power-low"] and row)
        assert low["state"] == "stopped"
        assert "12.5 % full, power-low" in box.command("kit", "status")
        assert "nearly empty (12 %): charge it" in box.command("printer", "list")
        printer.set_faults(Faults(battery=0.6))
        until(lambda: on_the_phone(driver).get("soc_permille") == 625)
        assert on_the_phone(driver)["state"] == "idle"
        assert "62.5 % full" in box.command("kit", "status")
        (row,) = box.ask("printer", "list")["printers"]
        assert row["battery"] == "62 %"
        assert 'fieldbox_printer_battery_ratio{printer="van"} 0.625' in metrics(box)


def on_the_phone(driver: Device) -> dict[str, Any]:
    driver.pull()
    rows = [record.row for record in driver.rows("kit_status")]
    return next((row for row in rows if row["name"] == "printer:van"), {})


def metrics(daemon: DaemonProcess) -> str:
    (place,) = re.findall(r"metrics +address='?([0-9.:]+)", daemon.log())[-1:]
    with urllib.request.urlopen(f"http://{place}/metrics") as answer:
        return str(answer.read().decode())


def until(found, seconds: float = 60.0):
    ends = time.monotonic() + seconds
    while not (it := found()):
        assert time.monotonic() < ends
    return it
