"""The collection `order_actions`: what people ask to be done with an order, without sending it."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_preselling.order_fields import WRITERS

ACTIONS = ("submit", "confirm", "decline", "cancel", "approve", "reject", "repeat")
"""Everything that may be asked for; `appliance_preselling.actions` says what each does."""

SERVER_FIELDS = frozenset({"received_at", "result_order_id", "left_out"})
"""Fields that the appliance sets; what a device sends in them is not looked at."""

ORDER_ACTIONS = Collection(
    name="order_actions",
    title="What people ask to be done with an order.",
    direction="up",
    conflict="append_only",
    kind="request",
    bucket=("outlet:{outlet_id}",),
    write=WRITERS,
    fields=(
        Field(name="order_id", type="ref", of="orders", required=True, index=True),
        Field(name="outlet_id", type="ref", of="outlets", required=True, doc="The order's."),
        Field(name="user_id", type="ref", of="users", required=True, doc="Who asks."),
        Field(name="action", type="text", required=True, values=ACTIONS),
        Field(
            name="revision",
            type="int",
            required=True,
            minimum=1,
            doc="The revision of the order that the person saw.",
        ),
        Field(
            name="comment",
            type="text",
            doc="Why; it becomes the order's state_comment, which the customer sees.",
        ),
        Field(name="created_at", type="timestamp", required=True, doc="By the device's clock."),
        Field(
            name="tz_offset_min",
            type="int",
            required=True,
            minimum=-840,
            maximum=840,
            doc="Minutes that the device's local time is ahead of UTC.",
        ),
        Field(
            name="new_order_id",
            type="id",
            doc="Of repeat: the id that the new order shall have; absent: the appliance makes one.",
        ),
        Field(name="received_at", type="timestamp", doc="By the appliance's clock."),
        Field(name="result_order_id", type="ref", of="orders", doc="Of repeat: the new order."),
        Field(
            name="left_out",
            type="list",
            max_length=1_000,
            items=Field(name="line_no", type="int"),
            doc="Of repeat: lines whose product is no longer sold.",
        ),
    ),
)
