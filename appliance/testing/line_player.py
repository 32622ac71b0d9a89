"""Players: what a battery monitor or a receiver of positions says on a pseudo terminal, and faults.

In a test::

    with VeDirectPlayer.on_pty(tmp_path / "battery") as battery:
        battery.voltage_mv = 11_400
        ...
        battery.unplug()

By hand::

    python -m appliance.testing.line_player ve-direct --pty /tmp/battery --from 12.6 --to 11.2
    python -m appliance.testing.line_player nmea --pty /tmp/gps --corrupt 10
"""

from __future__ import annotations

import math
import random
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from appliance.testing.virtual_printer import PtyLine

Fault = Literal["none", "corrupt", "cut", "silent"]
"""What goes wrong with a message: one of its bytes is another, its end is missing, it does not
come."""


def ve_direct_frame(fields: dict[str, object]) -> bytes:
    """Return a frame of VE.Direct's text protocol with its checksum."""
    body = b"".join(f"\r\n{name}\t{value}".encode() for name, value in fields.items())
    body += b"\r\nChecksum\t"
    return body + bytes([-sum(body) % 256])


def nmea_sentence(text: str) -> bytes:
    """Return a sentence of NMEA 0183, from what stands between ``$`` and ``*``."""
    checksum = 0
    for byte in text.encode():
        checksum ^= byte
    return f"${text}*{checksum:02X}\r\n".encode()


def nmea_degrees(degrees: float, positive: str, negative: str, width: int) -> str:
    """Return degrees as NMEA writes them: ``5656.9999,N``."""
    whole, minutes = divmod(round(abs(degrees) * 600_000), 600_000)
    text = f"{whole:0{width}}{minutes // 10_000:02}.{minutes % 10_000:04}"
    return f"{text},{negative if degrees < 0 else positive}"


class LinePlayer:
    """Says a message again and again in a thread, from `start` to `close`.

    Attributes:
        fault: what goes wrong with each message from now on.
        said: how many were said.
    """

    def __init__(self, link: Path | None, every_s: float, *, seed: int = 1) -> None:
        """Prepare.

        Args:
            link: leads to the serial port, also when it is replugged.
            every_s: seconds from one message to the next.
            seed: of what is random in faults.
        """
        self.fault: Fault = "none"
        self.said = 0
        self._line = PtyLine(link)
        self._every_s = every_s
        self._random = random.Random(seed)
        self._plugged = True
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="line player", daemon=True)

    @classmethod
    def on_pty(cls, link: Path | None = None, every_s: float = 0.05) -> Self:
        """A player on a pseudo terminal."""
        return cls(link, every_s)

    @property
    def port(self) -> Path:
        """The serial port."""
        return self._line.port

    def message(self) -> bytes:
        """Return what is said now."""
        raise NotImplementedError

    def start(self) -> Self:
        """Plug it in, and begin."""
        self._line.plug()
        self._thread.start()
        return self

    def close(self) -> None:
        """End it."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()
        self._line.unplug()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def unplug(self) -> None:
        """Pull the cable."""
        with self._changed:
            if self._plugged:
                self._plugged = False
                self._line.unplug()

    def replug(self) -> None:
        """Plug it in again."""
        with self._changed:
            if not self._plugged:
                self._plugged = True
                self._line.plug()

    def say(self, data: bytes) -> None:
        """Say something else, at once."""
        with self._changed:
            if self._plugged:
                self._line.answer(data)

    def wait_said(self, more: int, seconds: float = 30.0) -> None:
        """Wait until so many more messages were said. Raises `TimeoutError`."""
        with self._changed:
            goal = self.said + more
            if not self._changed.wait_for(lambda: self.said >= goal, seconds):
                raise TimeoutError(f"not within {seconds} s")

    def _run(self) -> None:
        with self._changed:
            while not self._ended:
                if self._plugged:
                    self._line.answer(self._damaged(self.message()))
                    self.said += 1
                    self._changed.notify_all()
                self._changed.wait(self._every_s)

    def _damaged(self, data: bytes) -> bytes:
        if self.fault == "silent":
            return b""
        at = self._random.randrange(1, len(data))
        if self.fault == "cut":
            return data[:at]
        if self.fault == "corrupt":
            other = data[at] ^ self._random.randrange(1, 256)
            return data[:at] + bytes([other]) + data[at + 1 :]
        return data


class VeDirectPlayer(LinePlayer):
    """A battery monitor, or a solar charger.

    Attributes:
        voltage_mv, current_ma, soc_permille: what it says.
        charge: the number of the charger's state (CS); None says it is a battery monitor.
        follow: asked for the voltage before each message, where it is set.
    """

    voltage_mv = 12_800
    current_ma = -1_500
    soc_permille = 870
    charge: int | None = None
    follow: Callable[[], int] | None = None

    def message(self) -> bytes:
        """Return a frame."""
        if self.follow is not None:
            self.voltage_mv = self.follow()
        fields: dict[str, object] = {"PID": "0xA389", "V": self.voltage_mv, "I": self.current_ma}
        if self.charge is not None:
            fields |= {"CS": self.charge, "PPV": 40, "ERR": 0}
        else:
            watts = round(self.voltage_mv * self.current_ma / 1_000_000)
            fields |= {"P": watts, "SOC": self.soc_permille, "TTG": 600, "Alarm": "OFF"}
        return ve_direct_frame(fields)


class NmeaPlayer(LinePlayer):
    """A receiver of positions.

    Attributes:
        lat, lon: degrees.
        knots, course: speed and heading.
        fix: whether it sees satellites.
        mode: ``A``; ``S`` simulated.
        hdop: dilution of precision; times 5 it is metres.
        drive: moves on at each message by its speed and heading.
    """

    lat = 56.95
    lon = 24.1
    knots = 0.0
    course = 90.0
    fix = True
    mode = "A"
    hdop = 0.9
    drive = False

    def message(self) -> bytes:
        """Return a GGA and an RMC."""
        if self.drive:
            metres = self.knots * 1.852 / 3.6 * self._every_s
            self.lat += metres * math.cos(math.radians(self.course)) / 111_195
            east = metres * math.sin(math.radians(self.course))
            self.lon += east / (111_195 * math.cos(math.radians(self.lat)))
        now = datetime.now(UTC)
        time, day = now.strftime("%H%M%S.00"), now.strftime("%d%m%y")
        if not self.fix:
            return nmea_sentence(f"GPGGA,{time},,,,,0,00,,,M,,M,,") + nmea_sentence(
                f"GPRMC,{time},V,,,,,,,{day},,,N"
            )
        place = f"{nmea_degrees(self.lat, 'N', 'S', 2)},{nmea_degrees(self.lon, 'E', 'W', 3)}"
        quality = 8 if self.mode == "S" else 1
        return nmea_sentence(
            f"GPGGA,{time},{place},{quality},09,{self.hdop},10.0,M,0.0,M,,"
        ) + nmea_sentence(
            f"GPRMC,{time},A,{place},{self.knots:.1f},{self.course:.1f},{day},,,{self.mode}"
        )


if __name__ == "__main__":
    from appliance.testing.line_player_command import main

    sys.exit(main())
