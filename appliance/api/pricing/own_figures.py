"""Whether a document's figures follow from one another, whatever its prices come from.

So a document that was made from masters which are gone can still be told from one that was
calculated wrongly: its list prices, percentages and tax rates are taken as they are, and
everything else must follow from them.
"""

from __future__ import annotations

from appliance.api.pricing.exact_price import ExactPrice
from appliance.api.pricing.sent import SentDocument, SentLine
from appliance.api.pricing.split import split
from appliance.api.pricing.taxes import tax_of
from appliance.api.pricing.terms import Terms
from appliance.api.values import rdiv


def contradictions(sent: SentDocument, terms: Terms) -> dict[str, int]:
    """Return what contradicts the document's own figures: JSON Pointers, and what should stand.

    Args:
        sent: the document.
        terms: how it is rounded.
    """
    found: dict[str, int] = {}
    taxes = _taxes(sent, terms)
    for place, line in enumerate(sent.lines):
        pointer = f"/lines/{place}"
        for name, expected in _line(line, terms, taxes[place], sent.tax_included).items():
            if getattr(line, name) != expected:
                found[f"{pointer}/{name}"] = expected
        amounts = [one.amount for one in line.discounts or () if one.kind != "individual_price"]
        taken = [amount for amount in amounts if amount is not None]
        if amounts and len(taken) == len(amounts):
            expected = line.gross_amount - line.line_amount
            if sum(taken) != expected:
                found[f"{pointer}/discounts"] = expected
        if abs(line.doc_discount or 0) > abs(line.line_amount):
            found[f"{pointer}/doc_discount"] = line.line_amount
    found.update(_totals(sent, terms))
    return found


def _line(line: SentLine, terms: Terms, tax: int, included: bool) -> dict[str, int]:
    scale = terms.branch.scale
    left = line.line_amount - (line.doc_discount or 0)
    found = {
        "gross_amount": rdiv(line.qty * line.list_price, scale),
        "line_amount": rdiv(line.qty * line.net_price, scale),
        "tax_amount": tax,
        "total": left if included else left + line.tax_amount,
    }
    net = _net_price(line, terms)
    if net is not None:
        found["net_price"] = net
    return found


def _net_price(line: SentLine, terms: Terms) -> int | None:
    """Return list price less percentages; None where something else was taken off too."""
    if line.discounts is None:
        return None
    price = ExactPrice(line.list_price, additive=terms.branch.discounts == "additive")
    for one in line.discounts:
        if one.bp is not None:
            price.take_percent(one.bp)
        elif one.kind != "individual_price":
            return None
    return price.rounded()


def _taxes(sent: SentDocument, terms: Terms) -> list[int]:
    """Return the tax of each line by its own rate."""
    left = [line.line_amount - (line.doc_discount or 0) for line in sent.lines]
    rates = [(line.tax_category, line.rate_bp) for line in sent.lines]
    included = sent.tax_included
    if terms.branch.tax_rounding == "per_line":
        return [
            tax_of(amount, rate, included=included)
            for amount, (_category, rate) in zip(left, rates, strict=True)
        ]
    found = [0] * len(left)
    for key in set(rates):
        places = [place for place, one in enumerate(rates) if one == key]
        places.sort(key=lambda place: (sent.lines[place].line_no, place))
        amounts = [left[place] for place in places]
        tax = tax_of(sum(amounts), key[1], included=included)
        for place, part in zip(places, split(tax, amounts), strict=True):
            found[place] = part
    return found


def _totals(sent: SentDocument, terms: Terms) -> dict[str, int]:
    totals = sent.totals
    if totals is None:
        return {}
    lines = sent.lines
    total = sum(line.total for line in lines)
    unit = max(1, terms.branch.cash_round_minor) if terms.payment_form == "cash" else 1
    payable = rdiv(total, unit) * unit
    expected = {
        "gross": sum(line.gross_amount for line in lines),
        "discount": sum(
            line.gross_amount - line.line_amount + (line.doc_discount or 0) for line in lines
        ),
        "net": total - sum(line.tax_amount for line in lines),
        "rounding": payable - total,
        "payable": payable,
    }
    found = {
        f"/totals/{name}": amount
        for name, amount in expected.items()
        if getattr(totals, name) not in (None, amount)
    }
    for place, tax in enumerate(totals.tax or ()):
        amount = sum(
            line.tax_amount
            for line in lines
            if (line.tax_category, line.rate_bp) == (tax.tax_category, tax.rate_bp)
        )
        if tax.tax_amount != amount:
            found[f"/totals/tax/{place}/tax_amount"] = amount
    return found
