"""Pricing a document: the steps in their order.

1. The price list: the outlet's, else the contract's, the party's, the route's, the branch's.
2. The list price of each line, by unit, quantity and day; from parent lists with their markup.
3. One individual discount: the most specific.
4. Promotions on lines, by priority.
5. The discount by hand.
6. The net price: exact until here, rounded once.
7. The amounts of the line.
8. Promotions on the basket, shared out over the lines.
9. Tax, per line or per category.
10. Totals: sums of what was rounded; cash is rounded at the end.

Every amount is an integer and `appliance.api.values.rdiv` is the only rounding. Goods that come
back have a negative quantity; their amounts are those of the sale with the other sign.
"""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api.pricing import limits
from appliance.api.pricing.baskets import apply_to_baskets, count_points
from appliance.api.pricing.book import PriceBook
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.individual import apply_individual, ranked_discounts
from appliance.api.pricing.issues import bounded
from appliance.api.pricing.line_promotions import apply_to_lines, lines_by_promotion
from appliance.api.pricing.list_price import choose_list, set_list_price
from appliance.api.pricing.priced import (
    AppliedDiscount,
    PricedDocument,
    PricedLine,
    TaxTotal,
    Totals,
)
from appliance.api.pricing.promotions import GIFT_KINDS
from appliance.api.pricing.taxes import set_taxes
from appliance.api.pricing.terms import PromotionUse, RequestedLine, Terms
from appliance.api.pricing.working_line import WorkingLine
from appliance.api.values import QUANTITY_SCALE, rdiv


def price_document(book: PriceBook, terms: Terms, lines: Iterable[RequestedLine]) -> PricedDocument:
    """Price a document.

    It never refuses: what is wrong is among the issues, and a line without a price has amounts
    of 0.

    Args:
        book: the masters.
        terms: who buys from whom, when and how.
        lines: what is asked for, in any order; the order changes nothing but the pointers of
            issues.

    Raises:
        ValueError: the currency's exponent or a discount by hand is out of range.
    """
    return price_placed(book, terms, enumerate(lines))


def price_placed(
    book: PriceBook, terms: Terms, lines: Iterable[tuple[int, RequestedLine]]
) -> PricedDocument:
    """Price a document whose lines stand at places of their own; see `price_document`.

    Args:
        book, terms: as there.
        lines: each with its place among the document's ``lines``, for the pointers of issues.
    """
    calculation = Calculation(book, terms)
    choose_list(calculation)
    manual: list[tuple[WorkingLine, int]] = []
    asked = sorted(lines, key=lambda one: (one[1].line_no, one[0]))
    ranks = ranked_discounts(calculation)
    for place, requested in asked:
        line = _line(calculation, place, requested)
        calculation.lines.append(line)
        manual.append((line, requested.manual_bp))
        if line.unit is not None:
            limits.check_quantity(calculation, line)
            if calculation.chain:
                set_list_price(calculation, line)
                apply_individual(calculation, line, ranks)
            if line.exact is None:
                _miss(calculation, line)
    on = lines_by_promotion(calculation, calculation.lines)
    apply_to_lines(calculation, on)
    for line, bp in manual:
        _take_manual(calculation, line, bp)
    discounts = {id(line): _set_amounts(calculation, line) for line in calculation.lines}
    of_document = apply_to_baskets(calculation, on)
    points = count_points(calculation, on)
    _number_gifts(calculation)
    taxes = set_taxes(calculation, [*calculation.lines, *calculation.gifts])
    for line in calculation.lines:
        limits.check_floor(calculation, line)
    limits.check_promotions(calculation)
    totals = _totals(calculation, taxes)
    chain = calculation.chain
    return PricedDocument(
        price_list_id=chain[0].id if chain else None,
        currency=terms.branch.currency,
        tax_included=bool(chain) and chain[0].tax_included,
        pricing_rev=book.revision,
        lines=tuple(
            _priced(line, requested, discounts[id(line)])
            for line, (_place, requested) in zip(calculation.lines, asked, strict=True)
        )
        + tuple(_priced_gift(line) for line in calculation.gifts),
        totals=totals,
        discounts=tuple(of_document),
        promo_ids=tuple(
            book.promotions[position].promotion.id for position in sorted(calculation.used)
        ),
        points=tuple(points),
        uses=_uses(calculation),
        issues=bounded(calculation.issues),
        trace=tuple(calculation.trace),
    )


def _line(calculation: Calculation, place: int, requested: RequestedLine) -> WorkingLine:
    if not 0 <= requested.manual_bp <= 10_000:
        raise ValueError(f"manual_bp must be 0 to 10000, not {requested.manual_bp}")
    unit = calculation.book.units.get(requested.uom_id)
    line = WorkingLine(requested.line_no, place, unit, requested.qty)
    if requested.product_id not in calculation.book.goods:
        line.unit = None
        calculation.find("ref_unknown", line, "product_id", what="product")
    elif unit is None:
        calculation.find("ref_unknown", line, "uom_id", what="unit")
    elif unit.uom.product_id != requested.product_id:
        line.unit = None
        calculation.find("uom_wrong", line, "uom_id")
    return line


