"""The demo company from its first record to its last, in chapters that are made part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from appliance.api import Context, ExternalName, Write
from appliance_master_data.demo import messages, organisation, people
from appliance_master_data.demo.accounts import Accounts
from appliance_master_data.demo.catalogue import Catalogue
from appliance_master_data.demo.customers import Customers
from appliance_master_data.demo.field_work import FieldWork
from appliance_master_data.demo.names import Names
from appliance_master_data.demo.plan import Plan
from appliance_master_data.demo.pricing import Pricing
from appliance_master_data.demo.promotions import Promotions
from appliance_master_data.demo.routes import Routes
from appliance_master_data.demo.stock import Stock

PART = 4_000
"""Records after which a part ends: so many that each commit is cheap, so few that what devices send
meanwhile does not wait."""


class Chapter(NamedTuple):
    """Records of one sort.

    Attributes:
        name: of the chapter.
        units: how many things it tells of, from 0 on.
        make: yields the records of one of them.
        records: about how many in all.
    """

    name: str
    units: int
    make: Callable[[int], Iterator[Write]]
    records: int


class Part(NamedTuple):
    """Records that are stored together.

    Attributes:
        writes: the records.
        resume: where the next part begins, ``CHAPTER:UNIT``; "" after the last.
        done, total: records, about.
    """

    writes: tuple[Write, ...]
    resume: str
    done: int
    total: int


class Company:
    """All records of a plan."""

    def __init__(self, plan: Plan) -> None:
        size, branches = plan.size, len(plan.branches)
        self.plan = plan
        catalogue = Catalogue(plan)
        customers = Customers(plan)
        pricing = Pricing(plan, catalogue, customers)
        promotions = Promotions(plan, catalogue, pricing)
        accounts = Accounts(plan, customers, pricing)
        routes = Routes(plan)
        stock = Stock(plan, catalogue)
        work = FieldWork(plan, catalogue)
        stops = size.outlets + size.drivers * size.van_stops + size.merchandisers * size.merch_stops

        def groups(_unit: int) -> Iterator[Write]:
            return catalogue.groups()

        def units(_unit: int) -> Iterator[Write]:
            return organisation.records(plan, _unit)

        def news(_unit: int) -> Iterator[Write]:
            return messages.records(plan, _unit)

        self.chapters = (
            Chapter("units", 1, units, 5 * branches + size.drivers),
            Chapter("groups", 1, groups, size.groups),
            Chapter("products", size.products, catalogue.records, 3 * size.products),
            Chapter("prices", pricing.blocks, pricing.records, 2 * branches * size.products),
            Chapter("rules", 1, work.rules, 30),
            Chapter(
                "customers",
                size.parties,
                customers.records,
                size.outlets + 4 * size.parties,
            ),
            Chapter("routes", routes.count, routes.records, stops),
            Chapter("discounts", size.parties, pricing.agreed, size.discounts),
            Chapter("segments", 1, pricing.of_segments, 3),
            Chapter("promotions", branches, promotions.records, 17 * branches),
            Chapter(
                "stock",
                stock.blocks,
                stock.records,
                branches * size.products + size.drivers * size.van_stock,
            ),
            Chapter("receivables", size.parties, accounts.receivables, size.receivables),
            Chapter("settlements", size.parties, accounts.settled, 3 * size.parties),
            Chapter("targets", 1, work.targets, 4 * routes.count),
            Chapter("history", size.outlets, accounts.history, size.history),
            Chapter("news", 1, news, 7),
        )
        self._names = Names(plan, routes)
        self.total = sum(chapter.records for chapter in self.chapters)

    def records(self, context: Context) -> Iterator[Write]:
        """Yield every record in order."""
        yield from people.records(self.plan, context)
        for chapter in self.chapters:
            for unit in range(chapter.units):
                yield from chapter.make(unit)

    def names(self, writes: Iterable[Write]) -> Iterator[ExternalName]:
        """Yield what records are called in the company's accounting system."""
        return self._names.of(writes)

    def part(self, resume: str, context: Context) -> Part:
        """Make the part that begins somewhere; the first one begins with the people."""
        writes: list[Write] = []
        name, _, begins = resume.partition(":")
        unit = int(begins or 0)
        place = next((n for n, c in enumerate(self.chapters) if c.name == name), 0)
        if not resume:
            writes += people.records(self.plan, context)
        for number in range(place, len(self.chapters)):
            chapter = self.chapters[number]
            for here in range(unit, chapter.units):
                if len(writes) >= PART:
                    done = sum(c.records for c in self.chapters[:number])
                    done += chapter.records * here // chapter.units
                    return Part(tuple(writes), f"{chapter.name}:{here}", done, self.total)
                writes += chapter.make(here)
            unit = 0
        return Part(tuple(writes), "", self.total, self.total)


@lru_cache(maxsize=1)
def company_of(plan: Plan) -> Company:
    """Return the company of a plan; the last one is kept, for parts are asked for one by one."""
    return Company(plan)
