"""A priced document: lines, gifts, totals, what was taken off and why, and what is wrong."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.api.pricing.issues import PricingIssue
from appliance.api.pricing.terms import PromotionUse
from appliance.api.pricing.trace import TraceStep


class AppliedDiscount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A discount of a line, in the order in which they were applied.

    Attributes:
        kind: ``individual``; ``individual_price`` for a fixed price, which takes the place of the
            list price and takes nothing off; ``manual``; or the kind of a promotion.
        ref_id: the individual discount or promotion; None for ``manual``.
        bp: basis points, where one percentage holds for the whole quantity.
        amount: what it took off the line, minor units. Those of a line add up to its
            ``gross_amount - line_amount``.
    """

    kind: str
    ref_id: str | None = None
    bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    amount: int | None = None


class PricedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line with its amounts; the fields are those of a line of an order.

    Attributes:
        line_no: as it was asked for; gifts are numbered on from the greatest.
        product_id, uom_id: what, in which unit.
        qty: 1/1 000 of the unit, negative for goods that come back; without what became a gift.
        list_price, net_price: 1/10 000 for one unit, before and after the line's discounts.
        discounts: what lies between the two.
        gross_amount: quantity x list price, minor units.
        line_amount: quantity x net price, minor units.
        doc_discount: its share of the document's discounts, minor units.
        tax_category: of the product for this buyer; "" where the product is not known.
        rate_bp: the tax rate, basis points.
        tax_amount: the tax; with rounding per category its part of the category's, for
            information.
        total: what is paid for it, tax included.
        gift_of_promo_id: the promotion that it is a gift of; its amounts are 0.
        gift_of_line_no: the line that it is given for.
    """

    line_no: int
    product_id: str
    uom_id: str
    qty: int
    list_price: int
    net_price: int
    gross_amount: int
    line_amount: int
    tax_category: str
    rate_bp: int
    tax_amount: int
    total: int
    discounts: tuple[AppliedDiscount, ...] = ()
    doc_discount: int = 0
    gift_of_promo_id: str | None = None
    gift_of_line_no: int | None = None


class DocumentDiscount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A discount of the document, shared out over its lines.

    Attributes:
        kind: the kind of the promotion.
        ref_id: the promotion.
        bp: basis points, where one percentage holds for the whole basket.
        amount: what it took off, minor units.
    """

    kind: str
    ref_id: str
    amount: int
    bp: int | None = None


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """Points that a promotion gives for a document.

    Attributes:
        promotion_id: the promotion.
        points: their number, negative for goods that come back.
    """

    promotion_id: str
    points: int


class TaxTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The tax of one category and rate.

    Attributes:
        tax_category, rate_bp: which, basis points.
        taxable: what the tax is on, without it, minor units.
        tax_amount: the tax, minor units.
    """

    tax_category: str
    rate_bp: int
    taxable: int
    tax_amount: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of a document, minor units: sums of what was rounded.

    Attributes:
        gross: of ``gross_amount``.
        discount: of ``gross_amount - line_amount + doc_discount``.
        net: of ``total - tax_amount``.
        tax: by category and rate; gifts are not counted.
        rounding: what rounding to cash added; payable less the sum of ``total``.
        payable: what is to be paid.
        weight_g, volume_cm3: grams and cubic centimetres, gifts included, each line rounded.
    """

    net: int
    discount: int
    tax: tuple[TaxTotal, ...]
    gross: int
    rounding: int
    payable: int
    weight_g: int
    volume_cm3: int


class PricedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A priced document.

    Attributes:
        price_list_id: the list; None where none can be used.
        currency: ISO 4217.
        tax_included: whether prices hold the tax.
        pricing_rev: the revision of the masters.
        lines: by their numbers: those that were asked for, then gifts.
        totals: of all of them.
        discounts: those of the document.
        promo_ids: promotions that were applied, in their order.
        points: what promotions give.
        uses: what the document adds to the use of each of these promotions; negative for goods
            that come back.
        issues: what is wrong; at most `MOST_ISSUES`, then the heaviest.
        trace: every step; `explain` has the words.
    """

    price_list_id: str | None
    currency: str
    tax_included: bool
    pricing_rev: int
    lines: tuple[PricedLine, ...]
    totals: Totals
    discounts: tuple[DocumentDiscount, ...]
    promo_ids: tuple[str, ...]
    points: tuple[Points, ...]
    uses: tuple[PromotionUse, ...]
    issues: tuple[PricingIssue, ...]
    trace: tuple[TraceStep, ...]
