"""The collections of suggestions: quantities for the next visit, and when they were worked out."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

METHODS = ("sell_out", "one_and_half", "norm", "must_have", "blocked", "none")
"""As of `appliance.api.suggested_order.Method`."""

SUGGESTED_ORDERS = Collection(
    name="suggested_orders",
    title="What an outlet is suggested to order at its next planned visit.",
    bucket=("outlet:{outlet_id}",),
    key=("outlet_id", "product_id"),
    read=STAFF,
    fields=(
        Field(name="outlet_id", type="ref", of="outlets", required=True, index=True),
        Field(name="product_id", type="ref", of="products", required=True),
        Field(name="qty", type="quantity", required=True, minimum=0, doc="In the base unit."),
        Field(name="for_date", type="date", required=True, doc="The visit that it is for."),
        Field(
            name="basis",
            type="object",
            required=True,
            fields=(
                Field(name="method", type="text", required=True, values=METHODS),
                Field(
                    name="ads_milli",
                    type="quantity",
                    doc="Sold a day on the average, in the base unit; absent: not known.",
                ),
                Field(
                    name="stock",
                    type="quantity",
                    required=True,
                    doc="That will be there on the day, in the base unit: counted, or worked out"
                    " from what was counted last.",
                ),
                Field(
                    name="cover_days",
                    type="int",
                    required=True,
                    doc="To the visit after it, with delivery and safety.",
                ),
                Field(name="counted_on", type="date", doc="The last count; absent: there is none."),
            ),
        ),
    ),
)

OUTLET_SUGGESTIONS = Collection(
    name="outlet_suggestions",
    title="For which visit an outlet's suggestions are, and when they were worked out.",
    bucket=("archive:{outlet_id}",),
    read=STAFF,
    fields=(
        Field(name="outlet_id", type="ref", of="outlets", required=True, doc="Its id is the same."),
        Field(name="for_date", type="date", required=True, doc="Looked at again after this day."),
        Field(name="at", type="timestamp", required=True, doc="When that was."),
    ),
)
