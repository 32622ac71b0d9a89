"""The server's check: a document as it was sent against the same document priced anew.

There is no tolerance. Whether masters changed is told by the revision that the document names:

* It is the book's: every difference is a mismatch.
* It is that of an earlier book, which is given: what differs from the earlier book is a mismatch,
  what differs from the present one has changed.
* It is another, or none, and no earlier book is given: a figure that does not follow from the
  document's own prices, percentages and rates is a mismatch, every other difference has changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from appliance.api.pricing.book import PriceBook
from appliance.api.pricing.comparison import Difference, Verdict, compare
from appliance.api.pricing.document import price_placed
from appliance.api.pricing.issues import PricingIssue
from appliance.api.pricing.own_figures import contradictions
from appliance.api.pricing.priced import PricedDocument
from appliance.api.pricing.sent import SentDocument, requested_lines
from appliance.api.pricing.sent_issues import SentIssues
from appliance.api.pricing.terms import RequestedLine, Terms

MS_PER_HOUR = 3_600_000
"""Milliseconds in an hour."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found.

    Attributes:
        verdict: the worst of the differences.
        differences: every field that differs.
        issues: what to tell: of each line the difference that the others follow from, and
            everything that pricing itself found; at most `MOST_ISSUES`, then the heaviest.
        priced: the document as it should be, by the masters that it was made from where these
            are there.
    """

    verdict: Verdict
    differences: tuple[Difference, ...]
    issues: tuple[PricingIssue, ...]
    priced: PricedDocument


def check_document(
    book: PriceBook,
    terms: Terms,
    sent: SentDocument,
    *,
    earlier: PriceBook | None = None,
    age_ms: int | None = None,
) -> Check:
    """Check a document as it was sent.

    Args:
        book: the present masters.
        terms: of the document: its dates, subject, branch.
        sent: the document.
        earlier: the masters of the revision that the document names, where they are kept.
        age_ms: how long ago the masters changed; what changed is only warned of while that is
            less than the branch's grace. None: too long ago.
    """
    books = (book,) if earlier is None else (earlier, book)
    requested = requested_lines(sent, *books)
    now = price_placed(book, terms, requested)
    priced = now if earlier is None else price_placed(earlier, terms, requested)
    found = compare(sent, priced, requested, "calc_mismatch")
    if earlier is not None:
        found += _changed(sent, now, requested, found)
    promised = SentIssues(sent, terms, books[0], priced)
    if not found:
        return Check(verdict="ok", differences=(), issues=promised.found((), {}), priced=priced)
    wrong = contradictions(sent, terms)
    if earlier is None and sent.pricing_rev != book.revision:
        found = [
            one if one.pointer in wrong else msgspec.structs.replace(one, verdict="price_changed")
            for one in found
        ]
    graced = age_ms is not None and age_ms < terms.branch.price_grace_hours * MS_PER_HOUR
    mismatch = any(one.verdict == "calc_mismatch" for one in found)
    return Check(
        verdict="calc_mismatch" if mismatch else "price_changed",
        differences=tuple(found),
        issues=promised.found(found, wrong, graced=graced),
        priced=priced,
    )


def _changed(
    sent: SentDocument,
    now: PricedDocument,
    requested: Sequence[tuple[int, RequestedLine]],
    mismatches: Sequence[Difference],
) -> list[Difference]:
    """Return what differs from the present masters, without what is wrong anyway."""
    known = {(one.pointer, one.field) for one in mismatches}
    return [
        one
        for one in compare(sent, now, requested, "price_changed")
        if (one.pointer, one.field) not in known
    ]
