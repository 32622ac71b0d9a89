"""Which buckets a device may see: its user's routes, and all that hangs on them.

Routes of the user -> their outlets -> parties, price lists with their parents, warehouses. A
supervisor also sees the routes of those whom he leads, a manager the routes, people and warehouses
of his unit and those below it, a customer the outlets that he looks after, the office everything.
A device of 300 outlets takes seven SELECTs, however many outlets there are.
"""

from __future__ import annotations

from appliance.api import Context, Device
from appliance_master_data.calendar_day import today
from appliance_master_data.collections.roles import FIELD
from appliance_master_data.grants import office, places, portal, units, work

GRANT_SOURCES = (
    "org_units",
    "users",
    "device_assignments",
    "routes",
    "route_outlets",
    "outlets",
    "parties",
    "contacts",
    "contracts",
    "customer_discounts",
    "price_lists",
    "warehouses",
)
"""Collections whose changes may change the answer of `buckets`."""

COUNTS_GOODS = frozenset({"checker"})

_WAREHOUSES = """
SELECT house.id FROM json_each(?) AS unit CROSS JOIN warehouses AS house
    ON house.org_id = unit.value
"""


def buckets(device: Device, context: Context) -> list[str]:
    """Name the buckets that a device's user may see, ``all`` first."""
    user = device.user
    roles = frozenset(user.roles)
    found = ["all", f"user:{user.id}", f"own:{user.id}"]
    if roles & office.SEES_EVERYTHING:
        return list(dict.fromkeys((*found, *office.everything(context))))
    day = today(context, user.org_id)
    own = work.of(device, context, day)
    behind: dict[str, work.Way] = {}
    if "client" in roles:
        parties, behind = portal.add(user, own, context)
        found += [f"party:{party}" for party in parties]
    ways = (*own.ways.values(), *behind.values())
    seen = units.above(user.org_id, (way.org_id for way in ways), context)
    found += [f"party:{seller}" for seller in seen.sellers]
    found += _units(roles, seen.own, own.branch)
    found += [f"user:{person}" for person in own.people]
    found += [f"device:{one}" for one in own.devices]
    found += [f"route:{way}" for way in own.ways]
    found += places.buckets(own, behind, seen, context, day)
    stocked = [*own.branch]
    if roles & COUNTS_GOODS and user.org_id is not None:
        stocked.append(user.org_id)
    if stocked:
        houses = context.select(_WAREHOUSES, (places.array(stocked),))
        found += [f"warehouse:{house}" for (house,) in houses]
    return list(dict.fromkeys(found))


def _units(roles: frozenset[str], above: list[str], branch: list[str]) -> list[str]:
    """Return the buckets of units, and of what they tell to single roles.

    Who leads others also gets what those are told.
    """
    told = roles | frozenset(FIELD) if roles & work.LEADS_A_TEAM else roles
    seen = [f"org:{unit}" for unit in (*above, *branch)]
    return [
        *seen,
        *(f"role:{role}" for role in sorted(told)),
        *(f"{unit}:role:{role}" for unit in seen for role in sorted(told)),
    ]
