from __future__ import annotations

import datetime

import pytest

from appliance.enrollment.clock import (
    EARLIEST_MS,
    FlooredClock,
    milliseconds,
    set_clock,
    utc,
)
from appliance.enrollment.errors import ClockNotSet


class Hands:
    """A clock and a monotonic counter that a test moves."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms
        self.counter_ms = 500

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_ms(self) -> int:
        return self.counter_ms


def test_a_clock_that_is_right_alone_counts() -> None:
    real = Hands(2_000)
    clock = FlooredClock(real, 1_000, real.monotonic_ms)
    assert clock.now_ms() == 2_000
    real.at_ms = 1_500
    assert clock.now_ms() == 1_500
    assert not clock.behind
    assert clock.seen_ms == 2_000


def test_a_clock_behind_the_floor_runs_on_from_it() -> None:
    real = Hands(7)
    clock = FlooredClock(real, 1_000_000, real.monotonic_ms)
    assert clock.behind
    assert clock.now_ms() == 1_000_000
    real.at_ms += 3_000
    real.counter_ms += 3_000
    assert clock.now_ms() == 1_003_000
    assert clock.seen_ms == 1_003_000


def test_without_a_counter_it_stands_at_the_floor() -> None:
    real = Hands(7)
    clock = FlooredClock(real, 1_000_000)
    real.at_ms += 3_000
    assert clock.now_ms() == 1_000_000


def test_a_clock_that_is_put_right_takes_over() -> None:
    real = Hands(7)
    clock = FlooredClock(real, 1_000_000, real.monotonic_ms)
    clock.now_ms()
    real.at_ms = 9_000_000
    assert clock.now_ms() == 9_000_000
    assert not clock.behind


def test_a_saved_floor_carries_over_a_restart() -> None:
    first = FlooredClock(Hands(5_000_000), 0)
    first.now_ms()
    after_power_loss = FlooredClock(Hands(0), first.seen_ms)
    assert after_power_loss.now_ms() == 5_000_000


def test_times_convert_both_ways() -> None:
    at = datetime.datetime(2027, 1, 15, 8, tzinfo=datetime.UTC)
    assert utc(1_800_000_000_000) == at
    assert milliseconds(at) == 1_800_000_000_000


def test_a_clock_never_set_is_named() -> None:
    assert set_clock(EARLIEST_MS) == EARLIEST_MS
    with pytest.raises(ClockNotSet, match="timedatectl"):
        set_clock(EARLIEST_MS - 1)
