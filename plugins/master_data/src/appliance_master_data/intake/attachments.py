"""Whose an attachment is: what decides which devices may see it."""

from __future__ import annotations

from appliance.api import Context, Effect, Mutation, Row
from appliance_master_data.collections.roles import OFFICE


def decide(mutation: Mutation, stored: Row | None, context: Context) -> Effect | None:
    """Set the owner of a new attachment.

    Who sends a photo owns it, whatever the device claims; so a photo without an outlet stays with
    its maker. Only the office may attach for all: without outlet and owner.
    """
    if mutation.op != "put" or stored is not None:
        return None
    claimed = mutation.row.get("user_id")
    office = any(role in OFFICE for role in mutation.roles)
    if claimed == mutation.user_id or (office and claimed is None):
        return None
    return Effect(row={**mutation.row, "user_id": mutation.user_id})
