"""What can be wrong with a document's prices: codes, severities and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from appliance.api.amounts import Amount
from appliance.api.mutations import Issue, Severity
from appliance.api.pricing.words import in_english, kept
from appliance.api.texts import Text


class IssueKind(NamedTuple):
    """One code: how much it weighs on a request and on a fact, and its words.

    Attributes:
        request: severity on a request.
        fact: severity on a fact, which has happened and is only flagged.
        text: with places for the figures.
    """

    request: Severity
    fact: Severity
    text: str


ISSUES: Mapping[str, IssueKind] = {
    "price_list_wrong": IssueKind("reject", "flag", "{line}The price list {why}."),
    "price_missing": IssueKind("reject", "flag", "{line}{product} has no price on {date}."),
    "price_below_floor": IssueKind(
        "hold", "flag", "{line}{product} is sold below its lowest price: {found}, not {wanted}."
    ),
    "price_changed": IssueKind(
        "hold",
        "flag",
        "{line}Prices changed since: {field} was {found} and is {wanted} now.",
    ),
    "calc_mismatch": IssueKind(
        "reject", "flag", "{line}The {field} is {found}; it should be {wanted}."
    ),
    "discount_over_limit": IssueKind(
        "hold", "flag", "{line}A discount of {found} % by hand is over the limit of {wanted} %."
    ),
    "discount_expired": IssueKind(
        "hold", "flag", "{line}{what} is not valid on {date} for this customer and product."
    ),
    "promo_budget": IssueKind(
        "hold",
        "flag",
        "{line}Promotion {promotion} is over its {limit}: {left} is left, this takes {found}.",
    ),
    "promo_proof_missing": IssueKind(
        "hold", "flag", "{line}Promotion {promotion} asks for a photo; there is none."
    ),
    "tax_wrong": IssueKind("reject", "flag", "{line}The tax rate {why}."),
    "multiple_violation": IssueKind(
        "reject", "warn", "{line}{product} is ordered in multiples of {wanted}, not {found}."
    ),
    "min_order_qty": IssueKind(
        "reject", "warn", "{line}Of {product} at least {wanted} are ordered, not {found}."
    ),
    "min_order_amount": IssueKind(
        "reject", "warn", "{line}An order is for at least {wanted}; this one is for {found}."
    ),
    "ref_unknown": IssueKind("reject", "flag", "{line}The {what} is not known here."),
    "uom_wrong": IssueKind("reject", "flag", "{line}The unit belongs to another product."),
}
"""Every code that pricing can find. A plugin may weigh one otherwise for its branch."""


class PricingIssue(Issue, frozen=True, kw_only=True, omit_defaults=True):
    """An `Issue` with its figures.

    Attributes:
        code, severity, text, pointer: those of every issue; the pointer is into a document with
            ``/lines`` in the order in which they were given.
        line_no: the line it is about; None: the document.
        expected, got: the figures, in the units of `appliance.api.values`, where there are any.
        words: what stands in the places of the text, for whoever says it in another language; a
            `Text` is of `appliance.api.pricing.WORDS`.
    """

    line_no: int | None = None
    expected: int | str | None = None
    got: int | str | None = None
    words: Mapping[str, str | Text | Amount] = {}


MOST_ISSUES = 100
"""Issues that one document is told of: more are of no use to people, and a hook that returns too
many is taken for broken."""

_HEAVIEST_FIRST: Sequence[Severity] = ("reject", "hold", "flag", "warn")


def bounded(issues: Sequence[PricingIssue]) -> tuple[PricingIssue, ...]:
    """Return the issues to tell: all, or the heaviest of too many."""
    if len(issues) > MOST_ISSUES:
        issues = sorted(issues, key=lambda one: _HEAVIEST_FIRST.index(one.severity))
    return tuple(issues[:MOST_ISSUES])


def pricing_issue(
    code: str,
    kind: Literal["request", "fact"],
    pointer: str = "",
    *,
    line_no: int | None = None,
    expected: int | str | None = None,
    got: int | str | None = None,
    **words: object,
) -> PricingIssue:
    """Make an issue.

    Args:
        code: one of `ISSUES`.
        kind: of the document.
        pointer: JSON Pointer to what it is about.
        line_no, expected, got: see `PricingIssue`.
        words: for the places of the text; a figure as people read it is ``wanted`` or ``found``.
    """
    found = ISSUES[code]
    line = "" if line_no is None else f"Line {line_no}: "
    said = {name: in_english(word) for name, word in words.items()}
    text = found.text.format(line=line, **said)
    return PricingIssue(
        code=code,
        severity=found.request if kind == "request" else found.fact,
        text=text[:1].upper() + text[1:],
        pointer=pointer,
        line_no=line_no,
        expected=expected,
        got=got,
        words={name: kept(word) for name, word in words.items()},
    )
