"""Visits: facts, so nothing refuses one; what is wrong with it is flagged for people to settle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from appliance.api import Context, Effect, Issue, Mutation, Row
from appliance_master_data.collections.roles import LEADERS
from appliance_master_data.collections.visits import SERVER_FIELDS
from appliance_master_data.geography import distance_m
from appliance_master_data.intake import visit_states, visit_steps
from appliance_master_data.intake.words import as_rows, issue, state_word, what_word

DEFAULT_GEOFENCE_M = 150
CLOCK_TOLERANCE_MS = 10 * 60_000
"""How far ahead a device's clock may be before its visits carry a warning."""

_OTHERS = """
SELECT arrived_at, left_at FROM visits WHERE id <> :visit
    AND slot IN (:open, :before, :day, :after)
"""

_NEEDED = {
    "in_progress": ("arrived_at",),
    "completed": ("arrived_at", "left_at"),
    "completed_incomplete": ("arrived_at", "left_at"),
    "moved": ("moved_to",),
}
"""What a visit in a state has."""


def decide(mutation: Mutation, stored: Row | None, context: Context) -> Effect | None:
    """Store a visit with what people must settle about it."""
    if mutation.op != "put":
        return None
    row = {name: value for name, value in mutation.row.items() if name not in SERVER_FIELDS}
    found = [*_owned(mutation, row, stored)]
    source = None if stored is None else stored["state"]
    state, allowed = visit_states.step(source, row["state"])
    if not allowed:
        words = {"source": state_word(source), "target": state_word(row["state"])}
        found.append(issue("state_transition:visit", "/state", **words))
    row["state"] = state
    outlet = context.get("outlets", row["outlet_id"]) or {}
    found += _references(row, context)
    found += _complete(row)
    if state in visit_states.BEGUN:
        found += _place(row, outlet)
        found += _time(mutation, row, context)
    if state in visit_states.DONE:
        found += _steps(mutation.id, row, outlet, context)
    row["received_at"] = mutation.received_at
    if found:
        row["issues"] = as_rows(found)
    return Effect(row=row, issues=tuple(found))


def _owned(mutation: Mutation, row: Row, stored: Row | None) -> Iterator[Issue]:
    """Set whose visit it is: who sends it, or for whom a leader plans it."""
    leads = any(role in LEADERS for role in mutation.roles)
    if stored is None:
        if row["user_id"] != mutation.user_id and not (leads and row["state"] == "planned"):
            row["user_id"] = mutation.user_id
            yield issue("user_wrong:visit", "/user_id")
        return
    given_away = row["user_id"] != stored["user_id"]
    if given_away and not (leads and stored["state"] == "planned"):
        row["user_id"] = stored["user_id"]
        yield issue("user_wrong:visit", "/user_id")
    elif mutation.user_id != stored["user_id"] and not leads:
        yield issue("user_wrong:visit")


def _references(row: Row, context: Context) -> Iterator[Issue]:
    reasons = [step.get("reason_id") for step in row.get("steps") or ()]
    reasons.append(row.get("no_visit_reason_id"))
    for collection, what, record_ids in (
        ("routes", "route", [row.get("route_id")]),
        ("visit_scenarios", "scenario", [row.get("scenario_id")]),
        ("reason_codes", "reason", reasons),
    ):
        named = [record_id for record_id in record_ids if record_id is not None]
        if named and context.missing(collection, named):
            yield issue("ref_unknown:visit", what=what_word(what))


def _complete(row: Row) -> Iterator[Issue]:
    state = row["state"]
    for name in _NEEDED.get(state, ()):
        if row.get(name) is None:
            words = {"state": state_word(state), "what": what_word(name)}
            yield issue("field_missing:visit", f"/{name}", **words)
    if state == "not_visited" and row.get("no_visit_reason_id") is None:
        yield issue("reason_missing:visit", "/no_visit_reason_id")


def _place(row: Row, outlet: Row) -> Iterator[Issue]:
    if row.get("mock"):
        yield issue("gps_mock", "/mock")
    here, there = row.get("geo_in"), outlet.get("geo")
    if here is None:
        yield issue("gps_off", "/geo_in")
    elif there is not None:
        fence = outlet.get("geofence_m")
        limit = (DEFAULT_GEOFENCE_M if fence is None else fence) + (here.get("acc_m") or 0)
        distance = distance_m(here, there)
        if distance > limit:
            yield issue("visit_too_far", "/geo_in", distance=distance, limit=limit)


def _time(mutation: Mutation, row: Row, context: Context) -> Iterator[Issue]:
    """Check when the visit was, and note it in ``slot`` for those that come after."""
    arrived: int | None = row.get("arrived_at")
    left: int | None = row.get("left_at") if row["state"] in visit_states.DONE else None
    if arrived is None:
        return
    ahead = arrived - mutation.received_at
    if ahead > CLOCK_TOLERANCE_MS:
        yield issue("clock_skew", "/arrived_at", ahead=ahead // 60_000)
    if left is not None:
        minutes = (left - arrived) // 60_000
        if left < arrived:
            yield issue("time_wrong", "/left_at")
        elif minutes < context.settings["visit_min_minutes"]:
            limit = context.settings["visit_min_minutes"]
            yield issue("visit_too_short", "/left_at", minutes=minutes, limit=limit)
    days = _days(arrived)
    if days is None:
        return
    user = row["user_id"]
    opened, (before, day, after) = f"open {user}", (f"{user} {day}" for day in days)
    row["slot"] = opened if row["state"] == visit_states.OPEN else day
    values = {"visit": mutation.id, "open": opened, "before": before, "day": day, "after": after}
    for other_arrived, other_left in context.select(_OTHERS, values):
        ends_before = other_left is not None and other_left <= arrived
        begins_after = left is not None and other_arrived >= left
        if not (ends_before or begins_after):
            yield issue("visit_overlap", "/arrived_at")
            return


def _days(moment: int) -> tuple[str, str, str] | None:
    """Return the day of a moment, UTC, between the days before and after; None of no calendar."""
    try:
        day = datetime.fromtimestamp(moment / 1_000, UTC).date()
        one = timedelta(days=1)
        return (day - one).isoformat(), day.isoformat(), (day + one).isoformat()
    except (OverflowError, ValueError, OSError):
        return None


def _steps(visit_id: str, row: Row, outlet: Row, context: Context) -> Iterator[Issue]:
    """Check the mandatory steps; a visit without all of them is not a whole one."""
    scenario = context.get("visit_scenarios", row.get("scenario_id") or "")
    if scenario is None:
        return
    version = row.get("scenario_version") or scenario["version"]
    if version != scenario["version"]:
        expected = scenario["version"]
        yield issue("scenario_changed", "/scenario_version", expected=expected, got=version)
        return
    verdict = visit_steps.check(visit_id, row, scenario, outlet, context)
    yield from verdict.issues
    if not verdict.whole:
        row["state"] = "completed_incomplete"
