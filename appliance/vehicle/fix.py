"""Fixes: where a receiver says the van is, and how far that can be trusted."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

METRES_A_DEGREE = 111_195
"""Of latitude, on a sphere of 6,371 km."""

FASTEST_KMH = 300
"""No van is faster: what would need it is an error of the receiver."""

BELIEVE_AFTER = 5
"""Fixes in a row that are too far away for it, and agree with each other: the van was ferried, or
the receiver was wrong before."""

Doubt = Literal["inaccurate", "impossible-speed"]
"""Why a fix is not used."""


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """A position.

    Attributes:
        lat_e7, lon_e7: degrees times 10^7, WGS 84.
        acc_m: metres within which it is right two times of three; None is not told.
        speed_kmh: kilometres an hour over ground.
        heading_deg: 0 to 359, clockwise from north.
        satellites: that it is made from.
        at_ms: UTC milliseconds by the satellites; None is not told.
        mock: it is simulated, or typed in.
    """

    lat_e7: int
    lon_e7: int
    acc_m: int | None = None
    speed_kmh: int | None = None
    heading_deg: int | None = None
    satellites: int | None = None
    at_ms: int | None = None
    mock: bool = False


def fix_of(
    lat: float,
    lon: float,
    *,
    acc_m: float | None = None,
    speed_kmh: float | None = None,
    heading_deg: float | None = None,
    satellites: int | None = None,
    at_ms: int | None = None,
    mock: bool = False,
) -> Fix | None:
    """Return a fix from degrees and other figures; None where the place is none on earth."""
    if _bounded(lat, -90, 90) is None or _bounded(lon, -180, 180) is None:
        return None
    accuracy = _bounded(acc_m, 0, 1_000_000)
    speed = _bounded(speed_kmh, 0, 10_000)
    heading = _bounded(heading_deg, 0, 360)
    return Fix(
        lat_e7=round(lat * 10_000_000),
        lon_e7=round(lon * 10_000_000),
        acc_m=None if accuracy is None else math.ceil(accuracy),
        speed_kmh=None if speed is None else round(speed),
        heading_deg=None if heading is None else round(heading) % 360,
        satellites=None if _bounded(satellites, 0, 200) is None else satellites,
        at_ms=at_ms,
        mock=mock,
    )


def distance_m(one: Fix, other: Fix) -> float:
    """Return the metres between two fixes; right to a percent within some hundred kilometres."""
    north = (other.lat_e7 - one.lat_e7) / 1e7
    east = (other.lon_e7 - one.lon_e7) / 1e7
    east = (east + 180) % 360 - 180
    middle = math.radians((one.lat_e7 + other.lat_e7) / 2e7)
    return math.hypot(north, east * math.cos(middle)) * METRES_A_DEGREE


def turn_deg(one: Fix, other: Fix) -> int:
    """Return how far two headings are apart, 0 to 180; 0 where one is not told."""
    if one.heading_deg is None or other.heading_deg is None:
        return 0
    apart = abs(one.heading_deg - other.heading_deg)
    return min(apart, 360 - apart)


class Judge:
    """Tells which fixes to believe, one after another."""

    def __init__(self, worst_m: int) -> None:
        """`worst_m`: metres of accuracy from which on a fix is not used."""
        self._worst_m = worst_m
        self._last: tuple[Fix, float] | None = None
        self._other: tuple[Fix, float] | None = None
        self._agree = 0

    def doubt(self, fix: Fix, now: float) -> Doubt | None:
        """Return why a fix is not to be used; None where it is.

        Args:
            fix: the newest.
            now: seconds on a monotonic clock.
        """
        if fix.acc_m is not None and fix.acc_m > self._worst_m:
            return "inaccurate"
        if self._last is not None and _too_fast(self._last, fix, now):
            if self._other is not None and not _too_fast(self._other, fix, now):
                self._agree += 1
            else:
                self._agree = 1
            self._other = (fix, now)
            if self._agree < BELIEVE_AFTER:
                return "impossible-speed"
        self._last = (fix, now)
        self._other = None
        self._agree = 0
        return None


def _too_fast(before: tuple[Fix, float], fix: Fix, now: float) -> bool:
    earlier, at = before
    slack = (earlier.acc_m or 0) + (fix.acc_m or 0) + 50
    return distance_m(earlier, fix) - slack > (now - at) * FASTEST_KMH / 3.6


def _bounded(value: float | None, least: float, most: float) -> float | None:
    if value is None or not math.isfinite(value) or not least <= value <= most:
        return None
    return value
