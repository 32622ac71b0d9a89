"""What things cost: price lists and their prices."""

from __future__ import annotations

from appliance.api import Collection, Field

PRICE_LISTS = Collection(
    name="price_lists",
    title="Price lists (price types).",
    history=True,
    bucket=("price_list:{id}",),
    key=("code",),
    fields=(
        Field(name="code", type="text", max_length=80, index=True, search=True),
        Field(name="name", type="i18n", required=True, search=True),
        Field(name="currency", type="text", required=True, max_length=3, doc="ISO 4217."),
        Field(name="tax_included", type="bool", required=True),
        Field(
            name="parent_id",
            type="ref",
            of="price_lists",
            doc="A price that is not in this list is the parent's with markup_bp added.",
        ),
        Field(name="markup_bp", type="basis_points", minimum=-10_000),
        Field(
            name="org_ids",
            type="list",
            max_length=1_000,
            items=Field(name="org_id", type="ref", of="org_units"),
            doc="Units that may sell by it; absent: all.",
        ),
    ),
)

PRICES = Collection(
    name="prices",
    title="Prices of products in price lists, from a quantity and a day on.",
    history=True,
    bucket=("price_list:{price_list_id}",),
    key=("price_list_id", "product_id", "uom_id", "min_qty", "valid_from"),
    fields=(
        Field(name="price_list_id", type="ref", of="price_lists", required=True, index=True),
        Field(name="product_id", type="ref", of="products", required=True, index=True),
        Field(name="uom_id", type="ref", of="product_uoms", required=True),
        Field(name="min_qty", type="quantity", minimum=0, doc="Absent: 0."),
        Field(name="price", type="price", required=True, minimum=0),
        Field(name="valid_from", type="date", required=True),
        Field(name="valid_to", type="date", doc="The last day; absent: until further notice."),
    ),
)
