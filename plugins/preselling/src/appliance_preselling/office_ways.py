"""Which way an order goes to a state that accounting names: every step one of accounting's own."""

from __future__ import annotations

from collections import deque

from appliance_preselling.states import Transition, transitions

ACCOUNTING = "accounting"
"""The role by whose transitions the files of accounting are judged."""


def way_to(kind: str, source: str, target: str) -> tuple[Transition, ...] | None:
    """Return the steps from a state to another, the fewest; None where accounting has no way.

    Args:
        kind: of the order.
        source: as it stands.
        target: as accounting says it does; the same state asks for a step from it to itself.
    """
    mine = [one for one in transitions(kind) if ACCOUNTING in one.actors and one.source is not None]
    waiting: deque[tuple[Transition, ...]] = deque((one,) for one in mine if one.source == source)
    seen = set()
    while waiting:
        steps = waiting.popleft()
        reached = steps[-1].target
        if reached == target:
            return steps
        if reached not in seen:
            seen.add(reached)
            waiting.extend((*steps, one) for one in mine if one.source == reached)
    return None


def reachable(kind: str, source: str) -> tuple[str, ...]:
    """Return the states that accounting may say of an order."""
    states = dict.fromkeys(way.target for way in transitions(kind))
    return tuple(state for state in states if way_to(kind, source, state) is not None)
