"""Limits that a priced document must keep: of people, products, units, promotions, the branch."""

from __future__ import annotations

from appliance.api import amounts
from appliance.api.amounts import Amount
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.promotions import GIFT_KINDS
from appliance.api.pricing.words import word
from appliance.api.pricing.working_line import WorkingLine
from appliance.api.values import rdiv


def check_quantity(calculation: Calculation, line: WorkingLine) -> None:
    """Find an ordered quantity that is not a multiple of its unit's, or too small.

    What comes back is not ordered: it may be any quantity.
    """
    unit = line.unit
    if unit is None or line.sign < 0:
        return
    uom = unit.uom
    product = unit.goods.product.name
    if uom.order_multiple and line.ordered % uom.order_multiple:
        _quantity(calculation, line, "multiple_violation", product, uom.order_multiple)
    if uom.min_order and line.ordered < uom.min_order:
        _quantity(calculation, line, "min_order_qty", product, uom.min_order)


def check_manual(calculation: Calculation, line: WorkingLine, bp: int) -> None:
    """Find a discount by hand that is over the person's limit."""
    limit = calculation.terms.manual_limit_bp
    if bp > limit:
        calculation.find(
            "discount_over_limit",
            line,
            "discounts",
            expected=limit,
            got=bp,
            wanted=Amount(amounts.percent(limit)),
            found=Amount(amounts.percent(bp)),
        )


def check_floor(calculation: Calculation, line: WorkingLine) -> None:
    """Find a line below its product's lowest price: by its net price, or by its share of a basket.

    What comes back is not sold.
    """
    unit = line.unit
    if unit is None or line.exact is None or line.sign < 0:
        return
    product = unit.goods.product
    if product.min_price is None:
        return
    floor = rdiv(product.min_price * unit.num, unit.den)
    if line.net_price * unit.den < product.min_price * unit.num:
        calculation.find(
            "price_below_floor",
            line,
            "net_price",
            expected=floor,
            got=line.net_price,
            product=product.name,
            wanted=Amount(amounts.price(floor)),
            found=Amount(amounts.price(line.net_price)),
        )
        return
    least = rdiv(line.paid * product.min_price * unit.num, calculation.scale * unit.den)
    left = line.amount - line.share
    if left < least:
        calculation.find(
            "price_below_floor",
            line,
            "doc_discount",
            expected=line.amount - least,
            got=line.share,
            product=product.name,
            wanted=calculation.money(least),
            found=calculation.money(left),
        )


def check_promotions(calculation: Calculation) -> None:
    """Find promotions over their budget or an outlet's limit, and those without their photo.

    Gifts are held within both before; other kinds are applied in full, and somebody decides.
    """
    for position in sorted(calculation.used):
        promotion = calculation.book.promotions[position].promotion
        if (promotion.id, 1) not in calculation.spent:
            continue
        if promotion.needs_proof and promotion.id not in calculation.terms.proofs:
            calculation.find("promo_proof_missing", promotion=promotion.code)
        if promotion.kind in GIFT_KINDS:
            continue
        use = calculation.uses.get(promotion.id)
        before, used = (0, 0) if use is None else (use.spent_minor, use.outlet_used)
        spent = before + calculation.spent[(promotion.id, 1)]
        if promotion.budget_minor is not None and spent > promotion.budget_minor:
            calculation.find(
                "promo_budget",
                expected=promotion.budget_minor,
                got=spent,
                promotion=promotion.code,
                limit=word("price:budget"),
                left=calculation.money(max(0, promotion.budget_minor - before)),
                found=calculation.money(spent - before),
            )
        if promotion.max_per_outlet is not None and used + 1 > promotion.max_per_outlet:
            calculation.find(
                "promo_budget",
                expected=promotion.max_per_outlet,
                got=used + 1,
                promotion=promotion.code,
                limit=word("price:outlet_limit"),
                left=max(0, promotion.max_per_outlet - used),
                found=1,
            )


def check_amount(calculation: Calculation, total: int) -> None:
    """Find an order whose total is below the branch's least."""
    least = calculation.terms.branch.min_order_minor
    if 0 <= total < least and any(line.sign > 0 for line in calculation.lines):
        calculation.find(
            "min_order_amount",
            field="totals/payable",
            expected=least,
            got=total,
            wanted=calculation.money(least),
            found=calculation.money(total),
        )


def _quantity(
    calculation: Calculation, line: WorkingLine, code: str, product: str, expected: int
) -> None:
    calculation.find(
        code,
        line,
        "qty",
        expected=expected,
        got=line.ordered,
        product=product,
        wanted=Amount(amounts.quantity(expected)),
        found=Amount(amounts.quantity(line.ordered)),
    )
