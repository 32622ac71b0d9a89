"""The plan of a demo company: how many of everything, who belongs to whom, and every record's id.

Everything follows from size, seed and day, so that a company is the same wherever it is made, and
any part of it can be made without the others.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from appliance.api import Write, rdiv
from appliance_master_data.demo.countries import COUNTRIES
from appliance_master_data.demo.countries.country import Area, Country
from appliance_master_data.demo.dice import Dice, numbers, shared
from appliance_master_data.demo.goods.family import LANGUAGES, Names
from appliance_master_data.demo.sizes import SIZES, Size

SINCE_MS = 1_704_067_200_000
"""The moment in the first id of each collection, 1 January 2024 UTC; the next one is a millisecond
later, so that ids come in order and the store appends to its indexes."""

SINCE = "2024-01-01"

MOST_CHAINS = 50
"""Customers of a branch with more than one outlet."""


class Branch(NamedTuple):
    """One branch, and where its share of everything begins and ends.

    Attributes:
        number: of the branch.
        country, area: where it works.
        code: of its own.
        agents, drivers, merchandisers, outlets, parties: numbers, the first and the one after the
            last.
    """

    number: int
    country: Country
    area: Area
    code: str
    agents: range
    drivers: range
    merchandisers: range
    outlets: range
    parties: range


class Plan:
    """One company.

    Attributes:
        size: its volumes.
        day: what its dates count from.
        branches: where it works.
        languages: places in `LANGUAGES` of those spoken in it.
    """

    def __init__(self, size: str, seed: int, day: date) -> None:
        self.name = size
        self.size: Size = SIZES[size]
        self.seed = seed
        self.day = day
        self.branches = self._branches()
        spoken = {branch.country.language for branch in self.branches}
        self.languages = tuple(n for n, tag in enumerate(LANGUAGES) if tag in spoken)
        self._ids: dict[str, Callable[[int], str]] = {}
        self._chains = [self._chain_starts(branch) for branch in self.branches]

    def _branches(self) -> tuple[Branch, ...]:
        size = self.size
        count = len(size.countries)
        agents = shared(size.agents, [1] * count)
        drivers = shared(size.drivers, [1] * count)
        merchandisers = shared(size.merchandisers, [1] * count)
        work = [agents[n + 1] - agents[n] for n in range(count)]
        outlets = shared(size.outlets, work)
        parties = shared(size.parties, work)
        met: dict[str, int] = {}
        found = []
        for number, code in enumerate(size.countries):
            country = COUNTRIES[code]
            area = country.areas[met.get(code, 0) % len(country.areas)]
            met[code] = met.get(code, 0) + 1
            found.append(
                Branch(
                    number,
                    country,
                    area,
                    area.code,
                    *(
                        range(starts[number], starts[number + 1])
                        for starts in (agents, drivers, merchandisers, outlets, parties)
                    ),
                )
            )
        return tuple(found)

    # --- ids, days and chances -----------------------------------------------------------------

    def ids(self, collection: str) -> Callable[[int], str]:
        """Return what gives the ids of a collection's records by their numbers: UUIDs version 7."""
        digest = sha256(f"fieldbox demo/{self.name}/{self.seed}/{collection}".encode()).hexdigest()
        tail = f"-7{digest[:3]}-8{digest[3:6]}-{digest[6:18]}"

        def record_id(number: int) -> str:
            moment = f"{SINCE_MS + number:012x}"
            return f"{moment[:8]}-{moment[8:]}{tail}"

        return record_id

    def id(self, collection: str, number: int) -> str:
        """Return the id of one record."""
        if collection not in self._ids:
            self._ids[collection] = self.ids(collection)
        return self._ids[collection](number)

    def put(self, collection: str, number: int, /, **row: Any) -> Write:
        """Return a record; values that are None are left out."""
        return Write(
            collection=collection,
            id=self.id(collection, number),
            row={name: value for name, value in row.items() if value is not None},
        )

    def dice(self, about: str, most: int = 16) -> Dice:
        """Return chances that follow from what they are about."""
        return Dice(f"{self.name}/{self.seed}/{about}", most)

    def numbers(self, about: str, count: int) -> tuple[int, ...]:
        """Return chances as plain numbers below 2^32, for where there are many."""
        return numbers(f"{self.name}/{self.seed}/{about}", count)

    def date(self, days: int) -> str:
        """Return the day so many days from the plan's own."""
        return (self.day + timedelta(days)).isoformat()

    @cached_property
    def now_ms(self) -> int:
        """Five in the morning of the day, UTC milliseconds: when stock was counted."""
        at = datetime(self.day.year, self.day.month, self.day.day, 5, tzinfo=UTC)
        return int(at.timestamp()) * 1_000

    @cached_property
    def months(self) -> list[str]:
        """The months of sales history, ``YYYY-MM``, the oldest first."""
        whole = self.day.year * 12 + self.day.month - 1
        ago = range(self.size.months - 1, -1, -1)
        return [f"{(whole - n) // 12:04}-{(whole - n) % 12 + 1:02}" for n in ago]

    def text(self, names: Names) -> str | dict[str, str]:
        """Return a text in the company's languages, plain where there is one alone."""
        if len(self.languages) == 1:
            return names[self.languages[0]]
        return {LANGUAGES[n]: names[n] for n in self.languages}

    # --- who belongs to whom -------------------------------------------------------------------

    def branch_of(self, share: str, number: int) -> Branch:
        """Return the branch that a person, outlet or party belongs to.

        Args:
            share: ``agents``, ``outlets`` or another range of `Branch`.
            number: of the person, outlet or party.
        """
        starts = [getattr(branch, share).start for branch in self.branches]
        return self.branches[bisect_right(starts, number) - 1]

    @staticmethod
    def _chain_starts(branch: Branch) -> list[int]:
        """Return where the outlets begin that chains of a branch have beside their first one.

        The first parties of a branch are its chains; each has fewer outlets than the one before.
        """
        extra = len(branch.outlets) - len(branch.parties)
        count = max(1, min(MOST_CHAINS, len(branch.parties) // 8))
        return shared(extra, [1_000 // (rank + 2) for rank in range(count)])

    def chains(self, branch: Branch) -> int:
        """Return how many of the first parties of a branch are chains."""
        return len(self._chains[branch.number]) - 1

    def in_chain(self, branch: Branch, outlet: int) -> bool:
        """Tell whether an outlet belongs to a chain."""
        place = outlet - branch.outlets.start
        return not self.chains(branch) <= place < len(branch.parties)

    def party_of(self, branch: Branch, outlet: int) -> tuple[int, int]:
        """Return the party of an outlet, and the how manieth of its outlets it is, from 0."""
        place = outlet - branch.outlets.start
        if place < len(branch.parties):
            return branch.parties.start + place, 0
        starts = self._chains[branch.number]
        extra = place - len(branch.parties)
        chain = bisect_right(starts, extra) - 1
        return branch.parties.start + chain, extra - starts[chain] + 1

    def outlets_of(self, branch: Branch, party: int) -> list[int]:
        """Return the outlets of a party."""
        place = party - branch.parties.start
        found = [branch.outlets.start + place]
        starts = self._chains[branch.number]
        if place < len(starts) - 1:
            first = branch.outlets.start + len(branch.parties)
            found += range(first + starts[place], first + starts[place + 1])
        return found

    def client(self, client: int) -> tuple[Branch, int]:
        """Return branch and party of a customer's contact who may log in."""
        branch = self.branches[client % len(self.branches)]
        # One of a chain, one with a single shop, and so on.
        turn = client // len(self.branches)
        place = turn // 2 if turn % 2 == 0 else len(branch.parties) - 1 - turn // 2
        return branch, branch.parties.start + place

    def lets_in(self, branch: Branch, party: int) -> bool:
        """Tell whether a contact of a party may log in."""
        place = party - branch.parties.start
        at_end = len(branch.parties) - 1 - place
        turn = 2 * min(place, at_end) + (0 if place <= at_end else 1)
        return turn * len(self.branches) + branch.number < self.size.clients

    def key_agents(self, branch: Branch) -> int:
        """Return how many agents of a branch, its last ones, look after its chains alone."""
        chains = len(branch.outlets) - len(branch.parties) + self.chains(branch)
        share = rdiv(len(branch.agents) * chains, len(branch.outlets))
        return min(len(branch.agents) - 1, max(1, share))

    def territory(self, branch: Branch, agent: int) -> Sequence[int]:
        """Return the outlets that an agent looks after."""
        place, key = agent - branch.agents.start, self.key_agents(branch)
        plain = len(branch.agents) - key
        first, chains, parties = branch.outlets.start, self.chains(branch), len(branch.parties)
        if place < plain:
            return range(first + chains + place, first + parties, plain)
        own = [*range(first, first + chains), *range(first + parties, branch.outlets.stop)]
        return own[place - plain :: key]

    def agent_of(self, branch: Branch, outlet: int) -> int:
        """Return the agent who looks after an outlet."""
        place, chains, parties = (
            outlet - branch.outlets.start,
            self.chains(branch),
            len(branch.parties),
        )
        key = self.key_agents(branch)
        plain = len(branch.agents) - key
        if chains <= place < parties:
            return branch.agents.start + (place - chains) % plain
        own = place if place < chains else place - parties + chains
        return branch.agents.start + plain + own % key

    def weight(self, outlet: int, chain: bool) -> int:
        """Return how much an outlet buys, 20 to 2,000: few buy much, many little."""
        (rank,) = self.numbers(f"weight/{outlet}", 1)
        place = rank % (250 if chain else 1_000)
        return 20 + 198_000 // (place * place // 40 + 100)

    @cached_property
    def weights(self) -> list[int]:
        """The weight of every outlet."""
        return [
            self.weight(outlet, self.in_chain(branch, outlet))
            for branch in self.branches
            for outlet in branch.outlets
        ]


@lru_cache(maxsize=1)
def plan_of(size: str, seed: int, day: date) -> Plan:
    """Return the plan of a company; the last one is kept, for parts are asked for one by one."""
    return Plan(size, seed, day)
