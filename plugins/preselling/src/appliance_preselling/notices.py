"""What people hear of an order: its state, and what they must do about it.

Every change of state writes a record of ``doc_states`` for the order's author and those who lead
him, so that the device hears it in its next pull even where the answer got lost. It holds the
issues, which are not for everybody who sees the outlet. Whoever must act gets a record of
``notifications``: the supervisor of an order that waits for approval, the author of one that came
back to him.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from appliance.api import Context, Row, Write
from appliance_preselling import states
from appliance_preselling.leaders import approvers
from appliance_preselling.step import Step
from appliance_preselling.texts import TEXTS
from appliance_preselling.words import NOTICES

WAITING = frozenset({"held", "submitted"})
"""States of an order that waits for approval; a return request waits as submitted."""

_VERDICTS = {
    "held": "held",
    "submitted": "held",
    "rejected": "rejected",
    "refused": "rejected",
    "expired": "rejected",
}
_MOST_SAID = 400
"""Characters of a comment that a notification repeats."""


def state(step: Step, issues: Sequence[Row], context: Context) -> Write:
    """Return the record of ``doc_states`` of a step that changes the state.

    Args:
        step: what happens.
        issues: what was found, in the language of the order's author.
        context: makes the id.
    """
    after = step.after
    row: Row = {
        "doc_id": step.order_id,
        "doc_type": "orders",
        "state": after["state"],
        "verdict": _VERDICTS.get(after["state"], "accepted"),
        "at": step.at,
        "user_id": after["user_id"],
    }
    if after.get("server_number") is not None:
        row["server_number"] = after["server_number"]
    if issues:
        row["issues"] = list(issues)
    if step.by is not None and step.decided:
        row["by"] = step.by
    return Write(collection="doc_states", id=context.new_id(), row=row)


def notifications(step: Step, context: Context) -> list[Write]:
    """Return what people must act on after a step that changes the state."""
    after, author = step.after, step.after["user_id"]
    kind = "return" if after["order_kind"] == states.RETURN else "order"
    key = f"notice:{kind}:{after['state']}"
    if key not in NOTICES:
        return []
    told: Sequence[str] = ()
    if after["state"] in WAITING:
        told = approvers(after, context)
    elif author != step.by:
        told = (author,)
    return _told(step, kind, after["state"], told, context)


def changed(step: Step, context: Context) -> list[Write]:
    """Return what the author is told of an order that others changed where its state stays."""
    author = step.after["user_id"]
    if author == step.by or step.after["order_kind"] == states.RETURN:
        return []
    return _told(step, "order", "changed", (author,), context)


def _told(step: Step, kind: str, what: str, people: Sequence[str], context: Context) -> list[Write]:
    """Return a notification for each of some people."""
    if not people:
        return []
    after = step.after
    outlet: Row = context.get("outlets", after["outlet_id"]) or {}
    values: dict[str, Any] = {
        "number": after.get("number") or step.order_id[:8],
        "outlet": outlet.get("name", "-"),
        "comment": (after.get("state_comment") or "")[:_MOST_SAID],
    }
    said = TEXTS.in_all(f"notice:{kind}:{what}", **values)
    row: Row = {
        "kind": f"orders.{what}",
        "text": {language: text.strip() for language, text in said.items()},
        "at": step.at,
        "ref_type": "orders",
        "ref_id": step.order_id,
    }
    return [
        Write(collection="notifications", id=context.new_id(), row={"user_id": person, **row})
        for person in people
    ]
