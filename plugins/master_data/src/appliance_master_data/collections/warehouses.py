"""Where goods are: warehouses and what is in them."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

WAREHOUSES = Collection(
    name="warehouses",
    title="Warehouses, vans among them.",
    bucket=("warehouse:{id}",),
    key=("code",),
    fields=(
        Field(name="code", type="text", required=True, max_length=80, index=True, search=True),
        Field(name="name", type="text", required=True, max_length=300, search=True),
        Field(
            name="kind",
            type="text",
            required=True,
            values=("main", "branch", "van", "defect", "transit"),
        ),
        Field(
            name="org_id",
            type="ref",
            of="org_units",
            index=True,
            doc="Absent: of the whole company.",
        ),
        Field(name="vehicle_id", type="id"),
        Field(name="address", type="text"),
    ),
)

STOCK_BALANCES = Collection(
    name="stock_balances",
    title="What a warehouse holds of a product, in the product's base unit.",
    bucket=("warehouse:{warehouse_id}",),
    read=STAFF,
    key=("warehouse_id", "product_id", "batch"),
    fields=(
        Field(name="warehouse_id", type="ref", of="warehouses", required=True, index=True),
        Field(name="product_id", type="ref", of="products", required=True, index=True),
        Field(name="batch", type="text", max_length=80),
        Field(name="on_hand", type="quantity", required=True),
        Field(name="reserved", type="quantity", doc="Absent: nothing is reserved."),
        Field(name="as_of", type="timestamp", required=True, doc="When it was counted or told."),
    ),
)
