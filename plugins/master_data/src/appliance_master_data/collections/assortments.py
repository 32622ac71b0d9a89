"""What an outlet should have on its shelves."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF
from appliance_master_data.collections.shapes import AUDIENCE, UNIT

MOST_ITEMS = 2_000
"""Products of one assortment."""

ASSORTMENTS = Collection(
    name="assortments",
    title="Products that outlets should have, with norms of stock and space.",
    bucket=("org:{org_id}", "all"),
    key=("code",),
    read=STAFF,
    fields=(
        Field(name="code", type="text", max_length=80, index=True, search=True),
        Field(name="name", type="text", required=True, max_length=300, search=True),
        UNIT,
        AUDIENCE,
        Field(
            name="items",
            type="list",
            required=True,
            max_length=MOST_ITEMS,
            items=Field(
                name="item",
                type="object",
                fields=(
                    Field(name="product_id", type="ref", of="products", required=True),
                    Field(name="must_have", type="bool"),
                    Field(name="norm_qty", type="quantity", minimum=0, doc="In the base unit."),
                    Field(name="norm_facings", type="int", minimum=0),
                    Field(name="target_price", type="price", minimum=0, doc="On the shelf."),
                ),
            ),
        ),
    ),
)
