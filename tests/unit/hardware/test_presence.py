from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.hardware.presence import APART_S, MISSES, Presence


def test_it_is_there_at_once_and_gone_after_three_misses() -> None:
    presence = Presence()
    assert presence.look({"van"}, 0.0) == ({"van"}, set())
    assert presence.look({"van"}, 1.0) == (set(), set())
    for number in range(MISSES - 1):
        assert presence.look(set(), 2.0 + number) == (set(), set())
        assert presence.in_doubt
    assert presence.look(set(), 9.0) == (set(), {"van"})
    assert not presence.in_doubt
    assert presence.look({"van"}, 10.0) == ({"van"}, set())


def test_a_bump_in_the_road_is_nothing() -> None:
    presence = Presence()
    presence.look({"van"}, 0.0)
    for now in range(1, 50):
        found = set() if now % MISSES else {"van"}
        assert presence.look(found, float(now)) == (set(), set())


def test_many_looks_at_once_are_one() -> None:
    presence = Presence()
    presence.look({"van"}, 0.0)
    for number in range(100):
        assert presence.look(set(), 1.0 + number * APART_S / 1000) == (set(), set())


@given(st.lists(st.sets(st.sampled_from("abc"))))
def test_who_came_and_who_went_adds_up(looks: list[set[str]]) -> None:
    presence = Presence()
    there: set[str] = set()
    for number, found in enumerate(looks):
        came, gone = presence.look(found, float(number))
        assert came.isdisjoint(there)
        assert gone <= there
        there = (there | came) - gone
        assert found <= there == presence.there
