"""The words of issues, for the person who made the order.

Programs go by an issue's code; the words are looked up by the same code (and a variant after a
colon), so another language is another table beside `ENGLISH`.
"""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api import Issue
from appliance.api.mutations import Severity

ENGLISH: Mapping[str, str] = {
    "state_transition": "An order that is {source} cannot become {target}; it can become:"
    " {targets}.",
    "state_transition:end": "An order that is {source} stays so; make a new one.",
    "state_transition:new": "A new order is a draft or submitted, not {target}.",
    "state_transition:actor": "Only {actors} can make an order that is {source} {target}.",
    "state_transition:content": "An order that is {source} cannot be changed while it becomes"
    " {target}; {field} differs.",
    "state_transition:confirmation": "The customer must confirm this order first.",
    "revision_stale": "The order was changed meanwhile: this is revision {got}, the newest is"
    " {expected}. Get the newest and look at it again.",
    "revision_unknown": "Revision {got} of this order does not exist; the newest is {expected}.",
    "user_wrong:new": "A new order belongs to the person who sends it.",
    "user_wrong:changed": "The order belongs to another person; that cannot be changed.",
    "ref_unknown": "The {what} of this order is not known here.",
    "ref_unknown:line": "Line {line_no}: the {what} is not known here.",
    "ref_deleted": "The {what} of this order was deleted.",
    "ref_deleted:line": "Line {line_no}: the {what} was deleted; take the line out.",
    "uom_wrong": "Line {line_no}: the unit belongs to another product.",
    "product_inactive": "Line {line_no}: the product is no longer sold; take the line out.",
    "lines_missing": "The order has no lines.",
    "lines_too_many": "The order has {got} lines; at most {expected} are allowed.",
    "line_no_repeated": "Line number {line_no} is used twice.",
    "qty_not_positive": "Line {line_no}: the quantity must be more than zero.",
    "total_negative": "The total {name} must not be negative.",
    "calc_mismatch": "The total {name} is {got}, but the lines add up to {expected}.",
    "approval_required": "Every order waits for approval here.",
    "order_over_limit": "The order is over your limit of {expected}; it waits for approval.",
}
"""Words by code, or code and variant."""


def issue(
    code: str, severity: Severity, pointer: str = "", *, variant: str = "", **values: object
) -> Issue:
    """Make an issue with the words of its code, filled with the values."""
    words = ENGLISH[f"{code}:{variant}" if variant else code]
    return Issue(code=code, severity=severity, pointer=pointer, text=words.format(**values))


def spoken(state: str) -> str:
    """Return a state as words."""
    return state.replace("_", " ")
