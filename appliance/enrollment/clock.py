"""The time this room is given, and a floor for boxes without a battery clock."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final, Protocol

from appliance.enrollment.errors import ClockNotSet

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
DAY_MS: Final = 24 * 60 * MINUTE_MS

EARLIEST_MS: Final = 1_735_689_600_000
"""2025-01-01T00:00:00Z: a clock before it was never set. Certificates are not issued then, as
their dates would be wrong for every device that knows the time."""


class Clock(Protocol):
    """Tells the time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...


class FlooredClock:
    """A clock that never stands before the last time the box is known to have seen.

    A box without a battery clock starts in 1970, or at the time of its last shutdown, until it
    finds a time source. While the real clock is behind the floor, this one runs on from the floor
    by `monotonic_ms`; without that function it stands still at the floor. As soon as the real clock
    is at or past the floor, it alone counts.

    Args:
        real: the system's clock.
        floor_ms: the last time seen, as saved by the caller; 0 where nothing was saved.
        monotonic_ms: milliseconds of a clock that only runs forward, from any origin.
    """

    def __init__(
        self, real: Clock, floor_ms: int, monotonic_ms: Callable[[], int] | None = None
    ) -> None:
        self._real = real
        self._floor_ms = floor_ms
        self._monotonic_ms = monotonic_ms
        self._started_ms = monotonic_ms() if monotonic_ms is not None else 0
        self._seen_ms = floor_ms

    def now_ms(self) -> int:
        """The real time, or the floor plus what has passed since the start, if that is later."""
        now = self._real.now_ms()
        if now < self._floor_ms:
            passed = 0
            if self._monotonic_ms is not None:
                passed = max(0, self._monotonic_ms() - self._started_ms)
            now = self._floor_ms + passed
        self._seen_ms = max(self._seen_ms, now)
        return now

    @property
    def behind(self) -> bool:
        """Whether the real clock stands before the floor, so that the time shown is a guess."""
        return self._real.now_ms() < self._floor_ms

    @property
    def seen_ms(self) -> int:
        """The latest time told so far: what the caller saves as the next start's floor."""
        return self._seen_ms


def utc(at_ms: int) -> datetime.datetime:
    """The time in ms as an aware datetime in UTC, cut to whole seconds as certificates need."""
    return datetime.datetime.fromtimestamp(at_ms // SECOND_MS, tz=datetime.UTC)


def milliseconds(at: datetime.datetime) -> int:
    """An aware datetime as milliseconds since 1970."""
    return int(at.timestamp()) * SECOND_MS


def set_clock(now_ms: int) -> int:
    """`now_ms`, if a clock that was set can show it.

    Raises:
        ClockNotSet: the time is before `EARLIEST_MS`.
    """
    if now_ms < EARLIEST_MS:
        raise ClockNotSet(
            f"the clock of the box shows {utc(now_ms):%Y-%m-%d}, which cannot be; "
            "set the time (timedatectl set-time, or connect a time source), then try again"
        )
    return now_ms
