"""Rules by which a buyer decides the tax category, as the master `tax_rules` holds them."""

from __future__ import annotations

import msgspec


class TaxRule(msgspec.Struct, frozen=True, kw_only=True):
    """A category that takes the place of the product's where a certain buyer buys.

    What is None is not asked for. Of the rules that hold, the one for a tax profile goes before one
    without, then the one for a tax status, then the one for a single category, then the newest; of
    equal ones the one whose `becomes` comes first in the alphabet. It is applied once: what it
    gives is not looked up again.

    Attributes:
        country: of the branch that sells, ISO 3166-1 alpha-2.
        becomes: the category in its place; the rate is that of this category on the day.
        valid_from: the first tax point date, YYYY-MM-DD.
        valid_to: the last one; None: until further notice.
        tax_profile: of the outlet.
        tax_status: of the party that buys.
        tax_category: of the product; None: of every product.
    """

    country: str
    becomes: str
    valid_from: str
    valid_to: str | None = None
    tax_profile: str | None = None
    tax_status: str | None = None
    tax_category: str | None = None
