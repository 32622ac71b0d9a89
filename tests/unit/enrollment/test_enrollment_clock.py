from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment.authority import BACKDATED_MS
from appliance.enrollment.clock import (
    DAY_MS,
    EARLIEST_MS,
    HOUR_MS,
    JUMP_MS,
    MINUTE_MS,
    REACH_MS,
    TRUST_MS,
    ClockState,
    FlooredClock,
    Look,
    Seen,
    decide,
    milliseconds,
    set_clock,
    utc,
)
from appliance.enrollment.errors import ClockNotSet

NOW = 1_800_000_000_000
NOTHING = Seen()

times = st.one_of(
    st.integers(0, EARLIEST_MS),
    st.integers(NOW - 2 * DAY_MS, NOW + 2 * DAY_MS),
    st.integers(EARLIEST_MS, EARLIEST_MS * 3),
)
passings = st.one_of(st.none(), st.integers(-HOUR_MS, 2 * HOUR_MS), st.integers(0, 30 * DAY_MS))
looks = st.builds(Look, times, passings, st.booleans())
histories = st.lists(looks, max_size=30)


def after(history: list[Look]) -> tuple[Seen, ClockState]:
    seen, state = NOTHING, ClockState.UNSET
    for look in history:
        seen, state = decide(seen, look)
    return seen, state


# --- what is decided --------------------------------------------------------------------------


@given(history=histories, look=looks)
def test_without_a_time_source_the_floor_never_falls_and_no_look_carries_it_far(
    history: list[Look], look: Look
) -> None:
    seen, _ = after(history)
    look = look._replace(synchronised=False)
    following, state = decide(seen, look)
    if not seen.floor_ms:
        return
    moved = following.floor_ms - seen.floor_ms
    passed = max(0, look.passed_ms or 0)
    assert moved >= 0
    if moved > max(passed, REACH_MS):
        assert seen.watched_ms + passed >= TRUST_MS or passed >= TRUST_MS
        assert (state, following.floor_ms) == (ClockState.RIGHT, look.clock_ms)


@given(history=histories, look=looks)
def test_a_time_source_is_believed_in_both_directions(history: list[Look], look: Look) -> None:
    seen, _ = after(history)
    look = look._replace(synchronised=True, clock_ms=max(look.clock_ms, EARLIEST_MS))
    assert decide(seen, look) == (Seen(look.clock_ms), ClockState.RIGHT)


@given(history=histories, look=looks)
def test_a_clock_before_2025_is_never_what_is_known(history: list[Look], look: Look) -> None:
    seen, _ = after([*history, look])
    assert seen.floor_ms == 0 or seen.floor_ms >= EARLIEST_MS


