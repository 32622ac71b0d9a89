"""Rules an order must keep that need nothing but the order itself and its stored version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from appliance.api import Issue, Mutation, Row
from appliance_preselling import states
from appliance_preselling.order_fields import SERVER_FIELDS
from appliance_preselling.texts import issue, spoken

ALWAYS_FREE = SERVER_FIELDS | {"state", "revision", "parent_revision", "comment"}
"""Fields that every transition may change."""

SHIPMENT_FIELDS = frozenset({"status", "shipped_qty", "reason_id"})
"""Fields of a line that a shipment may change."""


def check_author(mutation: Mutation, stored: Row | None) -> Iterable[Issue]:
    """Yield an issue where an order is made for, or given to, somebody else."""
    author = mutation.row["user_id"]
    if stored is None and author != mutation.user_id:
        yield issue("user_wrong", "reject", "/user_id", variant="new")
    elif stored is not None and author != stored["user_id"]:
        yield issue("user_wrong", "reject", "/user_id", variant="changed")


def check_revision(row: Row, stored: Row | None) -> Iterable[Issue]:
    """Yield an issue where the device did not see the newest revision."""
    newest = 1 if stored is None else stored["revision"]
    got = row["revision"]
    if got != newest:
        code = "revision_stale" if got < newest else "revision_unknown"
        yield issue(code, "reject", "/revision", got=got, expected=newest)


def check_transition(mutation: Mutation, stored: Row | None) -> Iterable[Issue]:
    """Yield an issue where the change of state, its maker or what else changed is not allowed."""
    row = mutation.row
    source = None if stored is None else stored["state"]
    target = row["state"]
    way = states.transition(source, target)
    if way is None:
        yield _no_way(source, target)
        return
    is_author = (stored or row)["user_id"] == mutation.user_id
    if not states.may_go(way, mutation.roles, is_author=is_author):
        actors = [actor for actor in way.actors if actor != states.SERVER] or ["the appliance"]
        yield issue(
            "state_transition",
            "reject",
            "/state",
            variant="actor",
            actors=" or ".join(actors),
            source="new" if source is None else spoken(source),
            target=spoken(target),
        )
    if stored is None:
        return
    if (source, target) == ("accepted", "confirmed") and stored.get("client_confirm_required"):
        yield issue("state_transition", "reject", "/state", variant="confirmation")
    if way.scope != "content":
        for name in changed_fields(row, stored, shipment=way.scope == "shipment"):
            yield issue(
                "state_transition",
                "reject",
                f"/{name}",
                variant="content",
                source=spoken(stored["state"]),
                target=spoken(target),
                field=name,
            )


def check_lines(lines: list[dict[str, Any]], most: int, *, draft: bool) -> Iterable[Issue]:
    """Yield an issue for too many or no lines, repeated numbers and quantities not above 0."""
    if not lines and not draft:
        yield issue("lines_missing", "reject", "/lines")
    if len(lines) > most:
        yield issue("lines_too_many", "reject", "/lines", got=len(lines), expected=most)
    seen = set()
    for place, line in enumerate(lines):
        number = line["line_no"]
        if number in seen:
            yield issue("line_no_repeated", "reject", f"/lines/{place}/line_no", line_no=number)
        seen.add(number)
        if line["qty"] <= 0:
            yield issue("qty_not_positive", "reject", f"/lines/{place}/qty", line_no=number)


def changed_fields(row: Row, stored: Row, *, shipment: bool = False) -> list[str]:
    """Name the fields in which two versions of an order differ, those free to change aside.

    An absent field and null are the same. With ``shipment`` the lines are compared without what a
    shipment may change.
    """
    names = sorted((row.keys() | stored.keys()) - ALWAYS_FREE)
    return [
        name
        for name in names
        if _compared(name, row.get(name), shipment) != _compared(name, stored.get(name), shipment)
    ]


def _compared(name: str, value: Any, shipment: bool) -> Any:
    if name != "lines" or not shipment or value is None:
        return value
    return [
        {field: cell for field, cell in line.items() if field not in SHIPMENT_FIELDS}
        for line in value
    ]


def _no_way(source: str | None, target: str) -> Issue:
    if source is None:
        return issue("state_transition", "reject", "/state", variant="new", target=spoken(target))
    if source in states.TERMINAL:
        return issue("state_transition", "reject", "/state", variant="end", source=spoken(source))
    return issue(
        "state_transition",
        "reject",
        "/state",
        source=spoken(source),
        target=spoken(target),
        targets=", ".join(spoken(state) for state in states.targets(source)),
    )
