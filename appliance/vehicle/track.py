"""The track: which of a receiver's many fixes are kept."""

from __future__ import annotations

import msgspec

from appliance.vehicle.fix import Fix, distance_m, turn_deg

_TURNS_FROM_KMH = 5
"""Below it a heading is noise."""

_TURNS_FROM_M = 15


class Thinning(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a fix worth keeping.

    Attributes:
        distance_m: metres from the last kept one.
        turn_deg: degrees that the heading turned since, while driving.
        rest_s: seconds since, wherever the van is.
    """

    distance_m: int
    turn_deg: int
    rest_s: float


class Track:
    """Keeps what the way of a van needs: a fix after each stretch, at each turn, and now and then.

    Kept fixes are at least a second apart.
    """

    def __init__(self, thinning: Thinning) -> None:
        self._thinning = thinning
        self._last: tuple[Fix, float] | None = None

    def keeps(self, fix: Fix, now: float) -> bool:
        """Tell whether a fix is to be kept; it is then the last kept one.

        Args:
            fix: the newest, which is to be believed.
            now: seconds on a monotonic clock.
        """
        if self._last is not None and not self._differs(*self._last, fix, now):
            return False
        self._last = (fix, now)
        return True

    def _differs(self, last: Fix, at: float, fix: Fix, now: float) -> bool:
        if now - at < 1.0:
            return False
        if now - at >= self._thinning.rest_s:
            return True
        moved = distance_m(last, fix)
        # A van that stands seems to wander as far as its receiver is inaccurate.
        if moved >= max(self._thinning.distance_m, last.acc_m or 0, fix.acc_m or 0):
            return True
        return (
            (fix.speed_kmh or 0) >= _TURNS_FROM_KMH
            and moved >= _TURNS_FROM_M
            and turn_deg(last, fix) >= self._thinning.turn_deg
        )
