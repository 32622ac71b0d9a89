"""The collection `order_notes`: what the house says of an order among itself."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

NOTES = Collection(
    name="order_notes",
    title="Remarks on orders that the customer does not see.",
    direction="both",
    conflict="append_only",
    kind="request",
    bucket=("outlet:{outlet_id}",),
    read=STAFF,
    write=STAFF,
    fields=(
        Field(name="order_id", type="ref", of="orders", required=True, index=True),
        Field(name="outlet_id", type="ref", of="outlets", required=True, doc="The order's."),
        Field(name="user_id", type="ref", of="users", required=True, doc="Who says it."),
        Field(name="text", type="text", required=True, max_length=2_000),
        Field(name="created_at", type="timestamp", required=True, doc="By the device's clock."),
    ),
)
