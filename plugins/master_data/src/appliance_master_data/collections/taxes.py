"""What tax is due: rates by country, category and day."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_master_data.collections.shapes import validity

TAX_RATES = Collection(
    name="tax_rates",
    title="Tax rates of countries by category, each from a day on.",
    history=True,
    key=("country", "tax_category", "valid_from"),
    fields=(
        Field(name="country", type="text", required=True, max_length=2, doc="ISO 3166-1 alpha-2."),
        Field(
            name="tax_category",
            type="text",
            required=True,
            max_length=40,
            index=True,
            doc="As of products.",
        ),
        Field(name="rate_bp", type="basis_points", required=True, maximum=10_000),
        *validity(required=("valid_from",)),
    ),
)
