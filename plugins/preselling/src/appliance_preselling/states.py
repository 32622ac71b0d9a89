"""The states of an order and every way between them.

    draft > submitted > accepted > awaiting_confirmation > confirmed > shipped > completed

A submitted order is decided at once: it becomes accepted, or held for a supervisor. What a
transition may change is in the table too, so that an order cannot be rewritten on its way.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

STATES = (
    "draft",
    "submitted",
    "held",
    "accepted",
    "awaiting_confirmation",
    "confirmed",
    "partially_shipped",
    "shipped",
    "completed",
    "cancelled",
    "rejected",
    "expired",
)

TERMINAL = frozenset({"completed", "cancelled", "rejected", "expired"})
"""States that nothing leaves."""

NOT_AN_ORDER = frozenset({"draft", "cancelled", "rejected", "expired"})
"""States in which nothing is to be delivered; reports leave them out."""

Scope = Literal["state", "shipment", "content"]
"""What a transition may change beside the state.

``state``: nothing but the comment. ``shipment``: also each line's status, shipped quantity and
reason. ``content``: everything; the order gets a new revision once it has left the author's hands.
"""

AUTHOR = "author"
"""An actor: whoever made the order, whatever his roles."""

SERVER = "server"
"""An actor: the appliance itself. No device can act as it."""

MAKERS = ("agent", "driver", "client", "supervisor", "manager", "accounting")
"""Roles that make orders."""


class Transition(NamedTuple):
    """One way from a state (None: the order is new) to a state, and who may go it."""

    source: str | None
    target: str
    actors: tuple[str, ...]
    scope: Scope = "state"


TRANSITIONS = (
    Transition(None, "draft", MAKERS, "content"),
    Transition(None, "submitted", MAKERS, "content"),
    Transition("draft", "draft", (AUTHOR,), "content"),
    Transition("draft", "submitted", (AUTHOR, "agent", "client"), "content"),
    Transition("draft", "cancelled", (AUTHOR,)),
    Transition("submitted", "accepted", (SERVER, "manager", "accounting")),
    Transition("submitted", "held", (SERVER,)),
    Transition("submitted", "cancelled", (AUTHOR,)),
    Transition("held", "accepted", ("supervisor", "manager")),
    Transition("held", "rejected", ("supervisor", "manager")),
    Transition("held", "cancelled", (AUTHOR,)),
    Transition("accepted", "awaiting_confirmation", ("accounting", "manager"), "content"),
    Transition("accepted", "confirmed", ("accounting", "manager")),
    Transition("accepted", "cancelled", ("manager", "accounting")),
    Transition("awaiting_confirmation", "confirmed", ("client", "agent")),
    Transition("awaiting_confirmation", "submitted", ("client", "agent"), "content"),
    Transition("awaiting_confirmation", "cancelled", ("client", "agent", "manager", "accounting")),
    Transition("awaiting_confirmation", "expired", (SERVER,)),
    Transition("confirmed", "partially_shipped", ("accounting",), "shipment"),
    Transition("confirmed", "shipped", ("accounting",), "shipment"),
    Transition("partially_shipped", "partially_shipped", ("accounting",), "shipment"),
    Transition("partially_shipped", "shipped", ("accounting",), "shipment"),
    Transition("shipped", "partially_shipped", ("accounting",), "shipment"),
    Transition("shipped", "completed", ("accounting",)),
)
"""Every transition; there is no other."""

_TABLE = {(way.source, way.target): way for way in TRANSITIONS}


def transition(source: str | None, target: str) -> Transition | None:
    """Return the way between two states, None where there is none."""
    return _TABLE.get((source, target))


def targets(source: str | None) -> tuple[str, ...]:
    """Return the states that an order in a state may go to."""
    return tuple(way.target for way in TRANSITIONS if way.source == source)


def may_go(way: Transition, roles: Collection[str], *, is_author: bool) -> bool:
    """Tell whether somebody with these roles may go this way."""
    if is_author and AUTHOR in way.actors:
        return True
    return any(actor in roles for actor in way.actors if actor not in (AUTHOR, SERVER))
