"""Orders that no device wrote: from an import, a job, a command or another plugin.

Whoever writes an order says what it is; this completes it as `appliance_preselling.posting` does
for what devices send, so that its revisions, states and notices have no gap. Nothing is judged:
accounting says what happened. Whoever brings orders in checks beforehand where they may go
(`appliance_preselling.states.transition`).
"""

from __future__ import annotations

from appliance.api import Context, Effect, Row, Write
from appliance_preselling import reservations, reserved
from appliance_preselling.consequences import follow
from appliance_preselling.differences import content, difference
from appliance_preselling.ledgers import Books
from appliance_preselling.step import Step

_OF_A_REVISION = ("approved_by", "approved_at", "approved_revision", "issues")


def take(write: Write, stored: Row | None, context: Context) -> Effect | None:
    """Complete a write of an order, and return it with what follows."""
    if write.collection == "order_reservations":
        reserved.of(context).forget()
    if write.collection != "orders":
        return None
    if write.op == "del":
        return Effect(writes=tuple(_given_back(write.id, stored, context)))
    if write.row["state"] == "expired" and not _may_expire(stored):
        # Its customer answered after the job had looked.
        return Effect(row=stored)
    row = _completed(write.row, stored, context.now_ms)
    step = Step(write.id, stored, row, by=None, at=context.now_ms)
    return Effect(row=row, writes=(*follow(step, (), (), context), *_counted(step, context)))


def _counted(step: Step, context: Context) -> list[Write]:
    """Return what is counted over all orders, as it is after a step."""
    books = Books(context)
    writes = [*books.follow(step, None), *books.writes()]
    return [*writes, *reservations.follow(step, context)]


def _given_back(order_id: str, stored: Row | None, context: Context) -> list[Write]:
    """Return what is counted without an order that is deleted: its import is undone."""
    if stored is None:
        return []
    after = {**stored, "state": "cancelled"}
    return _counted(Step(order_id, stored, after, by=None, at=context.now_ms), context)


def _may_expire(stored: Row | None) -> bool:
    return stored is None or stored["state"] in ("awaiting_confirmation", "expired")


def _completed(sent: Row, stored: Row | None, now_ms: int) -> Row:
    """Return the order with what only the appliance counts: revisions and times."""
    row = dict(sent)
    if stored is None:
        row.setdefault("state_at", now_ms)
        row.setdefault("received_at", now_ms)
        return row
    row["revision"] = stored["revision"]
    if stored["state"] != "draft" and difference(content(stored), content(row)):
        row["revision"] += 1
        row["parent_revision"] = stored["revision"]
        row["received_at"] = now_ms
        for name in _OF_A_REVISION:
            row.pop(name, None)  # they are about the revision before
    if row["state"] != stored["state"]:
        if row.get("state_at") == stored.get("state_at"):
            row["state_at"] = now_ms
        if row.get("state_comment") == stored.get("state_comment"):
            row.pop("state_comment", None)  # it was said of the state before
    return row
