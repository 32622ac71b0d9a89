"""How customers pay, worked out from what becomes of their open items.

An item is settled on the day on which the appliance first hears that nothing of it is left: its
open amount is 0, or a full load no longer names it. That day is kept in `settlements`, and what
follows for a party in `payment_summaries`, one for each currency. Only parties are looked at of
whose items one has changed since, or of which something has become overdue with the day.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import date

from appliance.api import Context, Row, ScheduledJob, Write, rdiv
from appliance_master_data.calendar_day import today

JOB = ScheduledJob(
    name="payment_behaviour",
    every_s=60,
    doc="Works out how customers pay, from what became of their open items.",
)

MOST_AT_ONCE = 1_000
"""Changed items that one run looks at, and parties that it turns to a new day."""

_NAMES = uuid.UUID("7be0a3f5-2f0c-4b4e-9a54-7c2a5f0b9d21")
"""What the ids of settlements and summaries are derived from."""

_SEEN = "SELECT coalesce(max(body ->> '$.seen'), 0) FROM payment_summaries"
_CHANGED = "SELECT seq, party_id FROM receivables WHERE seq > ? ORDER BY seq LIMIT ?"
_TURNED = "SELECT DISTINCT party_id FROM payment_summaries WHERE next_due < ? LIMIT ?"
_ITEMS = """
SELECT id, party_id, currency, amount, open_amount, due_date, active FROM receivables
WHERE party_id IN (SELECT value FROM json_each(?))
"""
_SETTLED = """
SELECT id, receivable_id, party_id, currency, due_date, closed_on, days_late FROM settlements
WHERE party_id IN (SELECT value FROM json_each(?))
"""
_KNOWN = """
SELECT id, body FROM payment_summaries WHERE party_id IN (SELECT value FROM json_each(?))
"""

_looked: dict[str, int] = {}
"""The newest change of receivables that a run of this process has looked at, by epoch."""


def work(context: Context) -> list[Write]:
    """Return what changed in how customers pay."""
    day = today(context)
    parties = {one for (one,) in context.select(_TURNED, (day, MOST_AT_ONCE))}
    seen = _looked.get(context.epoch)
    if seen is None:
        seen = context.select(_SEEN)[0][0]
    if context.newest("receivables") > seen:
        changed = context.select(_CHANGED, (seen, MOST_AT_ONCE))
        parties.update(party for _, party in changed)
        # What is newer than the last of a full page is for the next run.
        seen = changed[-1][0] if changed else context.newest("receivables")
    _looked.clear()
    _looked[context.epoch] = seen
    return _of(sorted(parties), day, seen, context) if parties else []


def _of(parties: list[str], day: str, seen: int, context: Context) -> list[Write]:
    asked = (json.dumps(parties),)
    settled: dict[str, tuple[str, Row]] = {}
    for record_id, receivable_id, party, currency, due, closed, late in context.select(
        _SETTLED, asked
    ):
        row: Row = {"party_id": party, "currency": currency, "due_date": due}
        row |= {"closed_on": closed, "days_late": late}
        if receivable_id is not None:
            row["receivable_id"] = receivable_id
        settled[receivable_id or record_id] = (record_id, row)
    writes: list[Write] = []
    open_items: list[tuple[str, str, int, str]] = []
    for item, party, currency, amount, left, due, active in context.select(_ITEMS, asked):
        if left and active is not False and active != 0:
            open_items.append((party, currency, left, due))
            if item in settled:  # it was opened again
                writes.append(Write(collection="settlements", id=settled.pop(item)[0], op="del"))
        elif amount > 0 and item not in settled:
            late = max(0, date.fromisoformat(day).toordinal() - date.fromisoformat(due).toordinal())
            row = {"party_id": party, "currency": currency, "due_date": due}
            row |= {"receivable_id": item, "closed_on": day, "days_late": late}
            record_id = str(uuid.uuid5(_NAMES, item))
            settled[item] = (record_id, row)
            writes.append(Write(collection="settlements", id=record_id, row=row))
    known = {record_id: json.loads(body) for record_id, body in context.select(_KNOWN, asked)}
    rows = [row for _, row in settled.values()]
    for (party, currency), summary in _summaries(open_items, rows, known.values(), day).items():
        record_id = str(uuid.uuid5(_NAMES, f"{party}/{currency}"))
        before = {k: v for k, v in known.get(record_id, {}).items() if k != "seen"}
        if summary != before:
            row = {**summary, "seen": seen}
            writes.append(Write(collection="payment_summaries", id=record_id, row=row))
    return writes


def _summaries(
    items: Iterable[tuple[str, str, int, str]],
    settled: Iterable[Row],
    known: Iterable[Row],
    day: str,
) -> dict[tuple[str, str], Row]:
    """Return the summaries of parties by party and currency."""
    found: dict[tuple[str, str], Row] = {}

    def of(party: str, currency: str) -> Row:
        begins: Row = {"party_id": party, "currency": currency, "open_amount": 0}
        begins |= {"overdue_amount": 0, "closed_items": 0, "late_items": 0}
        return found.setdefault((party, currency), begins)

    for row in known:
        of(row["party_id"], row["currency"])
    for party, currency, left, due in items:
        summary = of(party, currency)
        summary["open_amount"] += left
        overdue = due < day and left > 0
        if overdue:
            summary["overdue_amount"] += left
        if overdue or due >= day:
            name = "oldest_overdue" if overdue else "next_due"
            summary[name] = min(summary.get(name, due), due)
    days: dict[tuple[str, str], int] = {}
    for row in settled:
        key = row["party_id"], row["currency"]
        summary, late = of(*key), row["days_late"]
        days[key] = days.get(key, 0) + late
        summary["closed_items"] += 1
        summary["late_items"] += late > 0
        summary["worst_days_late"] = max(summary.get("worst_days_late", 0), late)
        summary["last_closed"] = max(summary.get("last_closed", ""), row["closed_on"])
    for key, late in days.items():
        found[key]["average_days_late"] = rdiv(late, found[key]["closed_items"])
    return found
