"""Individual discounts: of all that are for the customer and the product, exactly one."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api import amounts
from appliance.api.pricing.book import Discounts, is_valid
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.customer_discounts import CustomerDiscount
from appliance.api.pricing.exact_price import WHOLE_BP, ExactPrice
from appliance.api.pricing.terms import Subject
from appliance.api.pricing.unit import Unit
from appliance.api.pricing.working_line import WorkingLine
from appliance.api.values import rdiv


def ranked_discounts(calculation: Calculation) -> list[list[Discounts]]:
    """Return the discounts of the subject: its outlet's, party's, groups' and segments'.

    Those of one list are of the same rank; the first list is the most specific. Ranks without
    any are left out.
    """
    find = calculation.book.discounts
    ranks = ([find(kind, one) for one in ids] for kind, ids in _names(calculation.terms.subject))
    found = ([one for one in rank if one is not None] for rank in ranks)
    return [rank for rank in found if rank]


def apply_individual(
    calculation: Calculation, line: WorkingLine, ranks: list[list[Discounts]]
) -> None:
    """Apply the most specific individual discount to a line, and begin its exact price.

    A fixed price takes the place of the list price, also of one that is missing.
    """
    unit = line.unit
    assert unit is not None
    chosen = _chosen(ranks, unit, line.list_price, calculation.terms.pricing_date)
    additive = calculation.terms.branch.discounts == "additive"
    fixed = None if chosen is None else fixed_price(chosen, unit)
    before = line.list_price
    if fixed is not None:
        line.list_price = fixed
    if line.list_price is None:
        return
    line.exact = ExactPrice(line.list_price, additive=additive)
    if chosen is None:
        return
    named = {"subject": chosen.subject_kind, "object": _object(chosen)}
    if fixed is not None:
        line.take("individual_price", chosen.id)
        calculation.note(
            "individual_price",
            line,
            chosen.id,
            before="no price" if before is None else amounts.price(before),
            after=fixed,
            **named,
        )
        return
    bp = chosen.percent_bp or 0
    line.exact.take_percent(bp)
    after = line.take("individual", chosen.id, bp)
    calculation.note(
        "individual", line, chosen.id, bp=bp, before=line.list_price, after=after, **named
    )


def fixed_price(discount: CustomerDiscount, unit: Unit) -> int | None:
    """Return the fixed price of a discount for a unit, 1/10 000; None for a percentage."""
    if discount.price is None:
        return None
    return rdiv(discount.price * unit.num, unit.den)


def _names(subject: Subject) -> Iterable[tuple[str, tuple[str, ...]]]:
    yield "outlet", () if subject.outlet_id is None else (subject.outlet_id,)
    yield "party", () if subject.party_id is None else (subject.party_id,)
    yield "group", subject.group_ids
    yield "segment", subject.segments


def _chosen(
    ranks: list[list[Discounts]], unit: Unit, list_price: int | None, date: str
) -> CustomerDiscount | None:
    """Return the discount that counts.

    The most specific subject, then the most specific object; among equals the one that gives the
    lower price, then the one with the smaller id.
    """
    for rank in ranks:
        for objects in unit.goods.objects:
            candidates = []
            for of_subject in rank:
                for key in objects:
                    for one in of_subject.get(key, ()):
                        if is_valid(one.valid_from, one.valid_to, date):
                            candidates.append(one)
            if candidates:
                return min(candidates, key=lambda one: (*_cost(one, unit, list_price), one.id))
    return None


def _cost(discount: CustomerDiscount, unit: Unit, list_price: int | None) -> tuple[int, int]:
    """Return what orders discounts by the price they give; a percentage of nothing comes last."""
    fixed = fixed_price(discount, unit)
    if fixed is not None:
        return 0, fixed * WHOLE_BP
    if list_price is None:
        return 1, 0
    return 0, list_price * (WHOLE_BP - (discount.percent_bp or 0))


def _object(discount: CustomerDiscount) -> str:
    if discount.object_kind == "brand":
        return f"brand {discount.object_id}"
    return "all products" if discount.object_kind == "all" else discount.object_kind
