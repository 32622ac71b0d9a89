"""Approvals: each is of one revision of an order, with the issues that it waives.

An order that a rule holds gets a record here with what was found; the decision is written into it,
with who decided and when. A later revision of the order is judged anew, and what was waived for
another revision holds it again.

Approving waives what the record lists, and no more: what has come up since is added to it, and
the order goes on waiting until somebody has approved that too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from appliance.api import Context, Row, Write
from appliance_preselling.approval_fields import APPROVED, REJECTED, WAITING, WITHDRAWN
from appliance_preselling.findings import MOST
from appliance_preselling.step import Step

_OF_ORDER = "SELECT id, body FROM order_approvals WHERE order_id = ? ORDER BY id"

_DECISIONS = {
    "accepted": APPROVED,
    "approved": APPROVED,
    "rejected": REJECTED,
    "refused": REJECTED,
}
"""What a state that follows on waiting says of the approval; any other withdraws it."""


def waived(order_id: str, revision: int, context: Context) -> set[tuple[str, str]]:
    """Return code and pointer of each issue that was waived for a revision of an order."""
    return {
        (issue["code"], issue.get("pointer") or "")
        for _, body in context.select(_OF_ORDER, (order_id,))
        if (row := json.loads(body))["decision"] == APPROVED and row["revision"] == revision
        for issue in row.get("issues") or ()
    }


def listed(order_id: str, revision: int, context: Context) -> set[tuple[str, str]]:
    """Return code and pointer of each issue that who approves a waiting order has before him."""
    return {
        (issue["code"], issue.get("pointer") or "")
        for _, row in _waiting(order_id, context)
        if row["revision"] == revision
        for issue in row.get("issues") or ()
    }


def asked_again(step: Step, issues: Sequence[Row], context: Context) -> Write:
    """Return the record of an order that goes on waiting, with what has come up since."""
    for record_id, row in _waiting(step.order_id, context):
        if row["revision"] == step.after["revision"]:
            both = [*(row.get("issues") or ()), *issues]
            return _record(record_id, {**row, "issues": both[:MOST]})
    return asked(step, issues, context.new_id())


def asked(step: Step, issues: Sequence[Row], new_id: str) -> Write:
    """Return the record of an order that now waits for approval."""
    return _record(new_id, {**_about(step, issues), "decision": WAITING})


def given(step: Step, issues: Sequence[Row], new_id: str) -> Write:
    """Return the approval that lies in a change: who may approve an order changed it himself."""
    return _record(new_id, {**_about(step, issues), **_decided(step, APPROVED)})


def decided(step: Step, context: Context) -> list[Write]:
    """Return the approvals of an order that waited for one and does not any more."""
    decision = _DECISIONS.get(step.after["state"], WITHDRAWN)
    open_ones = _waiting(step.order_id, context)
    if not open_ones:
        # An order that came waiting, from a file.
        open_ones = [(context.new_id(), _about(step, ()))]
    return [_record(record_id, {**row, **_decided(step, decision)}) for record_id, row in open_ones]


def _waiting(order_id: str, context: Context) -> list[tuple[str, Row]]:
    return [
        (record_id, row)
        for record_id, body in context.select(_OF_ORDER, (order_id,))
        if (row := json.loads(body))["decision"] == WAITING
    ]


def _about(step: Step, issues: Sequence[Row]) -> Row:
    row: Row = {
        "order_id": step.order_id,
        "outlet_id": step.after["outlet_id"],
        "revision": step.after["revision"],
        "asked_at": step.at,
    }
    return {**row, "issues": list(issues)} if issues else row


def _decided(step: Step, decision: str) -> Row:
    row: Row = {"decision": decision, "at": step.at}
    if step.by is not None:
        row["by"] = step.by
    if step.after.get("state_comment"):
        row["comment"] = step.after["state_comment"]
    return row


def _record(record_id: str, row: Row) -> Write:
    return Write(collection="order_approvals", id=record_id, row=row)
