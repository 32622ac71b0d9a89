"""A document as somebody sent it, with the amounts he worked out."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from appliance.api.pricing.book import PriceBook, RankedPromotion
from appliance.api.pricing.gifts import taken_out
from appliance.api.pricing.priced import AppliedDiscount
from appliance.api.pricing.terms import RequestedLine
from appliance.api.pricing.unit import Unit


class SentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was sent; the fields are those of `PricedLine`.

    What is None was not sent and is not compared; a missing `doc_discount` is 0.

    Attributes:
        line_no, product_id, uom_id, qty: what was asked for.
        list_price, net_price, gross_amount, line_amount, doc_discount: its prices and amounts.
        discounts: what was taken off.
        tax_category, rate_bp, tax_amount, total: its tax and what is paid.
        gift_of_promo_id: the promotion that it is a gift of.
        gift_of_line_no: the line that it was given for.
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
    rate_bp: Annotated[int, msgspec.Meta(ge=0)]
    tax_amount: int
    total: int
    discounts: tuple[AppliedDiscount, ...] | None = None
    doc_discount: int | None = None
    gift_of_promo_id: str | None = None
    gift_of_line_no: int | None = None


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
    are put back into the line that they name. Where they name none, it is a line of the same
    product, unit and direction that has none of the promotion yet: rather one of which exactly
    this would be the gift, and of these one that would have got another without it; then one of
    which more would be (a limit may have lowered it), then any; among equals the one with the
    smallest number.

    Args:
        sent: the document.
        books: where promotions are looked up, the first that knows one counts.
    """
    sources = _Sources(sent)
    for ranked, unit, gift in _inclusive(sent, books):
        sources.put_back(ranked, unit, gift)
    return [
        (
            place,
            RequestedLine(
                line_no=sent.lines[place].line_no,
                product_id=sent.lines[place].product_id,
                uom_id=sent.lines[place].uom_id,
                qty=quantity,
                manual_bp=_manual(sent.lines[place]),
            ),
        )
        for place, quantity in sources.quantities.items()
    ]


class _Sources:
    """The lines that gifts may come from.

    Attributes:
        quantities: of each line that is no gift, by its place, with what was put back.
    """

    def __init__(self, sent: SentDocument) -> None:
        self.quantities: dict[int, int] = {}
        self._places: dict[tuple[str, str, bool], list[int]] = {}
        self._numbers = [line.line_no for line in sent.lines]
        self._filled: set[tuple[int, str]] = set()
        self._due: dict[tuple[int, str, int], int] = {}
        for place, line in enumerate(sent.lines):
            if line.gift_of_promo_id is None:
                self.quantities[place] = line.qty
                self._places.setdefault(_goods(line), []).append(place)
        for places in self._places.values():
            places.sort(key=lambda place: (sent.lines[place].line_no, place))

    def put_back(self, ranked: RankedPromotion, unit: Unit | None, gift: SentLine) -> None:
        """Put a gift back into the line that it comes from, where there is one."""
        best: tuple[int, int] | None = None
        for place in self._places.get(_goods(gift), ()):
            if (place, ranked.promotion.id) in self._filled:
                continue
            if gift.gift_of_line_no == self._numbers[place]:
                best = 0, place
                break
            quantity = abs(self.quantities[place])
            due = self._due_of(ranked, unit, quantity + abs(gift.qty))
            if due == abs(gift.qty):
                fit = 1 if self._due_of(ranked, unit, quantity) else 2
            else:
                fit = 3 if due > abs(gift.qty) else 4
            if best is None or fit < best[0]:
                best = fit, place
        if best is not None:
            self._filled.add((best[1], ranked.promotion.id))
            self.quantities[best[1]] += gift.qty

    def _due_of(self, ranked: RankedPromotion, unit: Unit | None, quantity: int) -> int:
        if unit is None:
            return 0
        key = ranked.position, unit.uom.id, quantity
        found = self._due.get(key)
        if found is None:
            found = self._due[key] = taken_out(ranked, unit, quantity)
        return found


def _goods(line: SentLine) -> tuple[str, str, bool]:
    return line.product_id, line.uom_id, line.qty < 0


def _inclusive(
    sent: SentDocument, books: tuple[PriceBook, ...]
) -> list[tuple[RankedPromotion, Unit | None, SentLine]]:
    """Return the gifts out of what was ordered: of the promotion applied last first, then the
    largest first, because fewer lines can be where it comes from.
    """
    found = []
    for line in sent.lines:
        name = line.gift_of_promo_id
        for book in books if name is not None else ():
            ranked = book.promotion_by_id.get(name or "")
            if ranked is not None:
                if ranked.promotion.kind == "free_goods_inclusive":
                    found.append((ranked, book.units.get(line.uom_id), line))
                break
    found.sort(key=lambda one: (-one[0].position, -abs(one[2].qty), one[2].line_no))
    return found


def _manual(line: SentLine) -> int:
    """Return the discount by hand, held within what a percentage can be."""
    for one in line.discounts or ():
        if one.kind == "manual":
            return min(10_000, max(0, one.bp or 0))
    return 0