@given(
    ahead=st.integers(REACH_MS + 1, 100 * 365 * DAY_MS),
    steps=st.lists(st.integers(0, HOUR_MS), max_size=50),
)
def test_a_jump_ahead_that_is_put_right_leaves_nothing_behind(ahead: int, steps: list[int]) -> None:
    """Less than the time of trust, whatever the jump: the floor stays behind the true time."""
    true, seen = NOW, Seen(NOW)
    for step in steps[: TRUST_MS // HOUR_MS - 1]:
        true += step
        seen, state = decide(seen, Look(true + ahead, step, synchronised=False))
        assert state is ClockState.AHEAD
        assert seen.floor_ms <= true
    assert decide(seen, Look(true, 0, synchronised=False)) == (Seen(true), ClockState.RIGHT)


@given(ahead=st.integers(REACH_MS + 1, 1000 * DAY_MS), off=st.integers(0, 30 * DAY_MS))
def test_a_clock_that_runs_on_without_contradiction_is_believed_in_the_end(
    ahead: int, off: int
) -> None:
    clock, seen = NOW + ahead, Seen(NOW)
    seen, state = decide(seen, Look(clock, None, synchronised=False))
    for number in range(TRUST_MS // HOUR_MS):
        assert state is ClockState.AHEAD
        if number == 50:  # switched off for a while; the battery clock runs on
            clock += off
            seen, state = decide(seen, Look(clock, None, synchronised=False))
        clock += HOUR_MS
        seen, state = decide(seen, Look(clock, HOUR_MS, synchronised=False))
    assert (seen, state) == (Seen(clock), ClockState.RIGHT)


@pytest.mark.parametrize("jump", [JUMP_MS + 1, -JUMP_MS - 1, 40 * DAY_MS])
def test_a_clock_that_jumps_again_is_watched_anew(jump: int) -> None:
    clock = NOW + 100 * DAY_MS
    seen, _ = decide(Seen(NOW, TRUST_MS - HOUR_MS, clock), Look(clock + jump, 0, False))
    assert seen == Seen(NOW, 0, clock + jump)
    again, _ = decide(Seen(NOW, HOUR_MS, clock), Look(clock - JUMP_MS - 1, None, False))
    assert again.watched_ms == 0, "it went back while the box was off"


def test_the_first_clock_that_can_be_is_believed() -> None:
    assert decide(Seen(), Look(7, None, False)) == (Seen(), ClockState.UNSET)
    assert decide(Seen(), Look(7, None, True)) == (Seen(), ClockState.UNSET)
    assert decide(Seen(), Look(NOW, None, False)) == (Seen(NOW), ClockState.RIGHT)


def test_what_is_believed_shuts_no_device_out() -> None:
    """A certificate made by a clock that is wrong by the reach is good by the right one."""
    assert REACH_MS + 2 * HOUR_MS < BACKDATED_MS


# --- the clock --------------------------------------------------------------------------------


class Hands:
    """A system's clock and a counter that a test moves."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms
        self.counter_ms = 500

    def clock(self, seen: Seen = NOTHING) -> FlooredClock:
        made = FlooredClock(lambda: self.at_ms, lambda: self.counter_ms, seen)
        made.look(False)
        return made

    def run(self, milliseconds: int) -> None:
        self.at_ms += milliseconds
        self.counter_ms += milliseconds


def test_a_clock_that_is_right_alone_counts() -> None:
    hands = Hands(NOW)
    clock = hands.clock(Seen(NOW - HOUR_MS))
    assert clock.now_ms() == NOW
    hands.at_ms -= 90 * MINUTE_MS
    assert clock.now_ms() == NOW - 90 * MINUTE_MS, "a person put it right by hand"
    assert clock.look(False) is ClockState.RIGHT
    assert clock.seen == Seen(NOW)


def test_a_clock_behind_the_floor_runs_on_from_it_between_looks_and_over_them() -> None:
    hands = Hands(7)
    clock = hands.clock(Seen(NOW))
    assert (clock.now_ms(), clock.state) == (NOW, ClockState.BEHIND)
    hands.run(3_000)
    assert clock.now_ms() == NOW + 3_000
    clock.look(False)
    hands.run(4_000)
    assert clock.now_ms() == NOW + 7_000
    assert clock.seen == Seen(NOW + 3_000)


def test_a_clock_that_falls_while_the_box_runs_changes_nothing() -> None:
    hands = Hands(NOW)
    clock = hands.clock()
    hands.counter_ms += MINUTE_MS
    hands.at_ms = 0
    assert clock.now_ms() == NOW + MINUTE_MS
    hands.at_ms = NOW + 2 * MINUTE_MS
    assert clock.now_ms() == NOW + 2 * MINUTE_MS


def test_the_floor_carries_over_a_power_cut() -> None:
    hands = Hands(NOW)
    first = hands.clock()
    hands.run(DAY_MS)
    first.look(False)
    after_power_cut = Hands(0).clock(first.seen)
    assert after_power_cut.now_ms() == NOW + DAY_MS


def test_a_person_says_that_the_clock_is_right() -> None:
    hands = Hands(NOW - 400 * DAY_MS)
    clock = hands.clock(Seen(NOW))
    assert clock.now_ms() == NOW
    assert clock.reset() == Seen(NOW - 400 * DAY_MS)
    assert (clock.now_ms(), clock.state) == (NOW - 400 * DAY_MS, ClockState.RIGHT)
    hands.at_ms = EARLIEST_MS - 1
    with pytest.raises(ClockNotSet, match="timedatectl"):
        clock.reset()
    assert clock.seen == Seen(NOW - 400 * DAY_MS)


def test_a_reset_in_the_middle_of_a_look_stands() -> None:
    hands = Hands(NOW)
    seen = [Seen(NOW + 400 * DAY_MS)]

    def system_ms() -> int:
        if seen:  # the look has read what was known; now another thread resets
            seen.clear()
            clock.reset()
        return hands.at_ms

    clock = FlooredClock(system_ms, lambda: hands.counter_ms, seen[0])
    clock.look(False)
    assert clock.seen == Seen(NOW)


def test_times_convert_both_ways() -> None:
    at = datetime.datetime(2027, 1, 15, 8, tzinfo=datetime.UTC)
    assert utc(NOW) == at
    assert milliseconds(at) == NOW


def test_a_clock_never_set_is_named() -> None:
    assert set_clock(EARLIEST_MS) == EARLIEST_MS
    with pytest.raises(ClockNotSet, match="timedatectl"):
        set_clock(EARLIEST_MS - 1)
