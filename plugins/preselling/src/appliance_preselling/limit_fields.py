"""The collection `order_limits`: what each order takes of limits of its customer."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

LIMIT_PARTS = Collection(
    name="order_limits",
    title="What each order takes of limits of its customer.",
    bucket=("archive:{outlet_id}",),
    read=STAFF,
    key=("order_id", "limit_id"),
    fields=(
        Field(name="order_id", type="ref", of="orders", required=True, index=True),
        Field(name="limit_id", type="ref", of="customer_limits", required=True, index=True),
        Field(name="outlet_id", type="ref", of="outlets", required=True, doc="The order's."),
        Field(name="revision", type="int", required=True, minimum=1, doc="The order's."),
        Field(name="since", type="date", required=True, doc="The first day of the period."),
        Field(name="currency", type="text", required=True, max_length=3, doc="The order's."),
        Field(name="amount", type="money", required=True, doc="Of its lines, with tax."),
        Field(name="qty", type="quantity", required=True, doc="Of its lines, in base units."),
        Field(
            name="counts",
            type="bool",
            required=True,
            doc="Whether it is in the sums: the order is accepted and not given up.",
        ),
        Field(name="at", type="timestamp", required=True, doc="When that last changed."),
    ),
)
