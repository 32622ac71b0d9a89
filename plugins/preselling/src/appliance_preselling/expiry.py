"""Orders that their customer did not confirm in time."""

from __future__ import annotations

from appliance.api import Context, ScheduledJob, Write

JOB = ScheduledJob(
    name="expire",
    every_s=3_600,
    doc="Lets orders expire that their customer did not confirm in time.",
)

MS_PER_DAY = 86_400_000

MOST_AT_ONCE = 500
"""Orders that one run lets expire; the others wait for the next."""

_OVERDUE = """
SELECT id FROM orders
WHERE state = 'awaiting_confirmation' AND coalesce(state_at, created_at) < ?
ORDER BY id LIMIT ?
"""


def expire(context: Context) -> list[Write]:
    """Return the orders whose time to be confirmed is over, as expired.

    What follows from it does when they are stored: see `appliance_preselling.outside`.
    """
    days = context.settings["confirm_days"]
    if not days:
        return []
    writes = []
    overdue = context.select(_OVERDUE, (context.now_ms - days * MS_PER_DAY, MOST_AT_ONCE))
    for (order_id,) in overdue:
        order = context.get("orders", order_id)
        if order is not None:
            row = {**order, "state": "expired", "state_at": context.now_ms}
            row.pop("state_comment", None)
            writes.append(Write(collection="orders", id=order_id, row=row))
    return writes
