"""The collection `order_revisions`: what changed in an order after it left its author's hands."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_preselling.order_fields import LINE_FIELDS
from appliance_preselling.settings import MOST_LINES

_FIELDS = Field(
    name="fields",
    type="list",
    max_length=100,
    items=Field(
        name="field",
        type="object",
        fields=(
            Field(name="name", type="text", required=True, max_length=64),
            Field(name="old", type="json", doc="Absent: it was not there."),
            Field(name="new", type="json", doc="Absent: it is not there any more."),
        ),
    ),
)

_LINE = Field(name="line", type="object", fields=LINE_FIELDS)

REVISIONS = Collection(
    name="order_revisions",
    title="What changed in orders after they left their author's hands.",
    bucket=("outlet:{outlet_id}",),
    key=("order_id", "revision"),
    fields=(
        Field(name="order_id", type="ref", of="orders", required=True, index=True),
        Field(name="outlet_id", type="ref", of="outlets", required=True, doc="The order's."),
        Field(
            name="revision",
            type="int",
            required=True,
            minimum=2,
            doc="The revision that the change made; the one before is its parent.",
        ),
        Field(
            name="author",
            type="ref",
            of="users",
            doc="Who changed it; absent: no person on a device, but an import of accounting.",
        ),
        Field(name="at", type="timestamp", required=True, doc="When, by the appliance's clock."),
        _FIELDS,
        Field(
            name="added", type="list", max_length=MOST_LINES, items=_LINE, doc="Lines, by line_no."
        ),
        Field(name="removed", type="list", max_length=MOST_LINES, items=_LINE, doc="As they were."),
        Field(
            name="changed",
            type="list",
            max_length=MOST_LINES,
            items=Field(
                name="line",
                type="object",
                fields=(
                    Field(name="line_no", type="int", required=True, minimum=1),
                    _FIELDS,
                ),
            ),
            doc="Lines that are in both, with the fields that differ.",
        ),
    ),
)
