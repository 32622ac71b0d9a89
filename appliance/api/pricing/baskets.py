"""Promotions on the basket, shared out over its lines, and points.

They are looked at after those on lines and after discounts by hand, whatever their priority: what
they count are the amounts that these leave. Goods that are sold and goods that come back are two
baskets.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance.api.pricing.book import RankedPromotion
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.exact_price import WHOLE_BP
from appliance.api.pricing.line_promotions import LinesByPromotion, close, open_lines
from appliance.api.pricing.priced import DocumentDiscount, Points
from appliance.api.pricing.promotions import BASKET_KINDS
from appliance.api.pricing.split import split
from appliance.api.pricing.tiers import once, spans
from appliance.api.pricing.working_line import WorkingLine
from appliance.api.values import rdiv


def apply_to_baskets(calculation: Calculation, on: LinesByPromotion) -> list[DocumentDiscount]:
    """Apply the promotions on baskets; return what each took off."""
    found = []
    for position in sorted(on):
        if calculation.book.promotions[position].promotion.kind not in BASKET_KINDS:
            continue
        for ranked, lines in open_lines(calculation, on, position):
            discount = _apply(calculation, ranked, lines)
            if discount is not None:
                found.append(discount)
                close(calculation, ranked, lines)
    return found


def count_points(calculation: Calculation, on: LinesByPromotion) -> list[Points]:
    """Return the points of promotions, in their order."""
    found: dict[str, int] = {}
    for position in sorted(on):
        if calculation.book.promotions[position].promotion.kind != "points":
            continue
        for ranked, lines in open_lines(calculation, on, position):
            promotion = ranked.promotion
            basket = sum(abs(line.amount - line.share) for line in lines)
            points = once(ranked.tiers, promotion.tier_mode, basket)
            if points is None:
                continue
            sign = lines[0].sign
            found[promotion.id] = found.get(promotion.id, 0) + sign * points
            calculation.note(
                "points",
                ref_id=promotion.id,
                code=promotion.code,
                points=sign * points,
                basket=sign * basket,
            )
            calculation.count(promotion.id, sign, 0)
            close(calculation, ranked, lines)
    return [Points(promotion_id=one, points=points) for one, points in found.items()]


def _apply(
    calculation: Calculation, ranked: RankedPromotion, lines: Sequence[WorkingLine]
) -> DocumentDiscount | None:
    """Take a promotion off a basket and share it out; None where no tier is reached.

    Of several promotions each counts what those before it left; where the branch adds discounts
    up, each counts the whole. It is shared out in proportion to what is left of each line, and
    takes at most that.
    """
    promotion = ranked.promotion
    left = [abs(line.amount - line.share) for line in lines]
    additive = calculation.terms.branch.discounts == "additive"
    basket = sum(abs(line.amount) for line in lines) if additive else sum(left)
    bp = None
    if promotion.kind == "basket_percent":
        held = spans(ranked.tiers, promotion.tier_mode, basket)
        if not held:
            return None
        shares = sum((part.end - part.start) * (part.tier.value or 0) for part in held)
        wanted = rdiv(shares, WHOLE_BP)
        if len(held) == 1 and held[0].end - held[0].start == basket:
            bp = held[0].tier.value
    else:
        found = once(ranked.tiers, promotion.tier_mode, basket)
        if found is None:
            return None
        wanted = found
    discount = min(wanted, sum(left))
    sign = lines[0].sign
    calculation.note(
        "basket",
        ref_id=promotion.id,
        code=promotion.code,
        basket=sign * basket,
        discount=sign * discount,
    )
    for line, share in zip(lines, split(discount, left), strict=True):
        line.share += sign * share
        if share:
            calculation.note(
                "basket_share", line, promotion.id, code=promotion.code, share=sign * share
            )
    calculation.count(promotion.id, sign, discount)
    return DocumentDiscount(kind=promotion.kind, ref_id=promotion.id, bp=bp, amount=sign * discount)
