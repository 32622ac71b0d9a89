"""Whom somebody leads and which routes he works: what everything else he sees hangs on."""

from __future__ import annotations

from typing import NamedTuple

from appliance.api import Context, Device

LEADS_A_TEAM = frozenset({"supervisor", "manager"})
RUNS_A_BRANCH = frozenset({"manager"})

# CROSS JOIN keeps SQLite to this order: from the few (a person) to their own, by index. The + takes
# the affinity of `id` off the comparison; a column without affinity, as the view of a JSON field
# may have it, would lose its index to it.
_WORK = """
WITH RECURSIVE
    branch(id) AS (
        SELECT id FROM org_units WHERE id = :org_id AND :runs_branch
        UNION
        SELECT unit.id FROM branch CROSS JOIN org_units AS unit ON unit.parent_id = +branch.id
    ),
    team(id) AS (
        SELECT :user_id
        UNION
        SELECT member.id FROM team CROSS JOIN users AS member ON member.supervisor_id = +team.id
        WHERE :leads_team
    ),
    people(id) AS MATERIALIZED (
        SELECT id FROM team
        UNION SELECT users.id FROM branch CROSS JOIN users ON users.org_id = +branch.id
    ),
    duties(device_id, route_id) AS MATERIALIZED (
        SELECT duty.device_id, route.value
        FROM people CROSS JOIN device_assignments AS duty ON duty.user_id = +people.id
        CROSS JOIN json_each(duty.body, '$.route_ids') AS route
        WHERE (people.id <> :user_id OR duty.device_id = :device_id)
            AND duty.valid_from <= :today AND coalesce(duty.valid_to, :today) >= :today
    ),
    ways(id, org_id, warehouse_id, price_list_id) AS MATERIALIZED (
        SELECT way.id, way.org_id, way.warehouse_id, way.price_list_id
        FROM people CROSS JOIN routes AS way ON way.owner_user_id = +people.id
        WHERE way.active IS NOT 0
        UNION
        SELECT way.id, way.org_id, way.warehouse_id, way.price_list_id
        FROM branch CROSS JOIN routes AS way ON way.org_id = +branch.id
        WHERE way.active IS NOT 0
        UNION
        SELECT way.id, way.org_id, way.warehouse_id, way.price_list_id
        FROM duties CROSS JOIN routes AS way ON way.id = duties.route_id
        WHERE way.active IS NOT 0
    )
SELECT 'unit', id, NULL, NULL, NULL FROM branch
UNION ALL SELECT 'person', id, NULL, NULL, NULL FROM people
UNION ALL SELECT 'device', device_id, NULL, NULL, NULL FROM duties
UNION ALL SELECT 'way', id, org_id, warehouse_id, price_list_id FROM ways
UNION ALL SELECT 'stop', stop.outlet_id, ways.id, NULL, NULL
    FROM ways CROSS JOIN route_outlets AS stop ON stop.route_id = +ways.id
"""


class Way(NamedTuple):
    """What matters of a route: its unit, warehouse and price list."""

    org_id: str | None
    warehouse_id: str | None
    price_list_id: str | None


class Work(NamedTuple):
    """What a device's user works with.

    Attributes:
        branch: the units that he runs.
        people: himself and those whom he leads.
        devices: those that people work routes for a time with.
        ways: routes, by id.
        stops: each outlet with a route that it is on; None where it is on none.
    """

    branch: list[str]
    people: list[str]
    devices: list[str]
    ways: dict[str, Way]
    stops: list[tuple[str, str | None]]


def of(device: Device, context: Context, today: str) -> Work:
    """Return what a device's user works with on a day."""
    user = device.user
    roles = frozenset(user.roles)
    work = Work([], [], [], {}, [])
    for kind, record_id, *rest in context.select(
        _WORK,
        {
            "user_id": user.id,
            "device_id": device.id,
            "org_id": user.org_id,
            "runs_branch": int(bool(roles & RUNS_A_BRANCH)),
            "leads_team": int(bool(roles & LEADS_A_TEAM)),
            "today": today,
        },
    ):
        match kind:
            case "stop":
                work.stops.append((record_id, rest[0]))
            case "way":
                work.ways[record_id] = Way(*rest)
            case "unit":
                work.branch.append(record_id)
            case "person":
                work.people.append(record_id)
            case _:
                work.devices.append(record_id)
    return work
