"""Actions: what a person asks to be done with an order, by name and the revision that he saw.

An action is turned into the order as it would look had the person sent it himself, and that order
is decided with the action, by the same rules and in the same transaction. So there is one machine:
an action can do nothing that an edit of the order could not.

==========  ==================================================  ======================
action      the order becomes                                   a return request
==========  ==================================================  ======================
submit      submitted                                           submitted
confirm     confirmed                                           -
decline     cancelled, from awaiting_confirmation alone         -
cancel      cancelled                                           cancelled
approve     accepted                                            approved
reject      rejected                                            refused
repeat      it stays; a new draft of the same lines is made     likewise
==========  ==================================================  ======================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from appliance.api import Context, Effect, Issue, Mutation, Row, Write, languages_of
from appliance_preselling import notes, repeating
from appliance_preselling.action_fields import SERVER_FIELDS
from appliance_preselling.checks import check_revision
from appliance_preselling.findings import Finding, issue, said, state_word, told
from appliance_preselling.states import RETURN
from appliance_preselling.texts import TEXTS

_ORDERS: Mapping[str, str] = {
    "submit": "submitted",
    "confirm": "confirmed",
    "decline": "cancelled",
    "cancel": "cancelled",
    "approve": "accepted",
    "reject": "rejected",
}
_RETURNS: Mapping[str, str] = {**_ORDERS, "approve": "approved", "reject": "refused"}

DECLINED_FROM = "awaiting_confirmation"
"""The state whose order a customer can decline."""


def act(mutation: Mutation, context: Context) -> Effect:
    """Decide an action, and with it the order that it makes."""
    row = {name: value for name, value in mutation.row.items() if name not in SERVER_FIELDS}
    row["received_at"] = mutation.received_at
    order = context.get("orders", row["order_id"])
    found = list(_wrong(mutation, order, context))
    if order is None or found:
        return Effect(issues=_said(found, mutation, context))
    if row["action"] != "repeat":
        follows = Write(collection="orders", id=row["order_id"], row=_moved(order, row))
        return Effect(row=row, follow_ups=(follows,))
    made = repeating.repeat(order, row, context)
    found = told(made.findings)
    issues = _said(found, mutation, context)
    if made.order is None:
        return Effect(issues=issues)
    order_id = row.get("new_order_id") or context.new_id()
    row["result_order_id"] = order_id
    if made.left_out:
        row["left_out"] = made.left_out
    follows = Write(collection="orders", id=order_id, row=made.order)
    return Effect(row=row, issues=issues, follow_ups=(follows,))


def _wrong(mutation: Mutation, order: Row | None, context: Context) -> Iterator[Finding]:
    row = mutation.row
    yield from notes.wrong(mutation, order)
    if order is None or order["outlet_id"] != row["outlet_id"]:
        return
    yield from check_revision(row, order)
    wanted = row.get("new_order_id")
    if row["action"] == "repeat" and wanted and not context.missing("orders", [wanted]):
        yield issue("order_taken", "/new_order_id")
    if row["action"] == "decline" and order["state"] != DECLINED_FROM:
        yield issue("state_transition:decline", "/action", source=state_word(order["state"]))


def _moved(order: Row, action: Row) -> Row:
    """Return the order as the person would have sent it."""
    ends = _RETURNS if order["order_kind"] == RETURN else _ORDERS
    row = {**order, "state": ends[action["action"]]}
    row.pop("state_comment", None)
    if action.get("comment"):
        row["state_comment"] = action["comment"]
    return row


def _said(found: list[Finding], mutation: Mutation, context: Context) -> tuple[Issue, ...]:
    if not found:
        return ()
    return said(found, TEXTS.language(*languages_of(context, mutation.user_id)))
