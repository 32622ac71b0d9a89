"""The collection `order_approvals`: why orders waited for approval, and who decided."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF
from appliance_master_data.collections.shapes import ISSUES

WAITING, APPROVED, REJECTED, WITHDRAWN = DECISIONS = (
    "waiting",
    "approved",
    "rejected",
    "withdrawn",
)
"""What became of a revision that needed approval; it is ``withdrawn`` with its order."""

APPROVALS = Collection(
    name="order_approvals",
    title="Revisions of orders that waited for approval, with what was waived.",
    bucket=("outlet:{outlet_id}",),
    read=STAFF,
    key=("order_id", "revision"),
    fields=(
        Field(name="order_id", type="ref", of="orders", required=True, index=True),
        Field(name="outlet_id", type="ref", of="outlets", required=True, doc="The order's."),
        Field(name="revision", type="int", required=True, minimum=1),
        Field(name="decision", type="text", required=True, values=DECISIONS, index=True),
        ISSUES,
        Field(name="asked_at", type="timestamp", required=True),
        Field(name="by", type="ref", of="users", doc="Who decided."),
        Field(name="at", type="timestamp", doc="When it was decided."),
        Field(name="comment", type="text", doc="What was said with the decision."),
    ),
)
