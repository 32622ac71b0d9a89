"""The states of orders and of return requests, and every way between them.

    draft > submitted > accepted > awaiting_confirmation > confirmed > shipped > completed
    draft > submitted > approved > collected > credited

A submitted order is decided at once: it becomes accepted, or held for approval. A return request
waits as submitted until it is approved. What a transition may change is in the tables too, so that
an order cannot be rewritten on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    "approved",
    "refused",
    "collected",
    "credited",
    "cancelled",
    "rejected",
    "expired",
)

TERMINAL = frozenset(
    {"completed", "credited", "cancelled", "rejected", "refused", "expired"},
)
"""States that nothing leaves."""

RETURN = "return_request"
"""The kind of order whose goods come back."""

Scope = Literal["state", "shipment", "content"]
"""What a transition may change beside the state.

``state``: nothing but the comment. ``shipment``: also each line's status, shipped quantity and
reason (the reason of a return is content). ``content``: everything; the order gets a new revision
once it has left the author's hands.
"""

AUTHOR = "author"
"""An actor: whoever made the order, whatever his roles."""

SERVER = "server"
"""An actor: the appliance itself. No device can act as it."""

MAKERS = ("agent", "driver", "client", "supervisor", "manager", "accounting")
"""Roles that make orders."""

APPROVERS = ("supervisor", "manager")
"""Who approves what is held: a supervisor of his team, a manager of his branch."""


class Transition(NamedTuple):
    """One way from a state (None: the order is new) to a state, and who may go it."""

    source: str | None
    target: str
    actors: tuple[str, ...]
    scope: Scope = "state"


_DRAFTS = (
    Transition(None, "draft", MAKERS, "content"),
    Transition(None, "submitted", MAKERS, "content"),
    Transition("draft", "draft", (AUTHOR,), "content"),
    Transition("draft", "submitted", (AUTHOR, "agent", "client"), "content"),
    Transition("draft", "cancelled", (AUTHOR,)),
    Transition("submitted", "cancelled", (AUTHOR,)),
)

ORDERS = (
    *_DRAFTS,
    Transition("submitted", "accepted", (SERVER, "manager", "accounting")),
    Transition("submitted", "held", (SERVER,)),
    Transition("held", "accepted", APPROVERS),
    Transition("held", "rejected", APPROVERS),
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
"""Every transition of an order; there is no other."""

RETURNS = (
    *_DRAFTS,
    Transition("submitted", "approved", (SERVER, *APPROVERS)),
    Transition("submitted", "refused", APPROVERS),
    Transition("approved", "collected", ("driver", "manager", "accounting"), "shipment"),
    Transition("collected", "credited", ("accounting",)),
)
"""Every transition of a return request; there is no other."""

TRANSITIONS = (*ORDERS, *(way for way in RETURNS if way not in ORDERS))
"""The transitions of both."""

_ORDERS: Mapping[tuple[str | None, str], Transition] = {(w.source, w.target): w for w in ORDERS}
_RETURNS: Mapping[tuple[str | None, str], Transition] = {(w.source, w.target): w for w in RETURNS}


def transitions(kind: str) -> tuple[Transition, ...]:
    """Return the transitions of a kind of order (``order_kind``)."""
    return RETURNS if kind == RETURN else ORDERS


def transition(kind: str, source: str | None, target: str) -> Transition | None:
    """Return the way between two states, None where there is none."""
    return (_RETURNS if kind == RETURN else _ORDERS).get((source, target))


def targets(kind: str, source: str | None) -> tuple[str, ...]:
    """Return the states that an order in a state may go to."""
    return tuple(way.target for way in transitions(kind) if way.source == source)
