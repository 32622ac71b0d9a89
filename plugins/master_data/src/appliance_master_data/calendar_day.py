"""What day it is where people work."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from appliance.api import Context

_ZONE = """
SELECT timezone FROM org_units WHERE id = :org_id
UNION ALL
SELECT * FROM (SELECT timezone FROM org_units WHERE parent_id IS NULL ORDER BY code LIMIT 1)
LIMIT 1
"""


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo | None:
    """Return a time zone by its IANA name, None where the system knows none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return None


def today(context: Context, org_id: str | None = None) -> str:
    """Return the day, ``YYYY-MM-DD``, in an org unit's time zone.

    Args:
        context: the clock, and the org units.
        org_id: the unit; the company's zone counts where it is None or not known, else UTC.
    """
    found = context.select(_ZONE, {"org_id": org_id})
    zone = (zone_of(found[0][0]) if found and found[0][0] else None) or UTC
    return datetime.fromtimestamp(context.now_ms / 1_000, zone).date().isoformat()
