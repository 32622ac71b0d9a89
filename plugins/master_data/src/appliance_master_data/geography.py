"""Distances on Earth."""

from __future__ import annotations

from collections.abc import Mapping
from math import asin, cos, radians, sin, sqrt

EARTH_M = 6_371_009
"""The mean radius of the Earth, metres (IUGG)."""

_DEGREE = 10_000_000


def distance_m(here: Mapping[str, int], there: Mapping[str, int]) -> int:
    """Return the metres between two positions ``{lat_e7, lon_e7}``, along a great circle.

    The haversine formula (R. W. Sinnott, Sky and Telescope 68, 1984), exact enough for any two
    points on a sphere; the Earth differs from one by half a percent.
    """
    lat_1, lat_2 = (radians(place["lat_e7"] / _DEGREE) for place in (here, there))
    lon_1, lon_2 = (radians(place["lon_e7"] / _DEGREE) for place in (here, there))
    chord = sin((lat_2 - lat_1) / 2) ** 2
    chord += cos(lat_1) * cos(lat_2) * sin((lon_2 - lon_1) / 2) ** 2
    return round(2 * EARTH_M * asin(min(1.0, sqrt(chord))))
