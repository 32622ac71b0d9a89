"""Notes: only who wrote one changes or deletes it, and a private one is his alone."""

from __future__ import annotations

from appliance.api import Context, Effect, Mutation, Row
from appliance_master_data.intake.words import issue


def decide(mutation: Mutation, stored: Row | None, context: Context) -> Effect | None:
    """Take in a note, and put a private one where nobody else gets it."""
    if stored is not None and stored["user_id"] != mutation.user_id:
        return Effect(issues=(issue("user_wrong:edit"),))
    if mutation.op != "put":
        return None
    author = mutation.row["user_id"]
    if author != mutation.user_id:
        return Effect(issues=(issue("user_wrong:new", "/user_id"),))
    row = {name: value for name, value in mutation.row.items() if name != "private_to"}
    if row["private"]:
        row["private_to"] = author
    return Effect(row=row)