def _miss(calculation: Calculation, line: WorkingLine) -> None:
    assert line.unit is not None
    date = calculation.terms.pricing_date
    calculation.note("price_missing", line, date=date)
    product = line.unit.goods.product.name
    calculation.find("price_missing", line, "list_price", product=product, date=date)


def _take_manual(calculation: Calculation, line: WorkingLine, bp: int) -> None:
    if not bp or line.exact is None:
        return
    limits.check_manual(calculation, line, bp)
    before = line.price_now()
    line.exact.take_percent(bp)
    after = line.take("manual", None, bp)
    calculation.note("manual", line, bp=bp, before=before, after=after)


def _set_amounts(calculation: Calculation, line: WorkingLine) -> tuple[AppliedDiscount, ...]:
    """Set a line's amounts; return its discounts, each with what it took off."""
    if line.exact is None or line.unit is None:
        return ()
    list_price = line.list_price or 0
    line.net_price = line.price_now()
    before = rdiv(line.paid * list_price, calculation.scale)
    line.gross = line.sign * before
    found = []
    for taken in line.taken:
        amount = None
        if taken.kind != "individual_price":
            after = rdiv(line.paid * taken.price, calculation.scale)
            amount = line.sign * (before - after)
            if taken.kind not in ("individual", "manual") and taken.ref_id is not None:
                calculation.count(taken.ref_id, line.sign, before - after)
            before = after
        found.append(
            AppliedDiscount(kind=taken.kind, ref_id=taken.ref_id, bp=taken.bp, amount=amount)
        )
    line.amount = line.sign * before
    calculation.note(
        "line",
        line,
        qty=line.sign * line.paid,
        unit=line.unit.uom.uom_code,
        list_price=list_price,
        gross=line.gross,
        net_price=line.net_price,
        amount=line.amount,
    )
    return tuple(found)


def _number_gifts(calculation: Calculation) -> None:
    """Number gifts on from the greatest number, in the order of the lines they are given for."""
    calculation.gifts.sort(key=lambda gift: (gift.gift_for, gift.place))
    greatest = max((line.line_no for line in calculation.lines), default=0)
    for number, gift in enumerate(calculation.gifts, greatest + 1):
        gift.line_no = number


def _totals(calculation: Calculation, taxes: tuple[TaxTotal, ...]) -> Totals:
    lines = calculation.lines
    total = sum(line.total for line in lines)
    payable = total
    if calculation.terms.payment_form == "cash":
        unit = max(1, calculation.terms.branch.cash_round_minor)
        payable = rdiv(total, unit) * unit
        if payable != total:
            calculation.note("cash", total=total, payable=payable, rounding=payable - total)
    limits.check_amount(calculation, total)
    weight = volume = 0
    for line in (*lines, *calculation.gifts):
        if line.unit is not None:
            quantity = line.sign * line.paid
            num, den = line.unit.weight
            weight += rdiv(quantity * num, QUANTITY_SCALE * den)
            num, den = line.unit.volume
            volume += rdiv(quantity * num, QUANTITY_SCALE * den)
    return Totals(
        net=total - sum(line.tax for line in lines),
        discount=sum(line.gross - line.amount + line.share for line in lines),
        tax=taxes,
        gross=sum(line.gross for line in lines),
        rounding=payable - total,
        payable=payable,
        weight_g=weight,
        volume_cm3=volume,
    )


def _uses(calculation: Calculation) -> tuple[PromotionUse, ...]:
    found = []
    for position in sorted(calculation.used):
        promotion = calculation.book.promotions[position].promotion
        sold, back = (promotion.id, 1), (promotion.id, -1)
        spent, given = calculation.spent, calculation.given
        if promotion.kind in GIFT_KINDS:
            used = given.get(sold, 0) - given.get(back, 0)
        else:
            used = (sold in spent) - (back in spent)
        found.append(
            PromotionUse(
                promotion_id=promotion.id,
                spent_minor=spent.get(sold, 0) - spent.get(back, 0),
                outlet_used=used,
            )
        )
    return tuple(found)


def _priced(
    line: WorkingLine, requested: RequestedLine, discounts: tuple[AppliedDiscount, ...]
) -> PricedLine:
    return PricedLine(
        line_no=line.line_no,
        product_id=requested.product_id,
        uom_id=requested.uom_id,
        qty=line.sign * line.paid,
        list_price=line.list_price or 0,
        net_price=line.net_price,
        gross_amount=line.gross,
        line_amount=line.amount,
        tax_category=line.tax_category,
        rate_bp=line.rate_bp,
        tax_amount=line.tax,
        total=line.total,
        discounts=discounts,
        doc_discount=line.share,
    )


def _priced_gift(line: WorkingLine) -> PricedLine:
    assert line.unit is not None
    return PricedLine(
        line_no=line.line_no,
        product_id=line.unit.goods.product.id,
        uom_id=line.unit.uom.id,
        qty=line.sign * line.paid,
        list_price=0,
        net_price=0,
        gross_amount=0,
        line_amount=0,
        tax_category=line.tax_category,
        rate_bp=line.rate_bp,
        tax_amount=0,
        total=0,
        gift_of_promo_id=line.gift_of,
        gift_of_line_no=line.gift_for,
    )
