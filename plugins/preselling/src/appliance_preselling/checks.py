"""What may become of a stored order: whose it is, which revision was seen, where it may go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from appliance.api import Row, Text
from appliance_preselling import states
from appliance_preselling.actors import Standing
from appliance_preselling.findings import Finding, issue, state_word
from appliance_preselling.order_fields import SERVER_FIELDS

ALWAYS_FREE = SERVER_FIELDS | {"state", "revision", "parent_revision", "comment", "state_comment"}
"""Fields that every transition may change."""

SHIPMENT_FIELDS = frozenset({"status", "shipped_qty", "reason_id"})
"""Fields of a line that a shipment may change."""

COLLECTION_FIELDS = frozenset({"status", "shipped_qty"})
"""Likewise where goods are collected: the reason of a return is its author's."""


def check_author(row: Row, stored: Row | None, sender_id: str) -> Iterable[Finding]:
    """Yield a finding where an order is made for, or given to, somebody else."""
    author = row["user_id"]
    if stored is None and author != sender_id:
        yield issue("user_wrong:new", "/user_id")
    elif stored is not None and author != stored["user_id"]:
        yield issue("user_wrong:changed", "/user_id")


def check_revision(row: Row, stored: Row | None) -> Iterable[Finding]:
    """Yield a finding where the device did not see the newest revision."""
    newest = 1 if stored is None else stored["revision"]
    got = row["revision"]
    if got != newest:
        code = "revision_stale" if got < newest else "revision_unknown"
        yield issue(code, "/revision", got=got, expected=newest)


def way_of(row: Row, stored: Row | None) -> states.Transition | None:
    """Return the way that an order is to go, None where there is none."""
    source = None if stored is None else stored["state"]
    return states.transition(row["order_kind"], source, row["state"])


def check_transition(row: Row, stored: Row | None, standing: Standing) -> Iterable[Finding]:
    """Yield a finding where the change of state, its maker or what else changed is not allowed."""
    source = None if stored is None else stored["state"]
    target = row["state"]
    way = way_of(row, stored)
    if way is None:
        yield _no_way(row["order_kind"], source, target)
        return
    hindrance = standing.hindrance(way)
    if hindrance == "actor":
        yield issue(
            "state_transition:actor",
            "/state",
            actors=tuple(Text(f"actor:{actor}") for actor in way.actors),
            source=state_word(source),
            target=state_word(target),
        )
    elif hindrance is not None:
        yield issue(f"state_transition:{hindrance}", "/state")
    if stored is None:
        return
    if (source, target) == ("accepted", "confirmed") and stored.get("client_confirm_required"):
        yield issue("state_transition:confirmation", "/state")
    for name in _held_fast(way, row, stored):
        yield issue(
            "state_transition:content",
            f"/{name}",
            source=state_word(source),
            target=state_word(target),
            field=name,
        )


def _held_fast(way: states.Transition, row: Row, stored: Row) -> list[str]:
    """Name the fields that changed though this way may not change them."""
    if way.scope != "content":
        return changed_fields(row, stored, shipment=way.scope == "shipment")
    # What was written about an order that people have seen is where its outlet's devices get it.
    moved = stored["state"] != "draft" and row["outlet_id"] != stored["outlet_id"]
    return ["outlet_id"] if moved else []


def changed_fields(row: Row, stored: Row, *, shipment: bool = False) -> list[str]:
    """Name the fields in which two versions of an order differ, those free to change aside.

    An absent field and null are the same. With ``shipment`` the lines are compared without what a
    shipment, or the collection of a return, may change.
    """
    free = COLLECTION_FIELDS if stored.get("order_kind") == states.RETURN else SHIPMENT_FIELDS
    left_out = free if shipment else frozenset()
    names = sorted((row.keys() | stored.keys()) - ALWAYS_FREE)
    return [
        name
        for name in names
        if _compared(name, row.get(name), left_out) != _compared(name, stored.get(name), left_out)
    ]


def _compared(name: str, value: Any, left_out: frozenset[str]) -> Any:
    if name != "lines" or not left_out or value is None:
        return value
    return [
        {field: cell for field, cell in line.items() if field not in left_out} for line in value
    ]


def _no_way(kind: str, source: str | None, target: str) -> Finding:
    if source is None:
        return issue("state_transition:new", "/state", target=state_word(target))
    if source in states.TERMINAL:
        return issue("state_transition:end", "/state", source=state_word(source))
    return issue(
        "state_transition",
        "/state",
        source=state_word(source),
        target=state_word(target),
        targets=tuple(state_word(state) for state in states.targets(kind, source)),
    )
