"""The collection `order_promotions`: what each order takes of promotions that are counted."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

SHARES = Collection(
    name="order_promotions",
    title="What each order takes of promotions that have a budget or a limit for an outlet.",
    bucket=("archive:{outlet_id}",),
    read=STAFF,
    key=("order_id", "promotion_id"),
    fields=(
        Field(name="order_id", type="ref", of="orders", required=True, index=True),
        Field(name="promotion_id", type="ref", of="promotions", required=True, index=True),
        Field(name="outlet_id", type="ref", of="outlets", required=True, doc="The order's."),
        Field(name="revision", type="int", required=True, minimum=1, doc="The order's."),
        Field(name="spent_minor", type="money", required=True, doc="What it takes of the budget."),
        Field(
            name="used",
            type="int",
            required=True,
            doc="What it takes of the limit for one outlet: 1, of gifts the quantity.",
        ),
        Field(
            name="per_outlet",
            type="bool",
            required=True,
            doc="Whether the promotion has a limit for one outlet.",
        ),
        Field(
            name="counts",
            type="bool",
            required=True,
            doc="Whether it is in the sums: the order is accepted and not given up.",
        ),
        Field(name="at", type="timestamp", required=True, doc="When that last changed."),
    ),
)
