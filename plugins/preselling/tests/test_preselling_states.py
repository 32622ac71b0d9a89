from __future__ import annotations

import pytest

from appliance_preselling.order_fields import ORDERS
from appliance_preselling.states import (
    AUTHOR,
    MAKERS,
    SERVER,
    STATES,
    TERMINAL,
    TRANSITIONS,
    may_go,
    targets,
    transition,
)


def test_the_table_is_closed_and_without_repetition() -> None:
    assert len({(way.source, way.target) for way in TRANSITIONS}) == len(TRANSITIONS)
    for way in TRANSITIONS:
        assert way.source is None or way.source in STATES
        assert way.target in STATES
        assert way.actors


def test_terminal_states_are_those_that_nothing_leaves() -> None:
    assert {state for state in STATES if not targets(state)} == TERMINAL


def test_every_state_can_be_reached_and_every_order_can_end() -> None:
    reached: set[str | None] = {None}
    for _ in STATES:
        reached |= {way.target for way in TRANSITIONS if way.source in reached}
    assert reached - {None} == set(STATES)
    ending = set(TERMINAL)
    for _ in STATES:
        ending |= {way.source for way in TRANSITIONS if way.target in ending and way.source}
    assert ending == set(STATES)


def test_everybody_who_makes_orders_may_write_them() -> None:
    assert set(MAKERS) == set(ORDERS.write)


@pytest.mark.parametrize(
    ("source", "target", "role", "is_author", "may"),
    [
        ("held", "accepted", "supervisor", False, True),
        ("held", "accepted", "manager", False, True),
        ("held", "accepted", "agent", True, False),
        ("held", "cancelled", "agent", True, True),
        ("held", "cancelled", "agent", False, False),
        ("accepted", "cancelled", "agent", True, False),
        ("accepted", "cancelled", "accounting", False, True),
        ("awaiting_confirmation", "confirmed", "client", False, True),
        ("confirmed", "shipped", "manager", False, False),
        ("shipped", "completed", "accounting", False, True),
    ],
)
def test_who_may_go_where(source: str, target: str, role: str, is_author: bool, may: bool) -> None:
    way = transition(source, target)
    assert way is not None
    assert may_go(way, [role], is_author=is_author) is may


def test_no_role_acts_as_the_appliance() -> None:
    for way in TRANSITIONS:
        if set(way.actors) == {SERVER}:
            assert not may_go(way, [*MAKERS, SERVER, AUTHOR], is_author=True)
