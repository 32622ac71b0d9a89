"""Who answers for an order, and who leads those people: whose approval it needs.

The author answers for an order of the house. A customer answers to nobody there, so for his it is
the owners of the routes that the outlet is on. Chains of command and of units are short; the bound
on their length ends one that leads back to itself.
"""

from __future__ import annotations

from appliance.api import Context, Row
from appliance.api.permissions import STAFF

MOST = 10
"""People who are told of one order."""

_HOUSE = ", ".join(f"'{role}'" for role in STAFF)


def _is_customer(user: str) -> str:
    """Return the condition that a user is a customer and nobody of the house."""
    roles = f"(SELECT value FROM json_each({user}.body, '$.roles'))"
    house = f"json_each({user}.body, '$.roles') AS role WHERE role.value IN ({_HOUSE})"
    return f"('client' IN {roles} AND NOT EXISTS (SELECT 1 FROM {house}))"


_RESPONSIBLE = f"""
responsible(id) AS MATERIALIZED (
    SELECT users.id FROM users WHERE users.id = :author AND NOT {_is_customer("users")}
    UNION
    SELECT owner.id FROM users AS author
    CROSS JOIN route_outlets AS stop ON stop.outlet_id = :outlet
    CROSS JOIN routes AS way ON way.id = stop.route_id
    CROSS JOIN users AS owner ON owner.id = way.owner_user_id
    WHERE author.id = :author AND {_is_customer("author")}
        AND way.active IS NOT 0 AND NOT {_is_customer("owner")}
)
"""

_LEADS = f"""
WITH RECURSIVE {_RESPONSIBLE},
above(id, steps) AS (
    SELECT users.supervisor_id, 1 FROM responsible CROSS JOIN users ON users.id = +responsible.id
    UNION
    SELECT leader.supervisor_id, steps + 1 FROM above
    JOIN users AS leader ON leader.id = +above.id WHERE steps < 20
)
SELECT 1 FROM above WHERE id = :person LIMIT 1
"""

_UNITS = """
above(id, steps) AS (
    SELECT users.org_id, 1 FROM responsible CROSS JOIN users ON users.id = +responsible.id
    UNION
    SELECT unit.parent_id, steps + 1 FROM above
    JOIN org_units AS unit ON unit.id = +above.id WHERE steps < 20
)
"""

_RUNS = f"""
WITH RECURSIVE {_RESPONSIBLE}, {_UNITS} SELECT 1 FROM above WHERE id = :org_id LIMIT 1
"""

_SUPERVISORS = f"""
WITH {_RESPONSIBLE}
SELECT DISTINCT users.supervisor_id FROM responsible CROSS JOIN users ON users.id = +responsible.id
WHERE users.supervisor_id IS NOT NULL ORDER BY 1 LIMIT :most
"""

# The managers of the nearest unit that has any.
_MANAGERS = f"""
WITH RECURSIVE {_RESPONSIBLE}, {_UNITS},
managers(id, steps) AS (
    SELECT users.id, above.steps FROM above CROSS JOIN users ON users.org_id = +above.id
    WHERE users.locked IS NOT 1 AND users.id <> :author
        AND 'manager' IN (SELECT value FROM json_each(users.body, '$.roles'))
)
SELECT DISTINCT id FROM managers WHERE steps = (SELECT min(steps) FROM managers)
ORDER BY id LIMIT :most
"""


def leads(person: str, order: Row, context: Context) -> bool:
    """Tell whether somebody who answers for an order is of a person's team, through whomever."""
    return bool(context.select(_LEADS, {**_about(order), "person": person}))


def runs(org_id: str, order: Row, context: Context) -> bool:
    """Tell whether somebody who answers for an order is of a unit, or of one below it."""
    return bool(context.select(_RUNS, {**_about(order), "org_id": org_id}))


def approvers(order: Row, context: Context) -> list[str]:
    """Return who is to approve an order: the supervisors of those who answer for it, else the
    managers of the nearest unit of theirs that has any."""
    asked: dict[str, str | int] = {**_about(order), "most": MOST}
    found = context.select(_SUPERVISORS, asked) or context.select(_MANAGERS, asked)
    return [person for (person,) in found]


def _about(order: Row) -> dict[str, str]:
    return {"author": order["user_id"], "outlet": order["outlet_id"]}
