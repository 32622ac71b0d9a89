"""What is priced: products, their groups and units, as the masters of these names hold them."""

from __future__ import annotations

from typing import Annotated

import msgspec

Factor = Annotated[int, msgspec.Meta(ge=1)]
"""Numerator or denominator of a unit's factor."""


class ProductGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group of products; groups form trees.

    Attributes:
        id: the record's.
        parent_id: the group it is in; None at the root.
    """

    id: str
    parent_id: str | None = None


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product.

    Attributes:
        id: the record's.
        base_uom: the `uom_code` of the unit that stock is counted in.
        tax_category: with the branch's country and the day it gives the tax rate.
        code: for people, in traces and texts.
        group_ids: the groups it is in, of any tree.
        brand: text.
        min_price: no net price may be below it, 1/10 000 for one base unit; None: no floor.
    """

    id: str
    base_uom: str
    tax_category: str
    code: str | None = None
    group_ids: tuple[str, ...] | None = None
    brand: str | None = None
    min_price: int | None = None

    @property
    def name(self) -> str:
        """What people know it by: the code, else the id."""
        return self.code or self.id


class ProductUom(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that a product is ordered or priced in.

    Attributes:
        id: the record's.
        product_id: whose unit it is.
        uom_code: for people; the unit whose code is the product's `base_uom` is the base unit.
        factor_num, factor_den: one of this unit is factor_num / factor_den base units; the base
            unit itself counts as 1 / 1 whatever stands here.
        is_base: marks the base unit where no unit has the code of `base_uom`.
        gross_g, volume_cm3: grams and cubic centimetres of one unit; None: those of the base
            unit times the factor.
        order_multiple: an ordered quantity is a multiple of it, 1/1 000; None or 0: any.
        min_order: the least ordered quantity, 1/1 000; None or 0: any.
    """

    id: str
    product_id: str
    uom_code: str
    factor_num: Factor
    factor_den: Factor
    is_base: bool | None = None
    gross_g: int | None = None
    volume_cm3: int | None = None
    order_multiple: int | None = None
    min_order: int | None = None
