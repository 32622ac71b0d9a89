"""What tax is due: rates by country, category and day, and which category a buyer has."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_master_data.collections.shapes import validity

TAX_STATUSES = ("vat_payer", "non_payer", "export")
"""What a party is to the tax office of the seller."""

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

TAX_RULES = Collection(
    name="tax_rules",
    title="Which tax category takes the place of a product's for certain buyers.",
    history=True,
    key=("country", "tax_profile", "tax_status", "tax_category", "valid_from"),
    fields=(
        Field(
            name="country",
            type="text",
            required=True,
            max_length=2,
            doc="Of the branch that sells, ISO 3166-1 alpha-2.",
        ),
        Field(
            name="tax_profile",
            type="text",
            max_length=40,
            doc="For outlets of this tax_profile; absent: of any.",
        ),
        Field(
            name="tax_status",
            type="text",
            values=TAX_STATUSES,
            doc="For parties of this tax_status; absent: of any.",
        ),
        Field(
            name="tax_category",
            type="text",
            max_length=40,
            doc="The category of the product; absent: every one.",
        ),
        Field(
            name="becomes",
            type="text",
            required=True,
            max_length=40,
            index=True,
            doc="The category in its place; its rate is in tax_rates.",
        ),
        *validity(required=("valid_from",)),
    ),
)
