"""Batches of positions: they belong to who sends them."""

from __future__ import annotations

from appliance.api import Context, Effect, Mutation, Row
from appliance_master_data.intake.words import issue

CLOCK_TOLERANCE_MS = 10 * 60_000
"""How far ahead a device's clock may be before its positions carry a warning."""


def decide(mutation: Mutation, stored: Row | None, context: Context) -> Effect | None:
    """Set whose the positions are, and from when to when."""
    row = {**mutation.row, "user_id": mutation.user_id}
    row.pop("first_at", None)
    row.pop("last_at", None)
    points = row["points"]
    if not points:
        return Effect(row=row, issues=(issue("points_missing", "/points"),))
    times = [point["t"] for point in points]
    row |= {"first_at": min(times), "last_at": max(times)}
    found = []
    mocked = sum(bool(point.get("mock")) for point in points)
    if mocked:
        found.append(issue("gps_mock:points", "/points", count=mocked))
    ahead = row["last_at"] - mutation.received_at
    if ahead > CLOCK_TOLERANCE_MS:
        found.append(issue("clock_skew:points", "/points", ahead=ahead // 60_000))
    return Effect(row=row, issues=tuple(found))
