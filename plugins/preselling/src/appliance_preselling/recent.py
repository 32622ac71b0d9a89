"""The command ``fieldbox x preselling recent``: the newest orders."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api import Command, CommandOption, CommandResult, Context
from appliance.api.amounts import money
from appliance_preselling.order_copy import local_time
from appliance_preselling.states import STATES

MOST = 1_000

COMMAND = Command(
    name="recent",
    doc="Show the newest orders.",
    options=(
        CommandOption(name="limit", doc=f"How many, at most {MOST}.", default="20"),
        CommandOption(name="state", doc="Only orders in this state."),
    ),
)

COLUMNS = ("created", "number", "state", "outlet", "by", "lines", "payable", "currency", "id")

_NEWEST = """
SELECT orders.created_at, orders.tz_offset_min, orders.number, orders.state, outlets.name,
       users.login, json_array_length(orders.body, '$.lines'),
       orders.body ->> '$.totals.payable', orders.currency, orders.id
FROM orders
LEFT JOIN outlets ON outlets.id = orders.outlet_id
LEFT JOIN users ON users.id = orders.user_id
WHERE :state IS NULL OR orders.state = :state
ORDER BY orders.created_at DESC, orders.id DESC
LIMIT :limit
"""


def recent(options: Mapping[str, str], context: Context) -> CommandResult:
    """Return the newest orders as a table, the newest first."""
    limit = options.get("limit", "20")
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MOST):
        return CommandResult(
            text=f"--limit must be a number from 1 to {MOST}, not {limit!r}", failed=True
        )
    state = options.get("state")
    if state is not None and state not in STATES:
        return CommandResult(
            text=f"--state must be one of {', '.join(STATES)}, not {state!r}", failed=True
        )
    rows = context.select(_NEWEST, {"state": state, "limit": int(limit)})
    return CommandResult(
        columns=COLUMNS,
        rows=tuple(
            (
                local_time(created, offset),
                number or "",
                order_state,
                outlet or "",
                login or "",
                lines,
                "" if payable is None else money(payable),
                currency,
                order_id,
            )
            for (
                created,
                offset,
                number,
                order_state,
                outlet,
                login,
                lines,
                payable,
                currency,
                order_id,
            ) in rows
        ),
        text="" if rows else "There are no orders.",
    )
