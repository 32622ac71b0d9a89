"""gpsd's JSON protocol: fixes out of its reports.

Source: gpsd_json(5). A connection begins with `WATCH`; gpsd answers with one object a line. TPV
tells the place, SKY the satellites, DEVICE of a receiver that comes or goes, ERROR what is wrong.
"""

from __future__ import annotations

import datetime
import math

import msgspec

from appliance.vehicle.fix import Fix, fix_of

WATCH = b'?WATCH={"enable":true,"json":true};\n'
"""What a client sends to be told."""

MAX_LINE = 16_384
"""Bytes of one report; gpsd's own limit is 10,240."""

MAJOR = 3
"""Of the protocol's version that is understood."""

_SIMULATED = 8
_KMH = 3.6


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of reports that are used, of all classes."""

    kind: str = msgspec.field(name="class")
    mode: int = 0
    status: int = 0
    time: str = ""
    lat: float | None = None
    lon: float | None = None
    eph: float | None = None
    epx: float | None = None
    epy: float | None = None
    speed: float | None = None
    track: float | None = None
    uSat: int | None = None  # noqa: N815 - gpsd's name
    activated: str | float | None = None
    message: str = ""
    proto_major: int = MAJOR


_DECODER = msgspec.json.Decoder(_Report)


class GpsdParser:
    """Fixes out of reports, one line each.

    Attributes:
        reports: how many were understood.
        corrupt: how many were not.
        trouble: what gpsd says is wrong; "" for nothing.
    """

    def __init__(self) -> None:
        self.reports = 0
        self.corrupt = 0
        self.restart()

    def restart(self) -> None:
        """Forget what was said: the connection is a new one."""
        self.trouble = ""
        self._satellites: int | None = None

    def feed(self, line: bytes) -> list[Fix | None]:
        """Take a report; return the fix that it is, None in place of it for "no fix yet"."""
        try:
            report = _DECODER.decode(line) if len(line) <= MAX_LINE else None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            report = None
        if report is None:
            self.corrupt += 1
            return []
        self.reports += 1
        match report.kind:
            case "TPV":
                self.trouble = ""
                return [self._fix(report)]
            case "SKY":
                self._satellites = report.uSat
            case "DEVICE" if not report.activated:
                self.trouble = "gpsd has lost its receiver; is it plugged in?"
                return [None]
            case "ERROR":
                self.trouble = f"gpsd says: {report.message[:200]}"
            case "VERSION" if report.proto_major != MAJOR:
                self.trouble = f"gpsd speaks version {report.proto_major}, not {MAJOR}"
        return []

    def _fix(self, report: _Report) -> Fix | None:
        if report.mode < 2 or report.lat is None or report.lon is None:
            return None
        accuracy = report.eph
        if accuracy is None and report.epx is not None and report.epy is not None:
            accuracy = math.hypot(report.epx, report.epy)
        return fix_of(
            report.lat,
            report.lon,
            acc_m=accuracy,
            speed_kmh=None if report.speed is None else report.speed * _KMH,
            heading_deg=report.track,
            satellites=self._satellites,
            at_ms=_moment(report.time),
            mock=report.status == _SIMULATED,
        )


def _moment(text: str) -> int | None:
    try:
        at = datetime.datetime.fromisoformat(text)
        return int(at.timestamp() * 1000) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
