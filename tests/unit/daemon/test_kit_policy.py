"""Whose voltage counts, and what the kit does when the machine cannot be switched off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from appliance.config import load_texts
from appliance.daemon.kit import Kit
from appliance.daemon.metrics import Metrics
from appliance.daemon.power_switch import NoSwitch
from appliance.store.box import Box
from appliance.store.kit_records import store_status, stored_status
from appliance.vehicle.kit_status import Thing
from appliance.vehicle.reading import Reading

CONFIG = """
state_dir = "state"
[kit.battery]
protocol = "ve_direct"
port = "/dev/null"
[kit.charger]
protocol = "ve_direct"
port = "/dev/zero"
[kit.power]
hold_below_v = 11.8
resume_above_v = 12.4
stop_below_v = 11.0
power_off = true
"""


class Reactor(Clock):
    def callFromThread(self, call: Callable[..., None], *given: Any) -> None:
        call(*given)


class Workers:
    def run(self, call: Callable[[], Any]) -> Deferred[Any]:
        return succeed(call())


class Van:
    def __init__(self, folder: Path, config: str) -> None:
        self.clock = Reactor()
        self.held: list[bool] = []
        self.asked_off = 0
        self.printers: list[Thing] = []
        self.box = Box(load_texts([("a.toml", config)], folder, {}), found=[])
        self.kit = Kit(
            self.box,
            self.clock,
            Workers(),  # type: ignore[arg-type]
            Metrics(),
            hold=self.held.append,
            printers=lambda: self.printers,
            off=self.off,
        )

    def off(self) -> None:
        self.asked_off += 1
        raise NoSwitch("no unit")

    def hear(self, seconds: int, *, battery: int | None = None, charger: int | None = None) -> None:
        """Let each say a voltage each second."""
        for _ in range(seconds):
            for source, millivolts in ((self.kit._battery, battery), (self.kit._charger, charger)):
                if source is not None and millivolts is not None:
                    source._said(Reading(voltage_mv=millivolts), 1)
            self.clock.advance(1)
            self.kit._look()

    def state(self, name: str) -> str:
        return next(view.thing.state for view in self.kit.views if view.thing.name == name)


@pytest.fixture
def van(tmp_path: Path) -> Iterator[Van]:
    made = Van(tmp_path, CONFIG)
    yield made
    made.box.close()


def test_the_batterys_own_monitor_counts_and_not_the_charger(van: Van) -> None:
    van.hear(60, battery=12_800, charger=11_000)
    assert (van.state("power"), van.held) == ("good", [])
    van.hear(20, battery=11_500, charger=14_000)
    assert (van.state("power"), van.held) == ("low", [True])
    van.hear(40, battery=12_500, charger=11_000)
    assert (van.state("power"), van.held) == ("good", [True, False])


def test_without_a_monitor_the_chargers_voltage_counts(tmp_path: Path) -> None:
    start, end = CONFIG.index("[kit.battery]"), CONFIG.index("[kit.charger]")
    van = Van(tmp_path, CONFIG[:start] + CONFIG[end:])
    van.hear(20, charger=11_500)
    assert (van.state("power"), van.held) == ("low", [True])
    van.box.close()


def test_a_switch_that_fails_is_asked_once_and_said(van: Van) -> None:
    with capture_logs() as logs:
        van.hear(300, battery=10_500)
    assert van.state("power") == "stopping"
    assert van.asked_off == 1
    assert ["no unit" in entry["reason"] for entry in logs if "reason" in entry] == [True]
    van.hear(60, battery=12_800)
    van.hear(100, battery=10_500)
    assert van.asked_off == 2


def test_without_power_off_devices_are_told_and_the_machine_is_left_alone(tmp_path: Path) -> None:
    van = Van(tmp_path, CONFIG.replace("power_off = true", ""))
    van.hear(300, battery=10_500)
    power = next(view.thing for view in van.kit.views if view.thing.name == "power")
    assert (power.state, power.figures["off_in_s"]) == ("stopping", None)
    assert "switch the box off" in power.detail
    assert van.asked_off == 0
    van.box.close()


def test_a_box_without_a_kit_tells_of_its_printers(tmp_path: Path) -> None:
    van = Van(tmp_path, 'state_dir = "state"')

    def told() -> dict[str, str]:
        van.box.store.write(lambda _tx: None)  # what was submitted before is stored
        return {row["name"]: row["state"] for _, row in van.box.store.fetch(stored_status)}

    old = Thing(name="printer:old", kind="printer", state="idle")
    van.box.store.write(
        lambda tx: store_status(tx, van.box.plugins.registry, [(old.record_id, old.row(1, 1))])
    )
    van.printers = [Thing(name="printer:van", kind="printer", state="idle")]
    van.kit.start()
    # Printers that the box found are known a moment after the start.
    assert told() == {"printer:old": "idle", "printer:van": "idle"}
    van.clock.pump([1] * 6)
    assert told() == {"printer:van": "idle"}
    van.printers = [
        Thing(name="printer:van", kind="printer", state="stopped", reasons=("media-empty",))
    ]
    van.clock.advance(1)
    assert told() == {"printer:van": "stopped"}
    van.printers = []
    van.clock.advance(1)
    assert told() == {}
    assert van.held == []
    van.kit.stop()
    van.box.close()
