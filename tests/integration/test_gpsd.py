"""gpsd itself, fed by gpsfake with a log, and a gpsd that goes away and comes back."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.selectreactor import SelectReactor

from appliance.config.address import Address
from appliance.config.kit import Position
from appliance.hardware.kit_source import PositionSource
from appliance.testing.line_player import NmeaPlayer
from appliance.vehicle.gpsd import MAX_LINE

pytestmark = pytest.mark.slow

TPV = {"class": "TPV", "mode": 3, "lat": 56.95, "lon": 24.1, "eph": 4.0}


class Turning:
    """A reactor of its own in a thread, so that a test can end it."""

    def __init__(self) -> None:
        self.reactor = SelectReactor()
        self._thread = threading.Thread(
            target=self.reactor.run, kwargs={"installSignalHandlers": False}
        )
        self._thread.start()

    def do(self, call: Callable[[], Any]) -> Any:
        done = threading.Event()
        found: list[Any] = []

        def run() -> None:
            found.append(call())
            done.set()

        self.reactor.callFromThread(run)
        assert done.wait(30)
        return found[0]

    def until(self, true: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not self.do(true):
            assert time.monotonic() < end

    def close(self) -> None:
        self.reactor.callFromThread(self.reactor.stop)
        self._thread.join()


@pytest.fixture
def turning() -> Iterator[Turning]:
    made = Turning()
    yield made
    made.close()


def followed(turning: Turning, port: int, took: list[Any]) -> PositionSource:
    settings = Position(source="gpsd", gpsd=Address("127.0.0.1", port))
    source = PositionSource(settings, turning.reactor, stale_s=15.0, took=took.append)
    turning.do(source.start)
    return source


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@pytest.mark.skipif(
    shutil.which("gpsfake") is None or shutil.which("gpsd") is None,
    reason="gpsd and gpsfake are not installed (gpsd, gpsd-clients)",
)
def test_positions_of_a_real_gpsd(turning: Turning, tmp_path: Path) -> None:
    player = NmeaPlayer(None, 1.0)
    player.knots, player.drive = 21.6, True
    log = tmp_path / "way.nmea"
    log.write_bytes(b"".join(player.message() for _ in range(60)))
    port = free_port()
    took: list[Any] = []
    source = followed(turning, port, took)
    fake = subprocess.Popen(
        ["gpsfake", "-q", "-P", str(port), "-c", "0.05", str(log)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        turning.until(lambda: len(took) > 5)
        thing = turning.do(source.thing)
        assert thing.state == "fix"
        assert abs(thing.figures["lat_e7"] - 569_500_000) < 2_000
        assert thing.figures["speed_kmh"] == 40
        assert turning.do(lambda: source.corrupt) == 0
    finally:
        turning.do(source.stop)
        fake.send_signal(signal.SIGINT)
        try:
            fake.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            fake.kill()
            fake.communicate()


class Gpsd:
    """A server that speaks as gpsd does, and wrongly where a test wants it."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listener.getsockname()[1])

    def accept(self) -> socket.socket:
        self._listener.settimeout(60)
        line, _ = self._listener.accept()
        line.settimeout(60)
        line.sendall(b'{"class":"VERSION","release":"3.22","proto_major":3,"proto_minor":14}\n')
        asked = line.recv(100)
        assert asked.startswith(b"?WATCH=")
        assert json.loads(asked[7:].rstrip(b"\n;"))["json"] is True
        return line

    def close(self) -> None:
        self._listener.close()


def say(line: socket.socket, **report: Any) -> None:
    line.sendall(json.dumps(report).encode() + b"\r\n")


def test_a_gpsd_that_goes_away_is_found_again(turning: Turning) -> None:
    took: list[Any] = []
    gpsd = Gpsd()
    source = followed(turning, gpsd.port, took)
    with gpsd.accept() as line:
        say(line, **TPV)
        turning.until(lambda: len(took) == 1)
        say(line, **{"class": "DEVICE", "path": "/dev/ttyUSB0", "activated": 0})
        turning.until(lambda: source.thing().state == "searching")
        assert "plugged in" in turning.do(source.thing).detail
    gpsd.close()
    turning.until(lambda: "127.0.0.1" in source.trouble)
    gpsd = Gpsd(gpsd.port)
    with gpsd.accept() as line:
        turning.until(lambda: source.trouble == "")
        say(line, **TPV)
        turning.until(lambda: len(took) == 2)
    turning.do(source.stop)
    gpsd.close()


def test_what_is_no_report_is_counted_and_an_endless_line_ends_the_connection(
    turning: Turning,
) -> None:
    took: list[Any] = []
    gpsd = Gpsd()
    source = followed(turning, gpsd.port, took)
    with gpsd.accept() as line:
        line.sendall(b"nonsense\r\n\xff\xfe\r\n")
        say(line, **TPV)
        turning.until(lambda: len(took) == 1)
        assert turning.do(lambda: source.corrupt) == 2
        line.sendall(b"x" * (MAX_LINE + 1))
        with pytest.raises(OSError, match="reset"):
            while line.recv(1_000):
                pass
            raise ConnectionResetError("reset")
    with gpsd.accept() as line:
        say(line, **TPV)
        turning.until(lambda: len(took) == 2)
    turning.do(source.stop)
    gpsd.close()
