"""What follows from a step of an order, stored in the same transaction as the order itself."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.api import Context, Issue, Write
from appliance_preselling import approvals, documents, notices
from appliance_preselling.differences import content, difference
from appliance_preselling.findings import as_rows
from appliance_preselling.notices import WAITING
from appliance_preselling.step import Step


def follow(
    step: Step,
    issues: Sequence[Issue],
    holding: Sequence[Issue],
    context: Context,
) -> list[Write]:
    """Return every record that a step writes beside the order.

    Args:
        step: what happens.
        issues: what its author is told, in his language.
        holding: what needs approval, likewise. Where the order does not wait for it, the step
            approves it itself: only who may approve an order changes it on its way.
        context: of the call.
    """
    writes: list[Write] = []
    waits = step.after["state"] in WAITING
    if step.rewritten:
        writes.append(_revision(step, context))
        if not step.moves:
            writes += [notices.state(step, as_rows(issues), context)]
            writes += notices.changed(step, context)
    if holding and not waits:
        writes.append(approvals.given(step, as_rows(holding), context.new_id()))
    if not step.moves or step.after["state"] == "draft":
        return writes
    writes.append(notices.state(step, as_rows(issues), context))
    if step.source in WAITING:
        writes += approvals.decided(step, context)
    if waits:
        writes.append(approvals.asked(step, as_rows(holding), context.new_id()))
    if step.before is not None:
        writes += documents.shown(step, context)
    writes += notices.notifications(step, context)
    return writes


def _revision(step: Step, context: Context) -> Write:
    before = step.before or {}
    made = difference(content(before), content(step.after))
    row = {
        "order_id": step.order_id,
        "outlet_id": step.after["outlet_id"],
        "revision": step.after["revision"],
        "at": step.at,
        **made.as_row(),
    }
    if step.by is not None:
        row["author"] = step.by
    return Write(collection="order_revisions", id=context.new_id(), row=row)
