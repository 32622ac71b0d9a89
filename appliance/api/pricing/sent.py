"""A document as somebody sent it, with the amounts he worked out."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.api.pricing.book import PriceBook
from appliance.api.pricing.priced import AppliedDiscount
from appliance.api.pricing.terms import RequestedLine


class SentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was sent; the fields are those of `PricedLine`.

    What is None was not sent and is not compared; a missing `doc_discount` is 0.

    Attributes:
        line_no, product_id, uom_id, qty: what was asked for.
        list_price, net_price, gross_amount, line_amount, doc_discount: its prices and amounts.
        discounts: what was taken off.
        tax_category, rate_bp, tax_amount, total: its tax and what is paid.
        gift_of_promo_id: the promotion that it is a gift of.
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
    discounts: tuple[AppliedDiscount, ...] | None = None
    doc_discount: int | None = None
    gift_of_promo_id: str | None = None


class SentTax(msgspec.Struct, frozen=True, kw_only=True):
    """The tax of one category and rate as it was sent.

    Attributes:
        tax_category, rate_bp, tax_amount: as in `TaxTotal`.
        taxable: None: not sent.
    """

    tax_category: str
    rate_bp: int
    tax_amount: int
    taxable: int | None = None


class SentTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Totals as they were sent; None was not sent and is not compared.

    Attributes:
        net, discount, tax, gross, rounding, payable, weight_g, volume_cm3: as in `Totals`.
    """

    net: int | None = None
    discount: int | None = None
    tax: tuple[SentTax, ...] | None = None
    gross: int | None = None
    rounding: int | None = None
    payable: int | None = None
    weight_g: int | None = None
    volume_cm3: int | None = None


class SentDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it was sent.

    Attributes:
        price_list_id: the list its prices are of.
        currency: ISO 4217.
        tax_included: whether its prices hold the tax.
        lines: in their order.
        totals: None: not sent.
        promo_ids: promotions that it claims; None: not sent.
        pricing_rev: the revision of the masters it was made from; None: not told.
    """

    price_list_id: str
    currency: str
    tax_included: bool
    lines: tuple[SentLine, ...]
    totals: SentTotals | None = None
    promo_ids: tuple[str, ...] | None = None
    pricing_rev: int | None = None


def read_document(row: dict[str, Any]) -> SentDocument:
    """Read the record of an order or a sale.

    Args:
        row: its fields, as a mutation has them; those that pricing does not know are passed over.

    Raises:
        msgspec.ValidationError: a field is missing or of another type; the text has its path.
    """
    return msgspec.convert(row, SentDocument)


def requested_lines(sent: SentDocument, *books: PriceBook) -> list[tuple[int, RequestedLine]]:
    """Return what was asked for, from a document in which it was priced, with each line's place.

    Gifts beside what was ordered are left out: pricing adds them. Gifts out of what was ordered
    are put back: to the first line of the same product, unit and direction that has none of that
    promotion yet.

    Args:
        sent: the document.
        books: where promotions are looked up, the first that knows one counts.
    """
    added: dict[int, int] = {}
    filled: set[tuple[int, str]] = set()
    asked = [
        (place, line) for place, line in enumerate(sent.lines) if line.gift_of_promo_id is None
    ]
    by_number = sorted(asked, key=lambda one: (one[1].line_no, one[0]))
    for gift in sorted(sent.lines, key=lambda line: line.line_no):
        promotion_id = gift.gift_of_promo_id
        if promotion_id is None or not _is_inclusive(promotion_id, books):
            continue
        for place, line in by_number:
            same = (line.product_id, line.uom_id) == (gift.product_id, gift.uom_id)
            if same and (line.qty < 0) == (gift.qty < 0) and (place, promotion_id) not in filled:
                filled.add((place, promotion_id))
                added[place] = added.get(place, 0) + gift.qty
                break
    return [
        (
            place,
            RequestedLine(
                line_no=line.line_no,
                product_id=line.product_id,
                uom_id=line.uom_id,
                qty=line.qty + added.get(place, 0),
                manual_bp=_manual(line),
            ),
        )
        for place, line in asked
    ]


def _is_inclusive(promotion_id: str, books: tuple[PriceBook, ...]) -> bool:
    for book in books:
        ranked = book.promotion_by_id.get(promotion_id)
        if ranked is not None:
            return ranked.promotion.kind == "free_goods_inclusive"
    return False


def _manual(line: SentLine) -> int:
    """Return the discount by hand, held within what a percentage can be."""
    for one in line.discounts or ():
        if one.kind == "manual":
            return min(10_000, max(0, one.bp or 0))
    return 0
