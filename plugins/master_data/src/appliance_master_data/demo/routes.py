"""Who visits whom, in which order and on which days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from appliance.api import Write
from appliance_master_data.demo.goods.family import Names
from appliance_master_data.demo.map import place_of, territory
from appliance_master_data.demo.organisation import VANS, own_words
from appliance_master_data.demo.people import org_id
from appliance_master_data.demo.plan import Branch, Plan

_OF_ROUTE = 512
"""Numbers for the stops of one route."""

_DAYS = 6
_LETTERS = {"presale": "R", "van": "V", "merch": "M"}
_ROUTE: Names = ("Маршрут", "Маршрут", "Marshrut", "Маршрут", "Route")


class Route(NamedTuple):
    """A route before it is written down; its number is its person's."""

    kind: str
    branch: Branch
    place: int
    name: str
    warehouse: int
    outlets: Sequence[int]


class Routes:
    """The routes of a plan: of agents, then of drivers, then of merchandisers."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._large: dict[int, list[int]] = {}
        self._codes: dict[int, str] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        size = self._plan.size
        return size.agents + size.drivers + size.merchandisers

    def route(self, number: int) -> Route:
        """Return a route by its number."""
        plan = self._plan
        if number < plan.size.agents:
            branch = plan.branch_of("agents", number)
            place = number - branch.agents.start
            outlets = plan.territory(branch, number)
            town, _, _ = territory(branch, number)
            return Route("presale", branch, place, town.name, branch.number, outlets)
        number -= plan.size.agents
        if number < plan.size.drivers:
            branch = plan.branch_of("drivers", number)
            place = number - branch.drivers.start
            outlets = self._of_driver(branch, place)
            return Route("van", branch, place, branch.code, VANS + number, outlets)
        number -= plan.size.drivers
        branch = plan.branch_of("merchandisers", number)
        place = number - branch.merchandisers.start
        return Route(
            "merch", branch, place, branch.code, branch.number, self._of_merchandiser(branch, place)
        )

    def _of_driver(self, branch: Branch, place: int) -> Sequence[int]:
        """Return the outlets of some agents' territories, as many as a van gets round."""
        found: list[int] = []
        for agent in branch.agents[place :: len(branch.drivers)]:
            found += self._plan.territory(branch, agent)
        most = self._plan.size.van_stops
        step = max(1, len(found) // most)
        return found[::step][:most]

    def _of_merchandiser(self, branch: Branch, place: int) -> Sequence[int]:
        """Return some of the outlets that buy most."""
        if branch.number not in self._large:
            weights = self._plan.weights
            ranked = sorted(branch.outlets, key=lambda outlet: (-weights[outlet], outlet))
            most = self._plan.size.merch_stops * len(branch.merchandisers)
            self._large[branch.number] = ranked[:most]
        return self._large[branch.number][place :: len(branch.merchandisers)]

    def code(self, number: int) -> str:
        """Return the code of a route."""
        if number not in self._codes:
            route = self.route(number)
            self._codes[number] = f"{route.branch.code}-{_called(route)}"
        return self._codes[number]

    def records(self, number: int) -> Iterator[Write]:
        """Yield a route and its stops."""
        plan, route = self._plan, self.route(number)
        branch = route.branch
        called = _called(route)
        yield plan.put(
            "routes",
            number,
            code=self.code(number),
            name=f"{own_words(branch, _ROUTE)} {called}, {route.name}",
            org_id=org_id(plan, branch),
            kind=route.kind,
            owner_user_id=plan.id("users", number),
            warehouse_id=plan.id("warehouses", route.warehouse),
            active=True,
        )
        scenario = list(_LETTERS).index(route.kind)
        for place, (day, outlet) in enumerate(self._in_order(branch, route.outlets)):
            # A chain's outlets all buy much.
            large = 900 if plan.in_chain(branch, outlet) else 200
            yield self._stop(number, place, day, outlet, scenario, large)

    def _in_order(self, branch: Branch, outlets: Sequence[int]) -> list[tuple[int, int]]:
        """Return days and outlets in the order of a route.

        A day is a strip from north to south, so that its outlets are neighbours; strips are driven
        to and fro.
        """
        where = {outlet: place_of(self._plan, branch, outlet) for outlet in outlets}
        by_lon = sorted(outlets, key=lambda outlet: (where[outlet].lon_e7, outlet))
        found: list[tuple[int, int]] = []
        for day in range(_DAYS):
            strip = by_lon[len(by_lon) * day // _DAYS : len(by_lon) * (day + 1) // _DAYS]
            strip.sort(key=lambda outlet: where[outlet].lat_e7, reverse=day % 2 == 1)
            found += [(day, outlet) for outlet in strip]
        return found

    def _stop(
        self, number: int, place: int, day: int, outlet: int, scenario: int, large: int
    ) -> Write:
        """Return a stop: who buys much is visited twice a week, who buys little once in four."""
        plan = self._plan
        weight = plan.weights[outlet]
        weekdays, frequency, cycle = 1 << day, 4, None
        if weight > large:
            weekdays, frequency = 1 << day | 1 << (day + 3) % _DAYS, 8
        elif weight < 32:
            frequency, cycle = 1, outlet % 4 + 1
        return plan.put(
            "route_outlets",
            number * _OF_ROUTE + place,
            route_id=plan.id("routes", number),
            outlet_id=plan.id("outlets", outlet),
            sort=place + 1,
            weekdays=weekdays,
            week_cycle=cycle,
            frequency=frequency,
            scenario_id=plan.id("visit_scenarios", scenario),
        )


def _called(route: Route) -> str:
    return f"{_LETTERS[route.kind]}{route.place + 1:02}"
