"""What those see who see everything."""

from __future__ import annotations

from appliance.api import Context
from appliance.api.permissions import ROLES

SEES_EVERYTHING = frozenset({"admin", "hq", "accounting"})

# Segments are looked for where they matter: in the few discounts that are for one. They stand in
# lists of outlets and parties, and going through all of these took most of the time.
_EVERYTHING = """
SELECT 'org:' || id FROM org_units
UNION ALL SELECT 'user:' || id FROM users
UNION ALL SELECT 'route:' || id FROM routes
UNION ALL SELECT 'outlet:' || id FROM outlets
UNION ALL SELECT 'party:' || id FROM parties
UNION ALL SELECT 'price_list:' || id FROM price_lists
UNION ALL SELECT 'warehouse:' || id FROM warehouses
UNION ALL SELECT DISTINCT 'device:' || device_id FROM device_assignments
UNION ALL SELECT DISTINCT 'group:' || group_id FROM parties WHERE group_id IS NOT NULL
UNION ALL SELECT DISTINCT 'segment:' || subject_id FROM customer_discounts
    WHERE subject_kind = 'segment'
"""


def everything(context: Context) -> list[str]:
    """Return every bucket but those of one person alone and of the archive."""
    found = [bucket for (bucket,) in context.select(_EVERYTHING)]
    units = [bucket for bucket in found if bucket.startswith("org:")]
    roles = [f"role:{role}" for role in ROLES]
    return [*found, *roles, *(f"{unit}:{role}" for unit in units for role in roles)]
