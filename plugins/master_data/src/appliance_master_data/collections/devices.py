"""What one device is given: routes for a time, and numbers for its documents."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

DEVICE_ASSIGNMENTS = Collection(
    name="device_assignments",
    title="Routes that a device works for a time, beside those its user owns.",
    bucket=("device:{device_id}",),
    key=("device_id", "valid_from"),
    read=STAFF,
    fields=(
        Field(name="device_id", type="id", required=True, index=True),
        Field(
            name="user_id",
            type="ref",
            of="users",
            required=True,
            index=True,
            doc="The device's user; it holds for him alone.",
        ),
        Field(
            name="route_ids",
            type="list",
            max_length=100,
            items=Field(name="route_id", type="ref", of="routes"),
        ),
        Field(name="vehicle_id", type="id"),
        Field(name="valid_from", type="date", required=True, doc="The first day."),
        Field(name="valid_to", type="date", index=True, doc="The last day; absent: for ever."),
        Field(
            name="state",
            type="text",
            values=("planned", "current", "ended"),
            index=True,
            doc="What the days say; the appliance sets it.",
        ),
    ),
)

NUMBER_RANGES = Collection(
    name="number_ranges",
    title="Numbers that a device may give to its documents.",
    bucket=("device:{device_id}",),
    key=("device_id", "series", "from"),
    read=STAFF,
    fields=(
        Field(name="device_id", type="id", required=True, index=True),
        Field(name="series", type="text", required=True, max_length=40),
        Field(name="prefix", type="text", max_length=20),
        Field(
            name="width",
            type="int",
            required=True,
            minimum=1,
            maximum=20,
            doc="Digits, filled with zeros.",
        ),
        Field(name="from", type="int", required=True, minimum=0),
        Field(name="to", type="int", required=True, minimum=0, doc="The last number."),
        Field(name="next_hint", type="int", minimum=0, doc="After the highest that arrived."),
        Field(name="legal_kind", type="text", max_length=40, doc="Of which paper they are."),
    ),
)
