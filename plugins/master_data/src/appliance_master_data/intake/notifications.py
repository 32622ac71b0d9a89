"""Notifications: the appliance makes them, and a device tells that one was read."""

from __future__ import annotations

from appliance.api import Context, Effect, Mutation, Row
from appliance_master_data.intake.words import issue


def decide(mutation: Mutation, stored: Row | None, context: Context) -> Effect | None:
    """Take the read flag, and nothing else."""
    if stored is None:
        return Effect(issues=(issue("role_denied:notification"),))
    for name in sorted(mutation.row.keys() | stored.keys()):
        if name != "read_at" and mutation.row.get(name) != stored.get(name):
            return Effect(issues=(issue("role_denied:read_at", f"/{name}"),))
    return None
