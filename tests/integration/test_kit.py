"""The kit of a van with a real daemon: voltage holds printing, devices see it, a track is kept."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from partner_plugin import PartnerPlugin

from appliance.api.values import uuid7
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.line_player import NmeaPlayer, VeDirectPlayer

pytestmark = pytest.mark.slow  # real daemons, lines and waits

SOURCE = """
from appliance import api
from appliance.api.documents import Text

@api.hookimpl
def manifest():
    return api.Manifest(name="acme", version="1.0", title="Acme")

@api.hookimpl
def collections():
    fields = (api.Field(name="owner", type="id", required=True),)
    return [api.Collection(name="slips", title="Slips", fields=fields, kind="fact",
        bucket=("user:{owner}",), direction="both", write=("*",))]

@api.hookimpl
def document_kinds():
    return [api.DocumentKind(name="slip", title="Slip", collection="slips")]

@api.hookimpl
def render_document(kind, record_id, row, language, context):
    return api.Document(title="Slip", blocks=(Text(text="<slip>"),), language="en")
"""
CONFIG = """
[kit]
tell_s = 5
[kit.battery]
protocol = "ve_direct"
port = "{0}/battery"
[kit.position]
source = "nmea"
port = "{0}/gps"
user = "grigory"
rest_s = 10
batch_s = 10
distance_m = 5
[kit.power]
hold_below_v = 11.8
resume_above_v = 12.4
hold_after_s = 1
resume_after_s = 1
stop_below_v = 11.0
stop_after_s = 5
notice_s = 5
stale_s = 3
power_off = true
"""


class Van:
    """A box with a battery, a receiver of positions, a printer that is a folder, and a driver."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runtime = folder / "run"
        self.runtime.mkdir()
        self.battery = VeDirectPlayer.on_pty(folder / "battery", every_s=0.2).start()
        self.receiver = NmeaPlayer.on_pty(folder / "gps", every_s=0.2).start()
        plugin = PartnerPlugin(folder / "site", SOURCE)
        self.box = DaemonProcess(
            folder,
            CONFIG.format(folder),
            environment={**plugin.environment, "RUNTIME_DIRECTORY": str(self.runtime)},
        )
        self.box.start()
        self.driver = Device(folder / "driver.db")
        self.driver.enroll(self.box.invite("grigory", "driver"), name="phone")
        self.driver.sync()

    def seen(self) -> dict[str, dict[str, Any]]:
        """The kit as the device has it, after a pull."""
        self.driver.pull()
        return {record.row["name"]: record.row for record in self.driver.rows("kit_status")}

    def until(self, true: Callable[[dict[str, dict[str, Any]]], bool], seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while not true(found := self.seen()):
            assert time.monotonic() < end, (found, self.box.log()[-2_000:])
            os.sched_yield()
        return found

    def print(self) -> str:
        record = self.driver.create("slips", {"owner": self.driver.identity.user["id"]})
        self.driver.sync()
        job = str(uuid7(int(time.time() * 1000)))
        self.driver.print(job, "slip", record)
        return job

    def job(self, job: str) -> dict[str, Any]:
        return {record.id: record.row for record in self.driver.rows("print_jobs")}[job]

    def close(self) -> None:
        self.driver.close()
        self.box.stop()
        self.battery.close()
        self.receiver.close()


@pytest.fixture
def van(tmp_path: Path) -> Iterator[Van]:
    made = Van(tmp_path)
    yield made
    made.close()


def test_a_low_voltage_holds_printing_and_a_higher_one_lets_it_go_on(van: Van) -> None:
    found = van.until(lambda seen: seen.get("power", {}).get("state") == "good")
    van.until(lambda seen: seen.get("battery", {}).get("voltage_mv") == 12_800)
    first = van.print()
    van.until(lambda _seen: van.job(first)["state"] == "completed")

    van.battery.voltage_mv = 11_500
    found = van.until(
        lambda seen: (
            seen["power"]["state"] == "low" and "power-low" in seen["printer:paper"]["reasons"]
        )
    )
    assert found["power"]["reasons"] == ["power-low"]
    assert "12.4 V" in found["power"]["detail"]
    assert found["printer:paper"]["state"] == "stopped"
    second = van.print()
    shown = van.box.ask("kit", "status")
    assert {thing["name"]: thing["state"] for thing in shown["things"]} == {
        "power": "low",
        "battery": "reading",
        "position": "fix",
        "printer:paper": "stopped",
    }
    # Between the thresholds nothing changes, and what a corrupt line says is not believed.
    van.battery.voltage_mv = 12_000
    van.battery.fault = "corrupt"
    van.battery.wait_said(15)
    van.seen()
    assert van.job(second)["state"] == "pending"

    van.battery.fault = "none"
    van.battery.voltage_mv = 12_900
    van.until(lambda _seen: van.job(second)["state"] == "completed")
    van.until(lambda seen: seen["printer:paper"]["state"] == "idle")
    van.until(lambda seen: seen["power"]["state"] == "good")
    assert list(van.runtime.iterdir()) == []


def test_a_battery_that_is_nearly_empty_has_devices_told_and_the_machine_stopped(van: Van) -> None:
    van.battery.voltage_mv = 10_900
    found = van.until(lambda seen: seen.get("power", {}).get("state") == "stopping")
    assert found["power"]["off_in_s"] <= 5
    assert not (van.runtime / "power-off").exists()
    van.until(lambda _seen: (van.runtime / "power-off").exists())
    assert "power_off" in van.box.log()
    assert van.box.stop() == 0
    stored = van.box.ask("kit", "status")
    assert stored["live"] is False
    assert {thing["name"] for thing in stored["things"]} >= {"power", "battery"}


def test_a_monitor_that_is_unplugged_is_told_and_changes_nothing_at_first(van: Van) -> None:
    van.battery.voltage_mv = 11_500
    van.until(lambda seen: seen.get("power", {}).get("state") == "low")
    van.battery.unplug()
    found = van.until(lambda seen: seen["battery"]["state"] == "absent")
    assert "voltage_mv" not in found["battery"]
    assert "cable" in found["battery"]["detail"]
    found = van.until(lambda seen: "voltage-unknown" in seen["power"]["reasons"])
    assert found["power"]["state"] == "low"
    van.battery.voltage_mv = 12_900
    van.battery.replug()
    van.until(lambda seen: seen["power"]["state"] == "good")


def test_the_track_of_the_van_is_the_drivers_and_its_last_part_is_stored_at_the_end(
    van: Van,
) -> None:
    van.until(lambda seen: seen.get("position", {}).get("state") == "fix")
    for step in range(5):
        van.receiver.lat = 56.95 + step / 1_000  # 111 m
        van.receiver.wait_said(6)
    here = van.until(
        lambda seen: seen["position"].get("lat_e7", 0) > 569_530_000 and "acc_m" in seen["position"]
    )["position"]
    assert (here["acc_m"], here["lon_e7"]) == (5, 241_000_000)
    with closing(Device(van.folder / "customer.db")) as customer:  # whom it does not concern
        customer.enroll(van.box.invite("pavel", "client"), name="phone")
        customer.sync()
        assert not list(customer.rows("kit_status"))
    assert van.box.stop() == 0
    van.box.start()
    records = van.box.ask("status")["store"]["records"]
    assert records["gps_points"] >= 1
    assert "track_lost" not in van.box.log()
