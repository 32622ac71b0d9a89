"""Promotions on lines: percentages, amounts, fixed prices, gifts and bundles, in their order.

Goods that are sold and goods that come back in one document are looked at apart, each as if the
others were not there; so are their limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from appliance.api import amounts
from appliance.api.pricing.book import RankedPromotion
from appliance.api.pricing.bundles import apply_bundle
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.gifts import give
from appliance.api.pricing.promotions import BASKET_KINDS, GIFT_KINDS
from appliance.api.pricing.tiers import Span, spans
from appliance.api.pricing.working_line import WorkingLine
from appliance.api.values import QUANTITY_SCALE, rdiv

SIGNS = (1, -1)
"""Goods that are sold, goods that come back."""

LinesByPromotion = dict[int, list[WorkingLine]]
"""The lines a promotion is on, by its position."""


def lines_by_promotion(calculation: Calculation, lines: Iterable[WorkingLine]) -> LinesByPromotion:
    """Return which lines a promotion is on, in the lines' order.

    Promotions for other subjects or days are left out, as are lines without a price or quantity.
    """
    book = calculation.book
    fits: dict[int, bool] = {}
    found: LinesByPromotion = {}
    for line in lines:
        if line.exact is None or line.unit is None or not line.ordered:
            continue
        for position in book.promotions_on(line.unit.goods):
            fit = fits.get(position)
            if fit is None:
                fit = fits[position] = calculation.is_for_subject(book.promotions[position])
            if fit:
                found.setdefault(position, []).append(line)
    return found


def open_lines(
    calculation: Calculation, on: LinesByPromotion, position: int
) -> Iterable[tuple[RankedPromotion, list[WorkingLine]]]:
    """Yield a promotion with the sold lines it may still be applied to, then with the returned."""
    ranked = calculation.book.promotions[position]
    for sign in SIGNS:
        lines = [line for line in on[position] if line.is_open and line.sign == sign]
        if lines:
            yield ranked, lines


def close(
    calculation: Calculation, ranked: RankedPromotion, applied: Sequence[WorkingLine]
) -> None:
    """Note that a promotion was applied to lines; an exclusive one keeps others off them."""
    if not applied:
        return
    calculation.used.add(ranked.position)
    if ranked.promotion.stacking == "exclusive":
        for line in applied:
            line.is_open = False
            calculation.note("exclusive", line, ranked.promotion.id, code=ranked.promotion.code)


def apply_to_lines(calculation: Calculation, on: LinesByPromotion) -> None:
    """Apply the promotions on lines."""
    for position in sorted(on):
        kind = calculation.book.promotions[position].promotion.kind
        if kind in BASKET_KINDS or kind == "points":
            break
        for ranked, lines in open_lines(calculation, on, position):
            if kind in GIFT_KINDS:
                applied = give(calculation, ranked, lines)
            elif kind == "bundle_percent":
                applied = apply_bundle(calculation, ranked, lines)
            else:
                applied = [line for line in lines if _apply(calculation, ranked, line)]
            close(calculation, ranked, applied)


def _apply(calculation: Calculation, ranked: RankedPromotion, line: WorkingLine) -> bool:
    """Apply a percentage, an amount or a fixed price to a line; tell whether a tier was reached."""
    promotion = ranked.promotion
    unit, exact = line.unit, line.exact
    assert unit is not None and exact is not None
    quantity = line.ordered * unit.num
    held = spans(ranked.tiers, promotion.tier_mode, quantity, unit.den)
    if not held:
        return False
    before = line.price_now()
    if promotion.kind == "line_percent":
        step, words = "percent_mean", "{} % off"
        after = line.take_shares(promotion.kind, promotion.id, held, quantity)
        if line.taken[-1].bp is not None:
            calculation.note(
                "percent",
                line,
                promotion.id,
                code=promotion.code,
                bp=line.taken[-1].bp,
                before=before,
                after=after,
            )
            return True
    elif promotion.kind == "line_amount":
        step = "amount"
        words = "{} off each"
        if promotion.tier_mode == "repeat":
            words = f"{{}} off every {amounts.quantity(held[0].tier.from_)}"
        _take_amount(calculation, ranked, line, held, quantity)
        after = line.take(promotion.kind, promotion.id)
    else:
        step, words = "fixed_price", "{} each"
        parts = [(one.end - one.start, (one.tier.value or 0) * unit.num) for one in held]
        if not exact.lower(parts, unit.den, quantity):
            calculation.note(
                "fixed_price_higher", line, promotion.id, code=promotion.code, before=before
            )
            return False
        after = line.take(promotion.kind, promotion.id)
    calculation.note(
        step,
        line,
        promotion.id,
        code=promotion.code,
        parts=_written(calculation, promotion.kind, held, unit.den, words),
        before=before,
        after=after,
    )
    return True


def _written(
    calculation: Calculation, kind: str, held: Sequence[Span], den: int, words: str
) -> str:
    """Write for which part of a quantity a tier gives what."""
    write: Callable[[int], str] = amounts.price if kind == "fixed_price" else amounts.percent
    if kind == "line_amount":

        def write(value: int) -> str:
            return str(calculation.money(value))

    return "; ".join(
        f"{amounts.quantity(rdiv(one.end - one.start, den))} at"
        f" {words.format(write(one.tier.value or 0))}"
        for one in held
    )


def _take_amount(
    calculation: Calculation,
    ranked: RankedPromotion,
    line: WorkingLine,
    held: Sequence[Span],
    quantity: int,
) -> None:
    """Take an amount off each base unit, or with ``repeat`` one for every full ``from``."""
    unit, exact = line.unit, line.exact
    assert unit is not None and exact is not None
    minor = calculation.terms.branch.minor_price
    if ranked.promotion.tier_mode == "repeat":
        tier = held[0].tier
        times = held[0].end // (tier.from_ * unit.den)
        exact.take_amount(times * (tier.value or 0) * minor * QUANTITY_SCALE, line.ordered)
        return
    total = sum((one.end - one.start) * (one.tier.value or 0) for one in held)
    exact.take_amount(total * minor * unit.num, quantity * unit.den)
