"""Conflict policies: what happens when a device edits a version that is no longer the newest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.api.mutations import Row


def merge_fields(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Row | None:
    """Merge two edits of a record field by field.

    Args:
        base: the version both started from.
        ours: the stored version.
        theirs: the device's version.

    Returns:
        The merged record, or None where both changed one field to different values. A field is
        taken as a whole: two edits of one list do not merge.
    """
    merged: Row = dict(ours)
    for name in {*base, *ours, *theirs}:
        was, server, device = base.get(name), ours.get(name), theirs.get(name)
        if device in (was, server):
            continue
        if server != was:
            return None
        if name in theirs:
            merged[name] = theirs[name]
        else:
            merged.pop(name, None)
    return merged
