"""Tax rates, as the master `tax_rates` holds them: data with dates, not constants."""

from __future__ import annotations

from typing import Annotated

import msgspec


class TaxRate(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of a tax category in a country, from a day on.

    Attributes:
        country: ISO 3166-1 alpha-2.
        tax_category: as products name it.
        rate_bp: basis points.
        valid_from: the first tax point date, YYYY-MM-DD.
        valid_to: the last one; None: until further notice.
    """

    country: str
    tax_category: str
    rate_bp: Annotated[int, msgspec.Meta(ge=0)]
    valid_from: str
    valid_to: str | None = None
