"""Whether an order costs what it should: every amount worked out anew."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from appliance.api.pricing import (
    Check,
    PriceBook,
    PricingIssue,
    SentDocument,
    Terms,
    check_document,
    read_document,
)
from appliance_preselling import points, promotion_use
from appliance_preselling.findings import Finding, issue, priced_issue
from appliance_preselling.order_terms import OrderTerms
from appliance_preselling.order_view import OrderView
from appliance_preselling.points import PointParts
from appliance_preselling.promotion_use import TakenOf


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for everything that is not priced as it should be.

    An order made from earlier masters is judged by them: what was right then and has changed since
    is not the device's fault. An appliance without branches knows no taxes and checks no prices.
    """
    if not view.settings["check_prices"] or view.row["order_kind"] != "sale" or not view.lines:
        return
    if view.head.lost or view.wrong_lines:
        return  # what is wrong there is told already, and nothing can be priced without it
    terms = OrderTerms.of(view)
    if terms.terms is None:
        if terms.has_units:
            yield issue("unit_unknown", "/org_id")
        return
    sent = read_document(view.row)
    book = terms.book
    of_order = promotion_use.limited(view, terms.terms, book)
    found = _checked(view, terms, of_order, book, sent)
    if found.verdict == "calc_mismatch":
        known = promotion_use.as_known(found, book, of_order, sent)
        if known is not None:
            again = _checked(view, terms, known, book, sent)
            if again.verdict == "ok":
                found = again
    view.kept[TakenOf] = promotion_use.taken(found, book, of_order, sent)
    view.kept[PointParts] = points.earned(view, book, found.priced)
    for one in found.issues:
        yield said(one)


def _checked(
    view: OrderView, order_terms: OrderTerms, terms: Terms, book: PriceBook, sent: SentDocument
) -> Check:
    if sent.pricing_rev is not None and sent.pricing_rev >= book.revision:
        # The device names the head it pulled up to; no master has changed since.
        sent = msgspec.structs.replace(sent, pricing_rev=book.revision)
        return check_document(book, terms, sent)
    check = check_document(book, terms, sent)
    if check.verdict == "ok" or sent.pricing_rev is None:
        return check
    earlier = order_terms.earlier(sent.pricing_rev)
    if earlier is None:
        return check
    age = None if earlier.since_ms is None else view.context.now_ms - earlier.since_ms
    return check_document(book, terms, sent, earlier=earlier.book, age_ms=age)


def said(found: PricingIssue) -> Finding:
    """Return what pricing found as a finding, which can be said in any language."""
    key = f"{found.code}:price" if found.line_no is None else f"{found.code}:price_line"
    words = {name: word for name, word in found.words.items() if name != "line"}
    return priced_issue(key, found, {**words, "line_no": found.line_no})
