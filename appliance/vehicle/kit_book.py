"""Which changes of the kit are worth a record: devices are told what matters, not each frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from appliance.api.mutations import Row
from appliance.vehicle.kit_status import Thing

NOTICEABLE: Mapping[str, int] = {
    "voltage_mv": 100,
    "current_ma": 1_000,
    "power_w": 20,
    "soc_permille": 10,
    "temperature_c": 2,
    "minutes_left": 15,
    "lat_e7": 2_000,
    "lon_e7": 3_000,
    "acc_m": 50,
    "speed_kmh": 20,
    "satellites": 4,
}
"""By how much a figure must differ for a new record; 2,000 of `lat_e7` are 22 metres. Figures that
are not here, such as texts, must differ at all, and these three never count: `heading_deg`,
`fix_at`, `off_in_s`."""

_NEVER = frozenset({"heading_deg", "fix_at", "off_in_s"})

SETTLE_S = 2.0
"""Seconds between two records of one thing, however often its state changes."""


class KitBook:
    """Remembers what devices were told of each thing."""

    def __init__(self, every_s: float) -> None:
        """`every_s`: seconds between two records of a thing of which only figures changed."""
        self._every_s = every_s
        self._told: dict[str, tuple[Thing, float]] = {}
        self._since: dict[str, tuple[Thing, int]] = {}

    def since_ms(self, thing: Thing, now_ms: int) -> int:
        """Return since when a thing is in its state, UTC milliseconds."""
        known = self._since.get(thing.name)
        if known is None or _state(known[0]) != _state(thing):
            self._since[thing.name] = thing, now_ms
            return now_ms
        return known[1]

    def due(self, things: Iterable[Thing], now: float, now_ms: int) -> list[tuple[Thing, Row]]:
        """Return the things of which devices must be told now, each with its record.

        They count as told.

        Args:
            things: all, as they are.
            now: seconds on a monotonic clock.
            now_ms: UTC milliseconds.
        """
        found = []
        for thing in things:
            since = self.since_ms(thing, now_ms)
            told = self._told.get(thing.name)
            if told is None or self._is_due(*told, thing, now):
                self._told[thing.name] = thing, now
                found.append((thing, thing.row(since, now_ms)))
        return found

    def untold(self, things: Iterable[Thing]) -> None:
        """Take back that things were told: their records were not stored."""
        for thing in things:
            self._told.pop(thing.name, None)

    def _is_due(self, told: Thing, at: float, thing: Thing, now: float) -> bool:
        if _state(told) != _state(thing):
            return now - at >= SETTLE_S
        return now - at >= self._every_s and _differ(told.figures, thing.figures)


def _state(thing: Thing) -> tuple[Any, ...]:
    return thing.state, thing.reasons, thing.figures.get("charge"), thing.figures.get("error")


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    for name in one.keys() | other.keys():
        before, after = one.get(name), other.get(name)
        if before == after or name in _NEVER:
            continue
        step = NOTICEABLE.get(name)
        if step is None or before is None or after is None or abs(after - before) >= step:
            return True
    return False
