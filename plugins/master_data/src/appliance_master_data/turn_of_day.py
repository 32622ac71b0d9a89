"""What days begin and end: contracts, and routes that a device works for a time.

Grants go by the days themselves, so they are right whenever they are computed. The states kept here
are what changes when a day begins, so that they are computed then.
"""

from __future__ import annotations

from appliance.api import Context, Row, ScheduledJob, Write
from appliance_master_data.calendar_day import today

JOB = ScheduledJob(
    name="turn_of_day",
    every_s=300,
    doc="Lets contracts and assignments of devices begin and end by their days.",
)

MOST_AT_ONCE = 500
"""Records of a collection that one run changes."""

_CONTRACTS = """
SELECT id FROM contracts WHERE state = 'active' AND (valid_to < :today OR date > :today)
UNION ALL SELECT id FROM contracts WHERE state = 'planned' AND date <= :today
UNION ALL SELECT id FROM contracts WHERE state IS NULL
LIMIT :most
"""

_ASSIGNMENTS = """
SELECT duty.id, users.org_id FROM device_assignments AS duty
LEFT JOIN users ON users.id = duty.user_id
WHERE duty.state IS NULL OR duty.state IN ('planned', 'current') OR duty.valid_to >= :today
"""


def contract_state(stated: str | None, first: str, last: str | None, day: str) -> str:
    """Return the state of a contract on a day.

    Args:
        stated: what somebody said; ``suspended`` and ``ended`` stay what they are.
        first: its first day.
        last: its last day; None: it has none.
        day: the day.
    """
    if stated in ("suspended", "ended"):
        return stated
    if last is not None and last < day:
        return "ended"
    return "planned" if first > day else "active"


def turn(context: Context) -> list[Write]:
    """Return the contracts and assignments whose state is another since the last run."""
    writes: list[Write] = []
    day = today(context)
    values: dict[str, str | int] = {"today": day, "most": MOST_AT_ONCE}
    for (record_id,) in context.select(_CONTRACTS, values):
        row = context.get("contracts", record_id)
        if row is not None:
            state = contract_state(row.get("state"), row["date"], row.get("valid_to"), day)
            _change(writes, "contracts", record_id, row, state)
    days: dict[str | None, str] = {}
    for record_id, org_id in context.select(_ASSIGNMENTS, {"today": day}):
        row = context.get("device_assignments", record_id)
        if org_id not in days:
            days[org_id] = today(context, org_id)
        if row is not None:
            state = _assignment_state(row["valid_from"], row.get("valid_to"), days[org_id])
            _change(writes, "device_assignments", record_id, row, state)
    return writes


def _assignment_state(first: str, last: str | None, day: str) -> str:
    if last is not None and last < day:
        return "ended"
    return "planned" if first > day else "current"


def _change(writes: list[Write], collection: str, record_id: str, row: Row, state: str) -> None:
    if row.get("state") != state:
        changed = {**row, "state": state}
        writes.append(Write(collection=collection, id=record_id, row=changed))
