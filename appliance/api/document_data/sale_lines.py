"""Lines and sums of what is ordered, sold or offered."""

from __future__ import annotations

import msgspec

from appliance.api.document_data.base import Day
from appliance.api.values import BasisPoints, Money, Price, Quantity


class SaleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of goods.

    Attributes:
        line_no: its number.
        code: the article's code.
        gtin: 8 to 14 digits.
        name: of the article.
        unit: of `qty` and `price`.
        packs: how many packs that is, 1/1 000; 0 where it is not said.
        qty: 1/1 000 of the unit.
        price: before the discount.
        discount_bp: 1/100 of a percent, 0 for none.
        net: the amount without tax.
        rate_bp: of the tax.
        tax: the amount of tax.
        total: the amount with tax.
        batch: of the goods.
        expiry: the last day.
        marks: how many mark codes belong to the line.
        gift: whether it is given free.
        comment: anything else.
    """

    line_no: int
    name: str
    code: str = ""
    gtin: str = ""
    unit: str = ""
    packs: Quantity = Quantity(0)
    qty: Quantity
    price: Price
    discount_bp: BasisPoints = BasisPoints(0)
    net: Money = Money(0)
    rate_bp: BasisPoints = BasisPoints(0)
    tax: Money = Money(0)
    total: Money
    batch: str = ""
    expiry: Day = Day("")
    marks: int = 0
    gift: bool = False
    comment: str = ""


class TaxTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What is taxed at one rate.

    Attributes:
        rate_bp: 1/100 of a percent.
        net: the amount without tax.
        tax: the amount of tax.
    """

    rate_bp: BasisPoints
    net: Money = Money(0)
    tax: Money


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of lines, minor units.

    Attributes:
        gross: before discounts.
        discount: all discounts.
        net: without tax.
        taxes: one for each rate.
        total: with tax, before rounding.
        rounding: what rounding the amount to pay added.
        payable: what is to be paid.
        weight_g: grams, 0 where it is not said.
        volume_cm3: cubic centimetres, 0 where it is not said.
        places: pieces of freight, 0 where it is not said.
    """

    gross: Money = Money(0)
    discount: Money = Money(0)
    net: Money = Money(0)
    taxes: tuple[TaxTotal, ...] = ()
    total: Money = Money(0)
    rounding: Money = Money(0)
    payable: Money
    weight_g: int = 0
    volume_cm3: int = 0
    places: int = 0

    @property
    def weight(self) -> Quantity:
        """The weight in kilograms, 1/1 000."""
        return Quantity(self.weight_g)

    @property
    def volume(self) -> Quantity:
        """The volume in litres, 1/1 000."""
        return Quantity(self.volume_cm3)


class Packaging(msgspec.Struct, frozen=True, kw_only=True):
    """Returnable packaging that changed hands.

    Attributes:
        name: what it is.
        given: to the buyer, 1/1 000 of a piece.
        taken: from the buyer.
        deposit: what the buyer owes for it; below zero where he is owed.
    """

    name: str
    given: Quantity = Quantity(0)
    taken: Quantity = Quantity(0)
    deposit: Money = Money(0)
