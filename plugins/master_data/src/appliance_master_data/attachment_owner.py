"""Whose an attachment is: what decides which devices may see it."""

from __future__ import annotations

from appliance.api import Mutation, Row
from appliance_master_data.collections.attachments import OFFICE_ROLES


def owned(mutation: Mutation) -> Row | None:
    """Return the attachment with its owner set, None where nothing changes.

    Who sends a photo owns it, whatever the device claims; so a photo without an outlet stays with
    its maker. Only the office may attach for all: without outlet and owner.
    """
    claimed = mutation.row.get("user_id")
    office = any(role in OFFICE_ROLES for role in mutation.roles)
    if claimed == mutation.user_id or (office and claimed is None):
        return None
    return {**mutation.row, "user_id": mutation.user_id}
