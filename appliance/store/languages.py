"""Languages: in which ones somebody is spoken to, from what he asks for to what the company speaks.

The units and their languages are records of the plugin ``master_data``; where it is not there,
what is asked for and the user's own language decide.
"""

from __future__ import annotations

from appliance.api.errors import QueryError
from appliance.enrollment.identity import User
from appliance.store.connection import Connection

_OF_UNIT = """
SELECT language FROM org_units WHERE id = :unit
UNION ALL
SELECT language FROM (SELECT language FROM org_units WHERE parent_id IS NULL ORDER BY code LIMIT 1)
"""


def languages_for(
    connection: Connection, user: User | None, asked: str | None, *, timeout_s: float
) -> str:
    """Return BCP 47 tags with commas between, the preferred one first, as ``text_in`` takes them.

    Args:
        connection: with views that show all units.
        user: who asks; None for the technician.
        asked: the language that the question names.
        timeout_s: how long a query may take.
    """
    unit = None if user is None else user.org_id
    own = None if user is None else user.language
    return ",".join(languages_in(connection, unit, asked, own, timeout_s=timeout_s))


def languages_in(
    connection: Connection, unit: str | None, *wanted: str | None, timeout_s: float
) -> list[str]:
    """Return BCP 47 tags: those that are wanted, then what a unit and what the company speaks."""
    try:
        rows = connection.select_guarded(_OF_UNIT, {"unit": unit}, timeout_s)
    except QueryError:
        rows = []
    tags = [*wanted, *(language for (language,) in rows)]
    return list(dict.fromkeys(tag for tag in tags if tag))
