"""What is stored for an order, what follows from it, and what its sender is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from appliance.api import Context, Effect, Issue, Mutation, Row, languages_of
from appliance_preselling import approvals, checks, ledgers, portal, reservations, rules, states
from appliance_preselling.actors import Standing
from appliance_preselling.consequences import follow
from appliance_preselling.differences import content, difference
from appliance_preselling.findings import MOST, Finding, as_rows, said, told
from appliance_preselling.ledgers import Books
from appliance_preselling.order_fields import SERVER_FIELDS
from appliance_preselling.order_view import OrderView
from appliance_preselling.step import Step
from appliance_preselling.texts import TEXTS

OFFICE = frozenset({"manager", "accounting"})
"""Roles that may make an order in another org unit than their own."""


def post(
    mutation: Mutation, stored: Row | None, issues: Sequence[Issue], context: Context
) -> Effect:
    """Judge an order and complete it with what only the appliance decides.

    A submitted order becomes accepted, or held when a rule or one of the ``issues`` found before
    says so. The revision counts up when the content changed after the order left its author's
    hands.
    """
    row = _sent(mutation, stored)
    standing = Standing(mutation, stored or row, context)
    view = OrderView(mutation.id, row, stored, context)
    found = told(_found(view, standing))
    if any(one.severity == "reject" for one in found):
        return Effect(issues=said(found, _language(mutation.user_id, context)))
    if stored is not None and _approves(row, stored):
        since = _since(view, stored, issues)
        if since.found or since.foreign:
            return _held_again(mutation, stored, since, context)
    added = _added(view)
    row["revision"] = _revision(row, stored)
    holding = _holding(mutation.id, row, stored, found, context)
    asked = row["state"]
    # What holds an order is only told where it does not: it was approved before, or is now by who
    # changes the order for its customer's confirmation.
    holds = holding if asked == "submitted" else []
    found = [
        one._replace(severity="warn") if one.severity == "hold" and one not in holds else one
        for one in found
    ]
    foreign = [one for one in issues if one.severity == "hold"]
    answer: tuple[Issue, ...] = ()
    for_author: Sequence[Issue] = ()
    reasons: Sequence[Issue] = foreign
    if found:
        author, sender = row["user_id"], mutation.user_id
        language = _language(sender, context)
        answer = for_author = said(found, language)
        if author != sender:
            language = _language(author, context)
            for_author = said(found, language)
        reasons = [*said(holding, language), *foreign]
    if asked not in ("submitted", "awaiting_confirmation"):
        reasons = ()
    _complete(mutation, view, reasons)
    step = Step(
        mutation.id,
        stored,
        row,
        mutation.user_id,
        mutation.received_at,
        decided=row["state"] == asked and asked != "submitted",
    )
    books = Books(context)
    writes = follow(step, for_author, reasons, context)
    writes += books.follow(step, added)
    writes += [*books.writes(), *reservations.follow(step, context)]
    return Effect(row=row, issues=answer, writes=tuple(writes))


class _Since(NamedTuple):
    """What has come up since an order began to wait, and who approves it has not seen.

    Attributes:
        found: by rules of the plugin; each holds it, also what would have refused a new order: the
            order is here, and a person decides.
        foreign: by rules of other plugins, which have told it themselves.
    """

    found: Sequence[Finding]
    foreign: Sequence[Issue]


def _approves(row: Row, stored: Row) -> bool:
    return stored["state"] in ("held", "submitted") and row["state"] in ("accepted", "approved")


def _since(view: OrderView, stored: Row, issues: Sequence[Issue]) -> _Since:
    seen = approvals.listed(view.id, stored["revision"], view.context)
    found = [
        one._replace(severity="hold")
        for one in told(rules.judge(view, draft=False))
        if one.severity in ("reject", "hold") and (one.code, one.pointer) not in seen
    ]
    rows = as_rows([one for one in issues if one.severity == "hold"])
    foreign = [Issue(**one) for one in rows if (one["code"], one["pointer"]) not in seen]
    return _Since(found, foreign)


def _held_again(mutation: Mutation, stored: Row, since: _Since, context: Context) -> Effect:
    """Let an order wait on, with what has come up added to what is to be approved."""
    answer = said(since.found, _language(mutation.user_id, context))
    new = [*answer, *since.foreign]
    row = {**stored, "received_at": mutation.received_at}
    row["issues"] = [*(stored.get("issues") or ()), *(_for_all(one) for one in new)][:MOST]
    step = Step(mutation.id, stored, row, mutation.user_id, mutation.received_at, decided=False)
    asked = approvals.asked_again(step, as_rows(new), context)
    return Effect(row=row, issues=answer, writes=(asked,))


def _added(view: OrderView) -> ledgers.Added | None:
    """Return what an order adds to sums; None where its content was not judged."""
    way = checks.way_of(view.row, view.stored)
    return ledgers.added(view) if way is not None and way.scope == "content" else None


def _language(user_id: str, context: Context) -> str:
    return TEXTS.language(*languages_of(context, user_id))


def _sent(mutation: Mutation, stored: Row | None) -> Row:
    """Return what was sent, without what is the appliance's to say."""
    row = {name: value for name, value in mutation.row.items() if name not in SERVER_FIELDS}
    before = stored or {}
    row.update((name, before[name]) for name in SERVER_FIELDS if name in before)
    if stored is not None:
        org_id = stored.get("org_id")
    elif OFFICE.intersection(mutation.roles) and row.get("org_id") is not None:
        org_id = row["org_id"]
    else:
        org_id = mutation.org_id
    row.pop("org_id", None)
    if org_id is not None:
        row["org_id"] = org_id
    return row


