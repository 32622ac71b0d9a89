"""The units that products are sold in."""

from __future__ import annotations

from appliance.api import Collection, Field

PRODUCT_UOMS = Collection(
    name="product_uoms",
    title="Units a product is ordered, priced or counted in, with their barcodes.",
    history=True,
    key=("product_id", "uom_code"),
    fields=(
        Field(name="product_id", type="ref", of="products", required=True, index=True),
        Field(
            name="uom_code",
            type="text",
            required=True,
            max_length=20,
            doc="UN/ECE Recommendation 20 or OKEI.",
        ),
        Field(name="name", type="i18n", required=True),
        Field(
            name="factor_num",
            type="int",
            required=True,
            minimum=1,
            doc="One of this unit is factor_num / factor_den of the base unit.",
        ),
        Field(name="factor_den", type="int", required=True, minimum=1),
        Field(
            name="gtin",
            type="text",
            max_length=14,
            index=True,
            search=True,
            doc="8, 12, 13 or 14 digits with a right check digit; no other unit on sale has it.",
        ),
        Field(
            name="more_gtins",
            type="list",
            max_length=20,
            items=Field(name="gtin", type="text", max_length=14),
            search=True,
            doc="Further barcodes of the same unit, such as those of an older wrapping.",
        ),
        Field(name="is_order_unit", type="bool", doc="Orders may be in it."),
        Field(name="is_price_unit", type="bool", doc="Prices may be for it."),
        Field(name="is_base", type="bool", doc="Stock is counted in it; its factor is 1."),
        Field(name="net_g", type="int", minimum=0, doc="Grams of one such unit's contents."),
        Field(name="gross_g", type="int", minimum=0, doc="Grams in all."),
        Field(name="volume_cm3", type="int", minimum=0, doc="Cubic centimetres it takes up."),
        Field(
            name="order_multiple",
            type="quantity",
            minimum=0,
            doc="It is ordered in multiples of so many; absent or 0: in any quantity.",
        ),
        Field(name="min_order", type="quantity", minimum=0, doc="The least of an order line."),
    ),
)
