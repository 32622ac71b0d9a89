"""Whether the mandatory steps of a visit's scenario were done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from appliance.api import Context, Issue, Row
from appliance_master_data.intake.words import issue

_EARLIER = """
SELECT 1 FROM visits WHERE outlet_id = :outlet AND id <> :visit
    AND state IN ('completed', 'completed_incomplete') AND arrived_at < :arrived LIMIT 1
"""

_DEBT = "SELECT coalesce(sum(open_amount), 0) FROM receivables WHERE party_id IN (?, ?)"

IMPLIED = {"arrive": "arrived_at", "depart": "left_at"}
"""Steps that are done where the visit itself has the moment."""


class Verdict(NamedTuple):
    """How the steps stand.

    Attributes:
        whole: every mandatory step that applies was done.
        issues: one for each that was not, and for which no reason is given.
    """

    whole: bool
    issues: list[Issue]


def check(visit_id: str, row: Row, scenario: Row, outlet: Row, context: Context) -> Verdict:
    """Check the steps of a visit that has ended against its scenario.

    Args:
        visit_id: of the visit.
        row: the visit.
        scenario: of the version that the visit went by.
        outlet: where it was.
        context: for what conditions ask.
    """
    reports: dict[str, tuple[int | None, Row]] = {
        step["step_id"]: (place, step) for place, step in enumerate(row.get("steps") or ())
    }
    applies = _conditions(visit_id, row, outlet, context)
    whole = True
    issues: list[Issue] = []
    for step in scenario["steps"]:
        if not step["mandatory"] or not applies(step.get("condition") or {}):
            continue
        place, report = reports.get(step["step_id"], (None, {}))
        if report.get("state") == "done" or (
            not report and row.get(IMPLIED.get(step["kind"], "")) is not None
        ):
            got, expected = len(report.get("doc_ids") or ()), step.get("min_count") or 0
            if got >= expected:
                continue
            key, counts = "mandatory_step_missing:count", {"got": got, "expected": expected}
        else:
            key, counts = "mandatory_step_missing", {}
        whole = False
        if report.get("reason_id") is None:
            pointer = "/steps" if place is None else f"/steps/{place}"
            issues.append(issue(key, pointer, step=step["step_id"], **counts))
    return Verdict(whole, issues)


def _conditions(
    visit_id: str, row: Row, outlet: Row, context: Context
) -> Callable[[Mapping[str, Any]], bool]:
    """Return what tells whether all conditions of a step hold; the store is asked when one needs
    it, and once."""
    known: dict[str, bool] = {}

    def first_visit() -> bool:
        values = {"outlet": row["outlet_id"], "visit": visit_id, "arrived": row.get("arrived_at")}
        return not context.select(_EARLIER, values)

    def debt() -> bool:
        party = outlet.get("party_id")
        found = context.select(_DEBT, (party, outlet.get("payer_party_id") or party))
        return bool(found[0][0] > 0)

    def asked(name: str, ask: Callable[[], bool]) -> bool:
        if name not in known:
            known[name] = ask()
        return known[name]

    def applies(condition: Mapping[str, Any]) -> bool:
        segment, weekday = condition.get("segment"), condition.get("weekday")
        if segment is not None and segment not in (outlet.get("segments") or ()):
            return False
        if weekday is not None and weekday != _weekday(row):
            return False
        if condition.get("first_visit") and not asked("first_visit", first_visit):
            return False
        return not condition.get("debt") or asked("debt", debt)

    return applies


def _weekday(row: Row) -> int | None:
    """Return the day of the week a visit began on, by the device's clock; 1 is Monday."""
    arrived: int | None = row.get("arrived_at")
    if arrived is None:
        return None
    local = arrived + (row.get("tz_offset_min") or 0) * 60_000
    try:
        return datetime.fromtimestamp(local / 1_000, UTC).isoweekday()
    except (OverflowError, ValueError, OSError):
        return None
