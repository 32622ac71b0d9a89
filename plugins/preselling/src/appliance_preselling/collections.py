"""Every collection of the plugin, in the order of the README."""

from __future__ import annotations

from appliance.api import Collection
from appliance_preselling.action_fields import ORDER_ACTIONS
from appliance_preselling.approval_fields import APPROVALS
from appliance_preselling.document_fields import DOCUMENTS
from appliance_preselling.limit_fields import LIMIT_PARTS
from appliance_preselling.note_fields import NOTES
from appliance_preselling.order_fields import ORDERS
from appliance_preselling.point_fields import ORDER_POINTS
from appliance_preselling.reservation_fields import ORDER_RESERVATIONS, STOCK_RESERVATIONS
from appliance_preselling.revision_fields import REVISIONS
from appliance_preselling.share_fields import SHARES
from appliance_preselling.suggestion_fields import OUTLET_SUGGESTIONS, SUGGESTED_ORDERS

COLLECTIONS: tuple[Collection, ...] = (
    ORDERS,
    ORDER_ACTIONS,
    REVISIONS,
    APPROVALS,
    DOCUMENTS,
    NOTES,
    SHARES,
    LIMIT_PARTS,
    ORDER_POINTS,
    ORDER_RESERVATIONS,
    STOCK_RESERVATIONS,
    SUGGESTED_ORDERS,
    OUTLET_SUGGESTIONS,
)
