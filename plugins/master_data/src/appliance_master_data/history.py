"""How much of the sales history devices get: the newest months; the rest stays for reports."""

from __future__ import annotations

from datetime import UTC, datetime

from appliance.api import Context, Row, ScheduledJob, Write

JOB = ScheduledJob(
    name="archive_history",
    every_s=60,
    doc="Takes months that are no longer recent out of what devices get.",
)

MOST_AT_ONCE = 500
"""Records that one run moves: a run holds up what devices send, and a big company's month is
through in a day."""

_OLD = """
SELECT id FROM sales_history WHERE recent_month < ? ORDER BY recent_month LIMIT ?
"""


def first_recent_month(context: Context) -> str:
    """Return the earliest month that devices get, ``YYYY-MM``; months are those of UTC."""
    today = datetime.fromtimestamp(context.now_ms / 1_000, UTC)
    months = today.year * 12 + today.month - context.settings["history_months"]
    return f"{months // 12:04}-{months % 12 + 1:02}"


def placed(outlet: object, month: str, context: Context) -> Row:
    """Return the fields that decide whether devices get a record.

    Args:
        outlet: of the record: an id, or a reference at import.
        month: of the record.
        context: the clock and the setting ``history_months``.
    """
    recent = month >= first_recent_month(context)
    return {
        "recent_outlet_id": outlet if recent else None,
        "recent_month": month if recent else None,
    }


def archive(context: Context) -> list[Write]:
    """Return records of months that are recent no longer, as devices do not get them."""
    writes = []
    for (record_id,) in context.select(_OLD, (first_recent_month(context), MOST_AT_ONCE)):
        row = context.get("sales_history", record_id) or {}
        kept = {name: value for name, value in row.items() if not name.startswith("recent_")}
        writes.append(Write(collection="sales_history", id=record_id, row=kept))
    return writes
