"""Rules for what devices send: one module for each collection that they may write.

Each module has ``decide``, which answers `appliance.api.hookspecs.apply_mutation` for its
collection. Nothing is done in ``validate_mutation``: the appliance asks that of every plugin for
every document of every collection, orders among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.api import Context, Effect, Mutation, Row
from appliance_master_data.intake import (
    attachments,
    gps_points,
    notes,
    notifications,
    outlet_changes,
    visits,
)

Decide = Callable[[Mutation, Row | None, Context], Effect | None]

RULES: Mapping[str, Decide] = {
    "attachments": attachments.decide,
    "gps_points": gps_points.decide,
    "notes": notes.decide,
    "notifications": notifications.decide,
    "outlet_changes": outlet_changes.decide,
    "visits": visits.decide,
}
"""What decides the documents of a collection."""
