"""What is sold: groups and products."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

PRODUCT_GROUPS = Collection(
    name="product_groups",
    title="Groups of products, as trees.",
    fields=(
        Field(
            name="tree",
            type="text",
            required=True,
            max_length=40,
            doc="acc is the accounting system's tree, client the one customers see.",
        ),
        Field(name="parent_id", type="ref", of="product_groups", index=True),
        Field(name="name", type="i18n", required=True, search=True),
        Field(name="sort", type="int"),
    ),
)

PRODUCTS = Collection(
    name="products",
    title="Products, services, returnable packaging and promotion material.",
    history=True,
    key=("code",),
    fields=(
        Field(name="code", type="text", required=True, max_length=80, index=True, search=True),
        Field(name="article", type="text", max_length=80, index=True, search=True),
        Field(name="name", type="i18n", required=True, search=True),
        Field(name="full_name", type="text"),
        Field(name="brand", type="text", max_length=200),
        Field(name="manufacturer", type="text", max_length=200),
        Field(
            name="group_ids",
            type="list",
            required=True,
            max_length=20,
            items=Field(name="group_id", type="ref", of="product_groups"),
        ),
        Field(
            name="base_uom",
            type="text",
            required=True,
            max_length=20,
            doc="The uom_code of the unit that stock is counted in.",
        ),
        Field(name="tax_category", type="text", required=True, max_length=40),
        Field(
            name="regulation",
            type="text",
            max_length=40,
            doc="alcohol, beer, tobacco, pharma: a licence is needed to buy it.",
        ),
        Field(
            name="kind",
            type="text",
            required=True,
            values=("goods", "service", "returnable_packaging", "posm", "competitor"),
        ),
        Field(name="shelf_life_days", type="int", minimum=0),
        Field(name="batch_tracked", type="bool"),
        Field(name="marked", type="bool", doc="Each piece carries a traceability code."),
        Field(
            name="min_price",
            type="price",
            minimum=0,
            doc="Moved into product_floors by the appliance: customers get products too.",
        ),
        Field(name="rrp", type="price", minimum=0, doc="Recommended retail price."),
        Field(name="availability_note", type="text"),
        Field(name="deposit_product_id", type="ref", of="products"),
        Field(name="properties", type="json"),
        Field(
            name="image_ids",
            type="list",
            max_length=50,
            items=Field(name="image_id", type="ref", of="attachments"),
        ),
        Field(name="sort", type="int"),
        Field(name="active", type="bool", required=True),
    ),
)

PRODUCT_FLOORS = Collection(
    name="product_floors",
    title="Lowest prices of products, which customers do not see.",
    read=STAFF,
    key=("product_id",),
    fields=(
        Field(name="product_id", type="ref", of="products", required=True, index=True),
        Field(name="min_price", type="price", required=True, minimum=0, doc="For a base unit."),
    ),
)
