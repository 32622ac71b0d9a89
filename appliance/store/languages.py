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
    try:
        rows = connection.select_guarded(_OF_UNIT, {"unit": unit}, timeout_s)
    except QueryError:
        rows = []
    wanted = [asked, None if user is None else user.language, *(language for (language,) in rows)]
    return ",".join(dict.fromkeys(tag for tag in wanted if tag))
