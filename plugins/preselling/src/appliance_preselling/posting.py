"""What is stored for an order that broke no rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from appliance.api import Context, Effect, Issue, Mutation, Row
from appliance.api.amounts import money
from appliance_preselling import states
from appliance_preselling.checks import changed_fields
from appliance_preselling.order_fields import SERVER_FIELDS
from appliance_preselling.texts import issue
from appliance_preselling.totals import added_up


def post(
    mutation: Mutation, stored: Row | None, issues: Sequence[Issue], context: Context
) -> Effect:
    """Complete an order with what only the appliance decides.

    A submitted order becomes accepted, or held when a rule of `holds` or one of the ``issues``
    found before says so. The revision counts up when the content changed after the order left
    its author's hands.
    """
    row = {name: value for name, value in mutation.row.items() if name not in SERVER_FIELDS}
    before = stored or {}
    row.update((name, before[name]) for name in SERVER_FIELDS if name in before)
    if row.get("org_id") is None and mutation.org_id is not None:
        row["org_id"] = mutation.org_id
    if row["lines"]:
        # Limits and reports go by the totals, so those that were not sent are filled in.
        sent = {
            name: value for name, value in (row.get("totals") or {}).items() if value is not None
        }
        row["totals"] = added_up(row["lines"], sent.get("rounding", 0)) | sent
    found: tuple[Issue, ...] = ()
    if row["state"] == "submitted":
        found = tuple(holds(row, context))
        holding = (*(issue for issue in issues if issue.severity == "hold"), *found)
        row["state"] = "held" if holding else "accepted"
        row.pop("issues", None)
        if holding:
            row["issues"] = [
                {
                    "code": one.code,
                    "severity": one.severity,
                    "pointer": one.pointer,
                    "text": one.text,
                }
                for one in holding
            ]
    row["revision"] = _revision(mutation.row, stored)
    if stored is not None and row["revision"] != stored["revision"]:
        row["parent_revision"] = stored["revision"]
    if row["state"] != before.get("state"):
        row["state_at"] = mutation.received_at
    if before.get("state") == "held" and row["state"] == "accepted":
        row["approved_by"] = mutation.user_id
        row["approved_at"] = mutation.received_at
    row["received_at"] = mutation.received_at
    return Effect(row=row, issues=found)


def holds(row: Row, context: Context) -> Iterable[Issue]:
    """Yield each reason for which a submitted order waits for approval."""
    if not context.settings["auto_accept"]:
        yield issue("approval_required", "hold")
    payable = (row.get("totals") or {}).get("payable")
    if payable is not None:
        limits = context.select(
            "SELECT body ->> '$.limits.max_order_minor' FROM users WHERE id = ?", (row["user_id"],)
        )
        limit = limits[0][0] if limits else None
        if limit is not None and payable > limit:
            yield issue("order_over_limit", "hold", "/totals/payable", expected=money(limit))


def _revision(row: Row, stored: Row | None) -> int:
    if stored is None:
        return 1
    revision: int = stored["revision"]
    way = states.transition(stored["state"], row["state"])
    rewritten = way is not None and way.scope == "content" and stored["state"] != "draft"
    return revision + 1 if rewritten and changed_fields(row, stored) else revision
