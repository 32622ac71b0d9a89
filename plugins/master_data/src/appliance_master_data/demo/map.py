"""Where outlets are: around real middles of towns, each agent's in a neighbourhood of its own."""

from __future__ import annotations

from typing import NamedTuple

from appliance_master_data.demo.countries.country import Town
from appliance_master_data.demo.plan import Branch, Plan

KILOMETRE_E7 = 89_932
"""Degrees of latitude in a kilometre, times 10^7: a meridian's 20,003.93 km are 180 degrees."""

_DIRECTIONS = (
    *((100, 0), (87, 50), (50, 87), (0, 100), (-50, 87), (-87, 50)),
    *((-100, 0), (-87, -50), (-50, -87), (0, -100), (50, -87), (87, -50)),
)
"""Twelve directions, in hundredths."""


class Place(NamedTuple):
    """Where an outlet is, in degrees times 10^7, and its address."""

    lat_e7: int
    lon_e7: int
    address: str


def territory(branch: Branch, agent: int) -> tuple[Town, int, int]:
    """Return an agent's town, and the middle of his neighbourhood in metres to the north and east.

    Three of five agents work in the branch's own town, the others in the towns around.
    """
    number = agent - branch.agents.start
    towns = branch.area.towns
    outside = number % 5 >= 3 and len(towns) > 1
    town = towns[1 + number // 5 % (len(towns) - 1)] if outside else towns[0]
    turn = number // (5 * (len(towns) - 1)) if outside else number // 5 * 3 + number % 5
    ring, direction = divmod(turn, len(_DIRECTIONS))
    metres = (700 if outside else 1_800) + 2_400 * ring
    # Every fifth direction: neighbours by number are not neighbours in town.
    north, east = _DIRECTIONS[direction * 5 % len(_DIRECTIONS)]
    return town, metres * north // 100, metres * east // 100


def place_of(plan: Plan, branch: Branch, outlet: int) -> Place:
    """Return where an outlet is."""
    town, north, east = territory(branch, plan.agent_of(branch, outlet))
    a, b, c, d, street, house = plan.numbers(f"place/{outlet}", 6)
    # The sum of two chances lies near the middle more often than far from it.
    north += a % 900 + b % 900 - 899
    east += c % 900 + d % 900 - 899
    country = branch.country
    number = 1 + house % 120
    return Place(
        town.lat_e7 + north * KILOMETRE_E7 // 1_000,
        town.lon_e7 + east * KILOMETRE_E7 // _cosine(town.lat_e7),
        country.address.format(
            town=town.name, street=country.streets[street % len(country.streets)], house=number
        ),
    )


def _cosine(lat_e7: int) -> int:
    """Return the cosine of a latitude in thousandths, exact to a few of them.

    Bhaskara's approximation of the sine (7th century), in integers: a map needs no better one.
    """
    degrees = 90 - abs(lat_e7) // 10_000_000
    part = degrees * (180 - degrees)
    return 4_000 * part // (40_500 - part)
