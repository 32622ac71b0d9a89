"""The endpoint ``GET /v1/x/preselling/orders/summary``: how the open orders stand."""

from __future__ import annotations

from typing import Any

from appliance.api import Context, Device, Endpoint, EndpointRequest, EndpointResponse
from appliance_preselling.states import RETURN, STATES, TERMINAL

ENDPOINT = Endpoint(
    name="orders_summary",
    method="GET",
    path="orders/summary",
    summary="Counts and amounts of open orders by state, of one outlet (?outlet_id=) or of all."
    " People in the field get their own orders, the office those of everybody.",
    request_schema={
        "type": "object",
        "properties": {
            "outlet_id": {
                "type": "string",
                "format": "uuid",
                "description": "Only orders of this outlet.",
            }
        },
        "additionalProperties": False,
    },
    response_schema={
        "type": "object",
        "required": ["open", "states"],
        "properties": {
            "outlet_id": {"type": ["string", "null"], "format": "uuid"},
            "open": {"type": "integer", "description": "Orders in all states below."},
            "states": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["state", "currency", "orders", "payable"],
                    "properties": {
                        "state": {"type": "string"},
                        "currency": {"type": "string", "description": "ISO 4217."},
                        "orders": {"type": "integer"},
                        "payable": {"type": "integer", "description": "Minor units."},
                    },
                },
            },
        },
    },
)

OFFICE = frozenset({"admin", "manager", "supervisor", "hq", "accounting"})
"""Roles that see the orders of everybody."""

_OPEN = ", ".join(f"'{state}'" for state in STATES if state not in TERMINAL)

_COUNTS = f"""
SELECT state, currency, count(*), coalesce(sum(body ->> '$.totals.payable'), 0)
FROM orders
WHERE state IN ({_OPEN}) AND order_kind <> '{RETURN}'
    AND (:outlet_id IS NULL OR outlet_id = :outlet_id)
    AND (:user_id IS NULL OR user_id = :user_id)
GROUP BY state, currency
ORDER BY state, currency
"""


def summary(request: EndpointRequest, device: Device, context: Context) -> EndpointResponse:
    """Answer with the open orders by state and currency."""
    outlet_id = request.query.get("outlet_id")
    everybody = bool(OFFICE.intersection(device.user.roles))
    rows = context.select(
        _COUNTS, {"outlet_id": outlet_id, "user_id": None if everybody else device.user.id}
    )
    states: list[dict[str, Any]] = [
        {"state": state, "currency": currency, "orders": orders, "payable": payable}
        for state, currency, orders, payable in rows
    ]
    return EndpointResponse(
        body={
            "outlet_id": outlet_id,
            "open": sum(one["orders"] for one in states),
            "states": states,
        }
    )
