"""The states of a visit and every way between them.

    planned > in_progress > completed | completed_incomplete
    planned > not_visited | moved

A visit that nobody planned begins in progress. A device that was offline may send only how it
ended, so every end is also a beginning.
"""

from __future__ import annotations

from typing import NamedTuple

OPEN = "in_progress"
DONE = frozenset({"completed", "completed_incomplete"})
BEGUN = DONE | {OPEN}
"""States in which somebody is or was in the outlet."""

_WAYS: dict[str | None, frozenset[str]] = {
    None: BEGUN | {"planned", "not_visited"},
    "planned": BEGUN | {"planned", "not_visited", "moved"},
    OPEN: BEGUN,
}
"""Where a visit may go from a state; None: it is new. What is not here is an end."""


class Step(NamedTuple):
    """What becomes of a visit's state.

    Attributes:
        state: that is stored.
        allowed: whether it is the one that was sent.
    """

    state: str
    allowed: bool


def step(source: str | None, target: str) -> Step:
    """Return the state to store: a visit is a fact, so a way that is not allowed leads nowhere."""
    allowed = target in _WAYS.get(source, frozenset())
    return Step(target if allowed or source is None else source, allowed)
