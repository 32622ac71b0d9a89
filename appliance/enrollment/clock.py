"""The time of the box, and a floor for boxes without a battery clock.

A box without a battery clock starts in 1970, or at the time of its last shutdown, until somebody
tells it the time. So the last time it is known to have reached is kept: the floor. A clock that
stands far before it is not believed; the time runs on from the floor instead. A clock that jumps
ahead is gone by, because nothing better is known, but the floor follows only what is known to have
passed: else one slip of a finger would leave the box years ahead for good.

What is "far" follows from the certificates: they begin a day before they are made, so a floor that
is wrong by less than `REACH_MS` shuts no device out.

====================================  ==========  =======================================
the system's clock                    state       the floor
====================================  ==========  =======================================
kernel says that it is synchronised   right       is where the clock is, back too
within `REACH_MS` of the floor        right       follows it forward, never back
further ahead                         ahead       moves on by the time that passes; after
                                                  `TRUST_MS` without contradiction it
                                                  follows the clock
further behind                        behind      moves on by the time that passes
before 2025, with no floor            unset       none
====================================  ==========  =======================================
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from appliance.enrollment.errors import ClockNotSet

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

EARLIEST_MS: Final = 1_735_689_600_000
"""2025-01-01T00:00:00Z: a clock before it was never set. Certificates are not issued then, as
their dates would be wrong for every device that knows the time."""

REACH_MS: Final = 18 * HOUR_MS
"""How far from the floor a clock is believed. Less than the day by which certificates are
backdated, and more than a night in which the box is switched off."""

TRUST_MS: Final = 7 * DAY_MS
"""How long a clock that is further ahead must run under our eyes until the floor follows it."""

JUMP_MS: Final = 10 * MINUTE_MS
"""A clock that differs by more from what has passed since the last look has jumped."""


class ClockState(Enum):
    """How the system's clock stands to the floor; see the table above."""

    RIGHT = "right"
    AHEAD = "ahead"
    BEHIND = "behind"
    UNSET = "unset"


class Seen(NamedTuple):
    """What is known of the time, and kept across restarts.

    Attributes:
        floor_ms: a time that is known to have been reached, ms since 1970; 0 for none.
        watched_ms: how long a clock that is ahead has run under our eyes.
        clock_ms: where that clock stood at the last look; 0 while none is ahead.
    """

    floor_ms: int = 0
    watched_ms: int = 0
    clock_ms: int = 0


_NOTHING: Final = Seen()


class Look(NamedTuple):
    """One look at the system's clock.

    Attributes:
        clock_ms: what it shows, ms since 1970.
        passed_ms: how much time has passed since the last look, by a counter that only runs
            forward; None where this process has not looked before.
        synchronised: the kernel says that a time source keeps it right.
    """

    clock_ms: int
    passed_ms: int | None
    synchronised: bool


def decide(seen: Seen, look: Look) -> tuple[Seen, ClockState]:
    """Decide by the table above what is known after one more look."""
    clock, floor = look.clock_ms, seen.floor_ms
    passed = max(0, look.passed_ms or 0)
    if clock >= EARLIEST_MS and (look.synchronised or not floor):
        return Seen(clock), ClockState.RIGHT
    if not floor:
        return Seen(), ClockState.UNSET
    if clock < floor - REACH_MS:
        return Seen(floor + passed), ClockState.BEHIND
    if clock <= floor + REACH_MS:
        return Seen(max(floor, clock)), ClockState.RIGHT
    watched = passed if _jumped(seen, look) else seen.watched_ms + passed
    if watched >= TRUST_MS:
        return Seen(clock), ClockState.RIGHT
    return Seen(floor + passed, watched, clock), ClockState.AHEAD


def _jumped(seen: Seen, look: Look) -> bool:
    """Tell whether a clock that is ahead shows another time than it would if it were right."""
    if not seen.clock_ms:
        return True
    if look.passed_ms is None:  # the box was off for a time that nobody knows
        return look.clock_ms < seen.clock_ms - JUMP_MS
    return abs(look.clock_ms - seen.clock_ms - look.passed_ms) > JUMP_MS


class FlooredClock:
    """The time of the box. Safe for several threads.

    Args:
        system_ms: the system's clock, ms since 1970.
        counter_ms: ms of a clock that only runs forward, from any origin.
        seen: as it was kept.
    """

    def __init__(
        self, system_ms: Callable[[], int], counter_ms: Callable[[], int], seen: Seen = _NOTHING
    ) -> None:
        self._system_ms = system_ms
        self._counter_ms = counter_ms
        self._looked = False
        self._at = (seen, counter_ms())
        self.state = ClockState.UNSET

    def now_ms(self) -> int:
        """The system's time, or, where that stands far before the floor, the floor and what has
        passed since."""
        clock = self._system_ms()
        seen, looked_at = self._at
        if clock >= seen.floor_ms - REACH_MS:
            return clock
        return seen.floor_ms + max(0, self._counter_ms() - looked_at)

    @property
    def system_now_ms(self) -> int:
        """What the system's clock shows."""
        return self._system_ms()

    @property
    def seen(self) -> Seen:
        """What is known since the last look: what the caller keeps for the next start."""
        return self._at[0]

    def take(self, seen: Seen) -> None:
        """Go by what was kept."""
        self._at = (seen, self._counter_ms())
        self._looked = False

    def look(self, synchronised: bool) -> ClockState:
        """Look at the system's clock; to be done every minute or so."""
        counter = self._counter_ms()
        before = self._at
        passed = counter - before[1] if self._looked else None
        seen, state = decide(before[0], Look(self._system_ms(), passed, synchronised))
        if self._at is before:  # no other thread looked or reset meanwhile
            self._at = (seen, counter)
            self.state = state
            self._looked = True
        return self.state

    def reset(self) -> Seen:
        """Believe the system's clock, because a person says that it is right.

        Raises:
            ClockNotSet: it cannot be.
        """
        self.take(Seen(set_clock(self._system_ms())))
        self.look(False)
        return self.seen


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
