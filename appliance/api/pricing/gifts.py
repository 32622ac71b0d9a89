"""Goods that a promotion gives: more than was ordered, or a part of it.

A gift is given whole or not at all: a limit lowers how often, never how much at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance.api.pricing.book import RankedPromotion
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.list_price import find_price
from appliance.api.pricing.promotions import Tier
from appliance.api.pricing.tiers import gifts
from appliance.api.pricing.unit import Unit
from appliance.api.pricing.working_line import WorkingLine
from appliance.api.values import QUANTITY_SCALE, rdiv


class GiftLimit:
    """What is left of a promotion's budget and of what one outlet may have of it."""

    def __init__(self, calculation: Calculation, ranked: RankedPromotion) -> None:
        """Begin with what documents before this one left over.

        Args:
            calculation: with those documents' use.
            ranked: the promotion.
        """
        promotion = ranked.promotion
        use = calculation.uses.get(promotion.id)
        spent, used = (0, 0) if use is None else (use.spent_minor, use.outlet_used)
        budget, most = promotion.budget_minor, promotion.max_per_outlet
        # The value of a gift is a quantity times a price, so the budget is put on that scale.
        self._value = None if budget is None else max(0, budget - spent) * calculation.scale
        self._quantity = None if most is None else max(0, most - used)

    def times(self, due: int, quantity: int, num: int, den: int) -> tuple[int, str]:
        """Return how often a gift can be given, and the limit that says so ("" for none).

        Args:
            due: how often it should be.
            quantity: of one gift, 1/1 000 base units.
            num, den: its price as a fraction, 1/10 000 for one base unit.
        """
        given, limit = due, ""
        if self._quantity is not None and self._quantity // quantity < given:
            given, limit = self._quantity // quantity, "limit for one outlet"
        if self._value is not None and num:
            affordable = self._value * den // (quantity * num)
            if affordable < given:
                given, limit = affordable, "budget"
        return given, limit

    def use(self, quantity: int, value: int) -> None:
        """Count a gift: 1/1 000 base units, and quantity times price."""
        if self._quantity is not None:
            self._quantity = max(0, self._quantity - quantity)
        if self._value is not None:
            self._value = max(0, self._value - value)


def give(
    calculation: Calculation, ranked: RankedPromotion, lines: Sequence[WorkingLine]
) -> list[WorkingLine]:
    """Add the gifts of a promotion for lines; return those lines that got one."""
    giver = _Giver(calculation, ranked)
    return [line for line in lines if giver.give(line)]


def taken_out(ranked: RankedPromotion, unit: Unit, quantity: int) -> int:
    """Return what a promotion makes a gift out of an ordered quantity, limits aside.

    Args:
        ranked: of the kind ``free_goods_inclusive``.
        unit: of the line.
        quantity: what was ordered, 1/1 000 of the unit; so is what is returned.
    """
    mode = ranked.promotion.tier_mode
    return sum(
        _in_unit(unit, times * (tier.gift_qty or 0))
        for tier, times in gifts(ranked.tiers, mode, quantity * unit.num, unit.den)
        if tier.gift_product_id in (None, unit.goods.product.id)
    )


def _in_unit(unit: Unit, quantity: int) -> int:
    """Turn base units of a gift into units of the line it is taken out of.

    No part of a case is given: 5 bottles of cases of 12 are no gift.
    """
    if unit.num == unit.den:
        return quantity
    return quantity * unit.den // (QUANTITY_SCALE * unit.num) * QUANTITY_SCALE


class _Giver:
    """Gives one promotion's gifts, as far as its limits go."""

    def __init__(self, calculation: Calculation, ranked: RankedPromotion) -> None:
        self._calculation = calculation
        self._ranked = ranked
        self._promotion = ranked.promotion
        self._limit = GiftLimit(calculation, ranked)

    def give(self, line: WorkingLine) -> bool:
        """Add the gifts for a line; tell whether there are any."""
        unit = line.unit
        assert unit is not None
        inclusive = self._promotion.kind == "free_goods_inclusive"
        # A second gift out of one line counts what the first left to be paid.
        counted = (line.paid if inclusive else line.ordered) * unit.num
        find = self._taken_out if inclusive else self._added
        given: dict[str, tuple[Unit, int]] = {}
        for tier, due in gifts(self._ranked.tiers, self._promotion.tier_mode, counted, unit.den):
            gift = find(line, tier, due)
            if gift is not None:
                kind, quantity = gift
                _, before = given.get(kind.uom.id, (kind, 0))
                given[kind.uom.id] = (kind, before + quantity)
        for kind, quantity in given.values():
            self._calculation.gifts.append(
                WorkingLine(
                    line.line_no,
                    line.place,
                    kind,
                    quantity * line.sign,
                    gift_of=self._promotion.id,
                )
            )
            self._note(
                "gift",
                line,
                qty=line.sign * quantity,
                unit=kind.uom.uom_code,
                product=kind.goods.product.name,
            )
        return bool(given)

    def _added(self, line: WorkingLine, tier: Tier, due: int) -> tuple[Unit, int] | None:
        """Return the unit and quantity of a gift beside what was ordered, in its base unit."""
        assert line.unit is not None
        calculation = self._calculation
        product_id = tier.gift_product_id or line.unit.goods.product.id
        goods = calculation.book.goods.get(product_id)
        if goods is None or goods.base is None:
            self._note("gift_unknown", line, product=product_id)
            return None
        unit = calculation.book.units[goods.base.id]
        each = tier.gift_qty or 0
        date = calculation.terms.pricing_date
        priced = find_price(calculation.book, calculation.chain, unit, due * each, date)
        price = 0 if priced is None else priced.price
        quantity = self._times(line, due, each, price, 1) * each
        if not quantity:
            return None
        self._use(line, quantity, quantity * price)
        return unit, quantity

    def _taken_out(self, line: WorkingLine, tier: Tier, due: int) -> tuple[Unit, int] | None:
        """Return the unit and quantity of a gift out of what was ordered, in the line's unit."""
        unit = line.unit
        assert unit is not None and line.list_price is not None
        if tier.gift_product_id not in (None, unit.goods.product.id):
            self._note("gift_other", line)
            return None
        each = tier.gift_qty or 0
        price = line.list_price
        quantity = self._times(line, due, each, price * unit.den, unit.num) * each
        due_in_unit = _in_unit(unit, quantity)
        if quantity and not due_in_unit:
            self._note("gift_not_whole", line, unit=unit.uom.uom_code)
        quantity = due_in_unit
        if not quantity:
            return None
        line.paid -= quantity
        self._use(line, -(-quantity * unit.num // unit.den), quantity * price)
        return unit, quantity

    def _times(self, line: WorkingLine, due: int, each: int, num: int, den: int) -> int:
        times, limit = self._limit.times(due, each, num, den)
        if limit:
            self._note("gift_capped", line, due=due, given=times, limit=limit)
        return times

    def _use(self, line: WorkingLine, quantity: int, value: int) -> None:
        self._limit.use(quantity, value)
        spent = rdiv(value, self._calculation.scale)
        self._calculation.count(self._promotion.id, line.sign, spent, quantity)

    def _note(self, step: str, line: WorkingLine, **values: int | str) -> None:
        self._calculation.note(step, line, self._promotion.id, code=self._promotion.code, **values)