def _found(view: OrderView, standing: Standing) -> Iterator[Finding]:
    row, stored = view.row, view.stored
    yield from checks.check_author(row, stored, standing.user_id)
    yield from checks.check_revision(row, stored)
    yield from checks.check_transition(row, stored, standing)
    way = checks.way_of(row, stored)
    if way is not None and way.scope == "content":
        # Elsewhere the content is the stored one, which was right when it came: any other is
        # refused above. So an order can be given up or shipped without mending it first.
        if standing.is_customer:
            yield from portal.check(standing.user_id, row, view.context)
        yield from rules.judge(view, draft=row["state"] == "draft")


def _holding(
    order_id: str, row: Row, stored: Row | None, found: Sequence[Finding], context: Context
) -> list[Finding]:
    """Return what holds an order: what was not waived for the revision it has now."""
    holding = [one for one in found if one.severity == "hold"]
    if not holding or stored is None or stored["state"] == "draft":
        return holding
    waived = approvals.waived(order_id, row["revision"], context)
    return [one for one in holding if (one.code, one.pointer) not in waived]


def _complete(mutation: Mutation, view: OrderView, holding: Sequence[Issue]) -> None:
    """Set what the appliance decides: totals, state and what goes with it."""
    row, stored = view.row, view.stored
    before = stored or {}
    if row["lines"]:
        # Limits and reports go by the totals, so those that were not sent are filled in.
        sent = {
            name: value for name, value in (row.get("totals") or {}).items() if value is not None
        }
        row["totals"] = view.sums | sent | _load(view)
    if stored is not None and row["revision"] != stored["revision"]:
        row["parent_revision"] = stored["revision"]
        for name in ("approved_by", "approved_at", "approved_revision", "issues"):
            row.pop(name, None)  # they are about the revision before
    if row["state"] == "submitted":
        row["state"] = _verdict(row["order_kind"], bool(holding))
        row.pop("issues", None)
        if holding:
            row["issues"] = [_for_all(one) for one in holding]
    if row["state"] != before.get("state"):
        row["state_at"] = mutation.received_at
        if row.get("state_comment") == before.get("state_comment"):
            row.pop("state_comment", None)  # it was said of the state before
    if before.get("state") in ("held", "submitted") and row["state"] in ("accepted", "approved"):
        row["approved_by"] = mutation.user_id
        row["approved_at"] = mutation.received_at
        row["approved_revision"] = row["revision"]
    row["received_at"] = mutation.received_at


def _load(view: OrderView) -> Row:
    """Return the totals of weight and volume, where they are known of every line."""
    way = checks.way_of(view.row, view.stored)
    if view.row["state"] == "draft" or way is None or way.scope != "content":
        return {}
    load = view.load
    known = {"weight_g": load.weight_g, "volume_cm3": load.volume_cm3}
    return {name: amount for name, amount in known.items() if amount is not None}


def _verdict(kind: str, holds: bool) -> str:
    """Return the state of an order that was submitted."""
    if kind == states.RETURN:
        return "submitted" if holds else "approved"
    return "held" if holds else "accepted"


def _for_all(issue: Issue) -> Row:
    """Return an issue without its text, which may tell the customer what is not for him."""
    return {
        "code": issue.code[:64],
        "severity": issue.severity,
        "pointer": issue.pointer[:1_000],
    }


def _revision(row: Row, stored: Row | None) -> int:
    if stored is None:
        return 1
    revision: int = stored["revision"]
    way = checks.way_of(row, stored)
    if way is None or way.scope != "content" or stored["state"] == "draft":
        return revision
    return revision + 1 if difference(content(stored), content(row)) else revision
