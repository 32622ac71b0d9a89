"""NMEA 0183: fixes out of the sentences of a receiver on a serial line, by pynmeagps.

RMC gives place, speed, heading and time; GGA and GST, where the receiver sends them, its accuracy,
satellites and kind. All other sentences are passed over unread.
"""

from __future__ import annotations

import datetime
import math
from typing import Any

from pynmeagps import NMEAReader
from pynmeagps.exceptions import NMEAParseError, NMEATypeError

from appliance.vehicle.fix import Fix, fix_of

MAX_SENTENCE = 256
"""Bytes of a sentence. NMEA 0183 allows 82; receivers send longer ones."""

KMH_A_KNOT = 1.852

METRES_A_DOP = 5.0
"""The error of one satellite's range, by which a dilution of precision becomes metres."""

_USED = (b"RMC", b"GGA", b"GST")
_MOCK_MODES = ("S", "M")
_MOCK_QUALITIES = (7, 8)
"""Simulated or typed in: of RMC's mode and of GGA's quality."""

_KEPT_FOR = 3
"""RMC sentences for which what a GGA or GST said holds."""


class NmeaParser:
    """Fixes out of the bytes of a line.

    Attributes:
        sentences: how many of the used ones were whole.
        corrupt: how many were not, or were too long.
    """

    def __init__(self) -> None:
        self.sentences = 0
        self.corrupt = 0
        self.restart()

    def restart(self) -> None:
        """Forget the sentence under way: the line was opened anew."""
        self._rest = bytearray()
        self._skipping = True
        self._gga: Any = None
        self._gga_left = 0
        self._accuracy_m: float | None = None
        self._accuracy_left = 0

    def feed(self, data: bytes) -> list[Fix | None]:
        """Take bytes; return the fixes that they complete, None for each "no fix yet"."""
        found: list[Fix | None] = []
        *complete, tail = data.split(b"\n")
        for piece in complete:
            self._add(piece)
            line, skipped = bytes(self._rest), self._skipping
            self._rest.clear()
            self._skipping = False
            if not skipped and self._is_used(line):
                self._read(line, found)
        self._add(tail)
        return found

    def _add(self, piece: bytes) -> None:
        if self._skipping:
            return
        if len(self._rest) + len(piece) > MAX_SENTENCE:
            self.corrupt += 1
            self._rest.clear()
            self._skipping = True
            return
        self._rest += piece

    @staticmethod
    def _is_used(line: bytes) -> bool:
        return line[:1] == b"$" and line[3:6] in _USED and line[6:7] == b","

    def _read(self, line: bytes, found: list[Fix | None]) -> None:
        sentence = _parsed(line)
        if sentence is None:
            self.corrupt += 1
            return
        self.sentences += 1
        kind = line[3:6]
        if kind == b"GGA":
            self._gga, self._gga_left = sentence, _KEPT_FOR
        elif kind == b"GST":
            north, east = _figure(sentence, "stdLat"), _figure(sentence, "stdLong")
            if north is not None and east is not None:
                self._accuracy_m, self._accuracy_left = math.hypot(north, east), _KEPT_FOR
        else:
            found.append(self._fix(sentence))

    def _fix(self, rmc: Any) -> Fix | None:
        gga = self._gga if self._gga_left > 0 else None
        accuracy = self._accuracy_m if self._accuracy_left > 0 else None
        self._gga_left -= 1
        self._accuracy_left -= 1
        lat, lon = _figure(rmc, "lat"), _figure(rmc, "lon")
        if getattr(rmc, "status", "") != "A" or lat is None or lon is None:
            return None
        speed = _figure(rmc, "spd")
        dop = _figure(gga, "HDOP")
        satellites = _figure(gga, "numSV")
        if accuracy is None and dop is not None:
            accuracy = dop * METRES_A_DOP
        return fix_of(
            lat,
            lon,
            acc_m=accuracy,
            speed_kmh=None if speed is None else speed * KMH_A_KNOT,
            heading_deg=_figure(rmc, "cog"),
            satellites=None if satellites is None else int(satellites),
            at_ms=_moment(rmc),
            mock=getattr(rmc, "posMode", "") in _MOCK_MODES
            or _figure(gga, "quality") in _MOCK_QUALITIES,
        )


def _parsed(line: bytes) -> Any:
    """A sentence whose checksum is right; None for another."""
    if b"*" not in line:
        return None
    try:
        return NMEAReader.parse(line)
    except (NMEAParseError, NMEATypeError):
        return None


def _figure(sentence: Any, name: str) -> float | None:
    value = getattr(sentence, name, None)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def _moment(rmc: Any) -> int | None:
    day, time = getattr(rmc, "date", None), getattr(rmc, "time", None)
    if not isinstance(day, datetime.date) or not isinstance(time, datetime.time):
        return None
    at = datetime.datetime.combine(day, time, datetime.UTC)
    return int(at.timestamp() * 1000)
