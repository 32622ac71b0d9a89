"""Tax: in the price or on top, rounded by line or by category.

Rounding by category is that of EN 16931 (BR-CO-17): the tax of a category is computed from the
sum of its lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.priced import TaxTotal
from appliance.api.pricing.split import split
from appliance.api.pricing.working_line import WorkingLine
from appliance.api.values import rdiv


def tax_of(amount: int, rate_bp: int, *, included: bool) -> int:
    """Return the tax of an amount, minor units.

    Args:
        amount: with the tax where it is included, else without.
        rate_bp: basis points.
        included: whether the amount holds the tax.
    """
    if included:
        return rdiv(amount * rate_bp, 10_000 + rate_bp)
    return rdiv(amount * rate_bp, 10_000)


def set_taxes(calculation: Calculation, lines: Sequence[WorkingLine]) -> tuple[TaxTotal, ...]:
    """Set rate, tax and total of each line; return the totals by category and rate."""
    included = bool(calculation.chain) and calculation.chain[0].tax_included
    how = "included" if included else "on top"
    per_line = calculation.terms.branch.tax_rounding == "per_line"
    categories: dict[tuple[str, int], list[WorkingLine]] = {}
    known: dict[str, str] = {}
    for line in lines:
        if line.unit is None:
            continue
        category = _category(calculation, line.unit.goods.product.tax_category, known)
        line.tax_category = category
        rate = _rate(calculation, line, category)
        line.rate_bp = rate
        categories.setdefault((category, rate), []).append(line)
        line.total = amount = line.amount - line.share
        if per_line:
            line.tax = tax_of(amount, rate, included=included)
            if line.gift_of is None:
                calculation.note(
                    "tax",
                    line,
                    category=category,
                    rate=rate,
                    amount=amount,
                    how=how,
                    tax=line.tax,
                )
    found = []
    for (category, rate), of_category in sorted(categories.items()):
        amounts = [line.total for line in of_category]
        basis = sum(amounts)
        if per_line:
            tax = sum(line.tax for line in of_category)
        else:
            tax = tax_of(basis, rate, included=included)
            for line, part in zip(of_category, split(tax, amounts), strict=True):
                line.tax = part
        if all(line.gift_of is not None for line in of_category):
            continue
        taxable = basis - tax if included else basis
        found.append(TaxTotal(tax_category=category, rate_bp=rate, taxable=taxable, tax_amount=tax))
        calculation.note(
            "tax_category", category=category, rate=rate, amount=basis, how=how, tax=tax
        )
    if not included:
        for line in lines:
            line.total += line.tax
    return tuple(found)


def _category(calculation: Calculation, own: str, known: dict[str, str]) -> str:
    """Return the category of a product for the buyer; what was found is kept in `known`."""
    found = known.get(own)
    if found is None:
        terms = calculation.terms
        date = terms.tax_date or terms.pricing_date
        rule = calculation.book.tax_rule(terms.branch.country, own, terms.subject, date)
        found = known[own] = own if rule is None else rule.becomes
        if rule is not None and found != own:
            buyer = " ".join(one for one in (rule.tax_profile, rule.tax_status) if one)
            calculation.note("tax_rule", category=own, becomes=found, buyer=buyer or "everybody")
    return found


def _rate(calculation: Calculation, line: WorkingLine, category: str) -> int:
    terms = calculation.terms
    date = terms.tax_date or terms.pricing_date
    rate = calculation.book.tax_rate(terms.branch.country, category, date)
    if rate is None:
        country = terms.branch.country
        calculation.note("tax_missing", line, category=category, country=country, date=date)
        if line.gift_of is None:
            why = f"of {category} in {country} on {date} is not known here"
            calculation.find("tax_wrong", line, "rate_bp", why=why)
        return 0
    return rate
