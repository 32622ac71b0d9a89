"""Sources of the kit on pseudo terminals: cables that are pulled, bytes that are wrong."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.config.kit import Electric, Position
from appliance.hardware.kit_source import ElectricSource, KitSource, PositionSource
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.serial_reader import SerialReader
from appliance.testing.line_player import NmeaPlayer, VeDirectPlayer


class Reactor:
    """The thread of the test in place of a reactor: it runs what others want to have run."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = (
            queue.SimpleQueue()
        )
        self.later = 0.0

    def seconds(self) -> float:
        return time.monotonic() + self.later

    def callFromThread(self, call: Callable[..., None], *given: Any) -> None:
        self._calls.put((call, given))

    def until(self, true: Callable[[], bool], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            call, given = self._calls.get(timeout=max(0.0, end - time.monotonic()))
            call(*given)


@pytest.fixture
def reactor() -> Reactor:
    return Reactor()


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[KitSource], None]]:
    monkeypatch.setattr("appliance.hardware.serial_reader.FIRST_WAIT_S", 0.02)
    monkeypatch.setattr("appliance.hardware.serial_reader.LONGEST_WAIT_S", 0.02)
    sources: list[KitSource] = []

    def start(source: KitSource) -> None:
        source.start()
        sources.append(source)

    yield start
    for source in sources:
        source.stop()


def battery(reactor: Reactor, port: Path) -> ElectricSource:
    settings = Electric(protocol="ve_direct", port=port)
    return ElectricSource(
        "battery", settings, reactor, stale_s=15.0, took=lambda _source, _reading: None
    )


def test_a_battery_is_followed_through_unplugging(
    reactor: Reactor, running: Callable[[KitSource], None], tmp_path: Path
) -> None:
    link = tmp_path / "battery"
    source = battery(reactor, link)
    running(source)
    reactor.until(lambda: source.trouble != "")
    assert (source.thing().state, source.thing().reasons) == ("absent", ("absent",))
    assert "is the cable plugged in" in source.thing().detail
    with VeDirectPlayer.on_pty(link) as player:
        reactor.until(lambda: source.heard > 3)
        thing = source.thing()
        assert (thing.state, thing.figures["voltage_mv"], thing.detail) == ("reading", 12_800, "")
        # Pulled in the middle of a frame.
        player.fault = "silent"
        player.wait_said(1)
        player.say(b"\r\nV\t99999\r\nI\t-1")
        while source._frames._fields.get("V") != "99999":
            os.sched_yield()
        player.unplug()
        player.fault = "none"
        reactor.until(lambda: source.trouble != "")
        # A cable that shakes loose for a moment is no news; one that stays away is.
        assert source.thing().state == "reading"
        reactor.later += 16
        assert source.thing().state == "absent"
        assert source.thing().figures == {}
        player.voltage_mv = 11_000
        player.replug()
        reactor.until(lambda: source.thing().state == "reading")
        reactor.until(lambda: source.thing().figures.get("voltage_mv") == 11_000)
        assert source.corrupt == 0


def test_corrupt_and_cut_frames_are_counted_and_give_no_reading(
    reactor: Reactor, running: Callable[[KitSource], None], tmp_path: Path
) -> None:
    link = tmp_path / "battery"
    source = battery(reactor, link)
    with VeDirectPlayer.on_pty(link, every_s=0.01) as player:
        running(source)
        reactor.until(lambda: source.heard > 0)
        player.fault = "corrupt"
        player.wait_said(100)
        player.fault = "cut"
        player.wait_said(100)
        player.fault = "none"
        player.voltage_mv = 12_345
        reactor.until(lambda: source.thing().figures["voltage_mv"] == 12_345)
        assert source.corrupt > 50


def test_a_battery_that_falls_silent_is_told(
    reactor: Reactor, running: Callable[[KitSource], None], tmp_path: Path
) -> None:
    link = tmp_path / "battery"
    source = battery(reactor, link)
    with VeDirectPlayer.on_pty(link) as player:
        assert source.awaited
        running(source)
        reactor.until(lambda: source.heard > 0)
        player.fault = "silent"
        player.wait_said(2)
        reactor.later += 16
        thing = source.thing()
        assert (thing.state, thing.reasons, thing.figures) == ("silent", ("silent",), {})
        assert "is it on" in thing.detail


def test_a_charger_tells_what_it_does(
    reactor: Reactor, running: Callable[[KitSource], None], tmp_path: Path
) -> None:
    link = tmp_path / "charger"
    settings = Electric(protocol="ve_direct", port=link)
    heard: list[int | None] = []
    source = ElectricSource(
        "charger",
        settings,
        reactor,
        stale_s=15.0,
        took=lambda _source, reading: heard.append(reading.voltage_mv),
    )
    with VeDirectPlayer.on_pty(link) as player:
        player.charge = 5
        running(source)
        reactor.until(lambda: bool(heard))
        assert source.thing().figures["charge"] in ("float", None)
        reactor.until(lambda: source.thing().figures["charge"] == "float")


def position(reactor: Reactor, port: Path, took: list[Any]) -> PositionSource:
    settings = Position(source="nmea", port=port, worst_m=50)
    return PositionSource(settings, reactor, stale_s=15.0, took=took.append)


def test_a_position_is_followed_and_one_that_is_not_believed_is_told_as_such(
    reactor: Reactor, running: Callable[[KitSource], None], tmp_path: Path
) -> None:
    link = tmp_path / "gps"
    took: list[Any] = []
    source = position(reactor, link, took)
    player = NmeaPlayer.on_pty(link)
    player.fix = False
    with player:
        running(source)
        reactor.until(lambda: source.heard > 0)
        assert source.thing().state == "searching"
        assert took == []
        player.fix = True
        reactor.until(lambda: source.thing().state == "fix")
        assert source.thing().figures["lat_e7"] == 569_500_000
        assert took[-1].acc_m == 5
        player.hdop = 30.0
        reactor.until(lambda: source.thing().state == "inaccurate")
        assert source.thing().reasons == ("inaccurate",)
        assert source.thing().figures == {}
        player.hdop, player.mode = 0.9, "S"
        reactor.until(lambda: source.thing().state == "fix" and source.thing().reasons == ("mock",))
        assert took[-1].mock
        player.fault = "corrupt"
        player.wait_said(50)
        player.fault = "none"
        player.say(b"\x00" * 3_000)
        count = len(took)
        reactor.until(lambda: len(took) > count)
        assert source.corrupt > 5
        player.unplug()
        reactor.until(lambda: source.trouble != "")
        player.replug()
        reactor.until(lambda: len(took) > count + 2)


def test_stopping_does_not_wait_for_a_line_that_says_nothing(
    reactor: Reactor, tmp_path: Path
) -> None:
    link = tmp_path / "battery"
    with VeDirectPlayer.on_pty(link) as player:
        player.fault = "silent"
        source = battery(reactor, link)
        source.start()
        reactor.until(lambda: source.trouble == "" and source._line_open)
        began = time.monotonic()
        source.stop()
        assert time.monotonic() - began < 3.0


def test_a_mistake_in_taking_what_is_said_does_not_end_the_listening(
    running: object, tmp_path: Path
) -> None:
    taken: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    failed: list[bytes] = []

    def take(data: bytes) -> None:
        if not failed:
            failed.append(data)
            raise ZeroDivisionError
        taken.put(data)

    with VeDirectPlayer.on_pty(tmp_path / "battery") as player:
        reader = SerialReader("x", SerialTransport(player.port), take, lambda _fault: None)
        reader.start()
        assert taken.get(timeout=30)
        reader.stop()
