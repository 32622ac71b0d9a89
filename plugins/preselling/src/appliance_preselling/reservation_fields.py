"""The collections of reservations: what each order keeps of a warehouse, and the sums of that."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

ORDER_RESERVATIONS = Collection(
    name="order_reservations",
    title="What each order reserves in its warehouse, in base units; its id is the order's.",
    # No device is granted this bucket: devices get the sums.
    bucket=("archive:{warehouse_id}",),
    read=STAFF,
    fields=(
        Field(name="warehouse_id", type="ref", of="warehouses", required=True),
        Field(name="since", type="timestamp", required=True, doc="When the order was accepted."),
        Field(
            name="until",
            type="date",
            index=True,
            doc="The last day that it reserves; absent: it reserves nothing any more.",
        ),
        Field(
            name="released",
            type="text",
            values=("lapsed", "told", "off"),
            doc="Why it ended before the order did: its last day is over, accounting has told"
            " stock that knows the order, or nothing is reserved here.",
        ),
        Field(
            name="amounts",
            type="json",
            required=True,
            doc="Quantities in 1/1 000 of the base unit by the ids of products.",
        ),
    ),
)

STOCK_RESERVATIONS = Collection(
    name="stock_reservations",
    title="What orders reserve of a product in a warehouse, in the product's base unit.",
    bucket=("warehouse:{warehouse_id}",),
    key=("warehouse_id", "product_id"),
    fields=(
        Field(name="warehouse_id", type="ref", of="warehouses", required=True),
        Field(name="product_id", type="ref", of="products", required=True),
        Field(
            name="qty",
            type="quantity",
            required=True,
            doc="Free is stock_balances.on_hand - stock_balances.reserved - this; it may be less"
            " than nothing.",
        ),
        Field(name="as_of", type="timestamp", required=True, doc="When it was last summed up."),
    ),
)
