"""A van's tour: round and round between stops, and a receiver of positions that rides along."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from appliance.testing.line_player import NmeaPlayer

METRES_PER_DEGREE = 111_195
"""On a meridian."""

Point = tuple[float, float]
"""Latitude and longitude, degrees."""


class Place(NamedTuple):
    """Where the van is: degrees, speed in km/h, heading in degrees."""

    lat: float
    lon: float
    kmh: float
    course: float


class Tour:
    """Straight ways between stops, at one speed, with a rest at each.

    Attributes:
        seconds: that once round takes.
        rest_s: at each stop.
    """

    def __init__(self, stops: Sequence[Point], kmh: float = 30.0, rest_s: float = 60.0) -> None:
        """Plan it.

        Args:
            stops: the first follows the last again. One stop is where the van stands.
            kmh: the speed.
            rest_s: seconds at each stop.

        Raises:
            ValueError: there is no stop, or one is nowhere on a map.
        """
        if not stops or any(abs(lat) > 89 or abs(lon) > 180 for lat, lon in stops):
            raise ValueError("a tour has stops with a latitude up to 89 and a longitude up to 180")
        self._kmh = kmh
        self.rest_s = rest_s
        self._legs = []
        for one, other in zip(stops, [*stops[1:], stops[0]], strict=True):
            north = (other[0] - one[0]) * METRES_PER_DEGREE
            shrunk = math.cos(math.radians(one[0]))
            east = (other[1] - one[1]) * METRES_PER_DEGREE * shrunk
            course = math.degrees(math.atan2(east, north)) % 360
            self._legs.append((one, other, math.hypot(north, east) / kmh * 3.6, course))
        self.seconds = sum(drive for _, _, drive, _ in self._legs) + rest_s * len(self._legs)

    def place(self, seconds: float) -> Place:
        """Return where the van is so many seconds after it stopped at the first stop."""
        left = seconds % self.seconds if self.seconds else 0.0
        for one, other, drive, course in self._legs:
            if left < self.rest_s:
                return Place(*one, 0.0, course)
            left -= self.rest_s
            if left < drive:
                share = left / drive
                lat, lon = (a + (b - a) * share for a, b in zip(one, other, strict=True))
                return Place(lat, lon, self._kmh, course)
            left -= drive
        return Place(*self._legs[0][0], 0.0, self._legs[0][3])


class TouringPlayer(NmeaPlayer):
    """A receiver in a van on tour; it sees no satellites before it has a tour."""

    def __init__(
        self, link: Path | None, every_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """See `LinePlayer`; `clock` counts seconds."""
        super().__init__(link, every_s)
        self._clock = clock
        self._tour: Tour | None = None
        self._began = 0.0
        self.fix = False

    def drive_round(self, tour: Tour) -> None:
        """Set out from the first stop, at once."""
        self._tour, self._began = tour, self._clock() - tour.rest_s

    def message(self) -> bytes:
        """Return a GGA and an RMC."""
        if self._tour is not None:
            place = self._tour.place(self._clock() - self._began)
            self.fix, self.drive = True, False
            self.lat, self.lon, self.course = place.lat, place.lon, place.course
            self.knots = place.kmh / 1.852
        return super().message()
