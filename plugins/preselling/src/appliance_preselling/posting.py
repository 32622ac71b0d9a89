"""What is stored for an order, and what its sender is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appliance.api import Context, Effect, Issue, Mutation, Row, languages_of
from appliance_preselling import checks, rules, states
from appliance_preselling.checks import changed_fields
from appliance_preselling.findings import Finding, as_rows, said, told
from appliance_preselling.order_fields import SERVER_FIELDS
from appliance_preselling.order_view import OrderView
from appliance_preselling.texts import TEXTS
from appliance_preselling.totals import added_up


def post(
    mutation: Mutation, stored: Row | None, issues: Sequence[Issue], context: Context
) -> Effect:
    """Judge an order and complete it with what only the appliance decides.

    A submitted order becomes accepted, or held when a rule or one of the ``issues`` found before
    says so. The revision counts up when the content changed after the order left its author's
    hands.
    """
    found = told(_found(mutation, stored, context))
    answer: tuple[Issue, ...] = ()
    if found:
        language = TEXTS.language(*languages_of(context, mutation.user_id))
        answer = said(found, language)
        if any(one.severity == "reject" for one in found):
            return Effect(issues=answer)
    return Effect(row=_completed(mutation, stored, (*issues, *answer)), issues=answer)


def _found(mutation: Mutation, stored: Row | None, context: Context) -> Iterator[Finding]:
    row = mutation.row
    yield from checks.check_author(mutation, stored)
    yield from checks.check_revision(row, stored)
    yield from checks.check_transition(mutation, stored)
    way = states.transition(None if stored is None else stored["state"], row["state"])
    if way is None or way.scope == "content":
        # Elsewhere the content is the stored one, which was right when it came: any other is
        # refused above. So an order can be given up or shipped without mending it first.
        view = OrderView(mutation.id, row, stored, context)
        yield from rules.judge(view, draft=row["state"] == "draft")


def _completed(mutation: Mutation, stored: Row | None, issues: Sequence[Issue]) -> Row:
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
    if row["state"] == "submitted":
        holding = [issue for issue in issues if issue.severity == "hold"]
        row["state"] = "held" if holding else "accepted"
        row.pop("issues", None)
        if holding:
            row["issues"] = as_rows(holding)
    row["revision"] = _revision(mutation.row, stored)
    if stored is not None and row["revision"] != stored["revision"]:
        row["parent_revision"] = stored["revision"]
    if row["state"] != before.get("state"):
        row["state_at"] = mutation.received_at
    if before.get("state") == "held" and row["state"] == "accepted":
        row["approved_by"] = mutation.user_id
        row["approved_at"] = mutation.received_at
    row["received_at"] = mutation.received_at
    return row


def _revision(row: Row, stored: Row | None) -> int:
    if stored is None:
        return 1
    revision: int = stored["revision"]
    way = states.transition(stored["state"], row["state"])
    rewritten = way is not None and way.scope == "content" and stored["state"] != "draft"
    return revision + 1 if rewritten and changed_fields(row, stored) else revision
