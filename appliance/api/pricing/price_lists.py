"""Price lists and the prices in them, as the masters `price_lists` and `prices` hold them."""

from __future__ import annotations

from typing import Annotated

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=0)]
"""An integer that is not negative."""


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A price list (price type).

    Attributes:
        id: the record's.
        code: for people, in traces and texts.
        currency: ISO 4217.
        tax_included: whether its prices hold the tax.
        parent_id: the list that has the prices this one lacks.
        markup_bp: added to the parent's price, basis points, -10 000 or more; None is 0.
        org_ids: the branches (or units above them) that may use it; empty or None: all.
    """

    id: str
    currency: str
    tax_included: bool
    code: str | None = None
    parent_id: str | None = None
    markup_bp: Annotated[int, msgspec.Meta(ge=-10_000)] | None = None
    org_ids: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """What people know it by: the code, else the id."""
        return self.code or self.id


class Price(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The price of a product in a unit, from a quantity and a day on.

    Attributes:
        price_list_id: the list it stands in.
        product_id: the product.
        uom_id: the unit that the price and `min_qty` are for; one of the product's.
        price: 1/10 000 of a major currency unit for one unit.
        valid_from: the first day, YYYY-MM-DD.
        valid_to: the last day; None: until further notice.
        min_qty: holds from this quantity on, 1/1 000 of the unit; None is 0.
    """

    price_list_id: str
    product_id: str
    uom_id: str
    price: Whole
    valid_from: str
    valid_to: str | None = None
    min_qty: Whole | None = None
