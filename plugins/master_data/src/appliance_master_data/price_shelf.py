"""What documents are priced from: masters read once and kept for as long as they stand still.

A document needs a few products, their prices in one chain of lists, and the terms of one customer.
These are read when a document first asks for them and kept in memory; a change in a collection
forgets what was kept of it. Documents share one book, which grows by what they ask for beyond it,
a part of its size at a time, because making a book costs a pass over what is in it. For a document
that was made from earlier masters, the same records are read as they stood then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from appliance.api import Reader
from appliance.api.pricing import Masters, PriceBook, PriceList, Product, ProductUom, Subject
from appliance_master_data.kept_records import Kept
from appliance_master_data.price_records import (
    KINDS,
    PRICED_FROM,
    READ,
    Records,
    all_of,
    convert,
    discounts,
    goods,
    prices,
    with_floor,
)

MOST_SHARED = 60_000
"""Products, lists and subjects in the book that documents share."""

GROWTH = 16
"""The shared book grows when one document in so many products of it found something missing."""


class Earlier(NamedTuple):
    """Masters as they stood once.

    Attributes:
        book: made from them.
        since_ms: when the first of them changed, UTC milliseconds; None where none did.
    """

    book: PriceBook
    since_ms: int | None


class _Wanted(NamedTuple):
    """What documents need: ids of products and price lists, kinds and ids of subjects."""

    products: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    subjects: frozenset[tuple[str, str]] = frozenset()

    def has(self, other: _Wanted) -> bool:
        """Tell whether everything that another wants is wanted here."""
        return all(mine >= theirs for mine, theirs in zip(self, other, strict=True))

    def and_(self, other: _Wanted) -> _Wanted:
        """Return what both want."""
        return _Wanted(
            self.products | other.products,
            self.lists | other.lists,
            self.subjects | other.subjects,
        )


class _Shared:
    """The book that documents share.

    Attributes:
        epoch, newest: the masters that it was made from.
        wanted: what is in it.
        asked: what was asked for since, beyond it.
        misses: by how many documents.
        book: None before the first document.
    """

    def __init__(self, epoch: str, newest: int) -> None:
        self.epoch, self.newest = epoch, newest
        self.wanted = self.asked = _Wanted()
        self.misses = 0
        self.book: PriceBook | None = None


class PriceShelf:
    """Reads and keeps masters; one for a plugin, for any thread."""

    def __init__(self) -> None:
        self._goods = Kept("products", "product_uoms", "product_floors")
        self._groups = Kept("product_groups")
        self._lists = Kept("price_lists")
        self._prices = Kept("prices", "price_lists")
        self._discounts = Kept("customer_discounts")
        self._promotions = Kept("promotions")
        self._rates = Kept("tax_rates")
        self._rules = Kept("tax_rules")
        self._lock = threading.Lock()
        self._shared = _Shared("", -1)

    def book(self, context: Reader, products: Iterable[str], subject: Subject) -> PriceBook:
        """Return a book that has what one document needs.

        Args:
            context: of the call.
            products: ids of the document's products.
            subject: who buys; his price list and its parents are read.

        Raises:
            PluginError: a record of a master cannot be used.
        """
        wanted = self._wanted(context, products, subject)
        newest = context.newest(*READ)
        with self._lock:
            shared = self._shared
            if shared.epoch != context.epoch or shared.newest < newest:
                shared = self._shared = _Shared(context.epoch, newest)
            if shared.newest > newest:
                shared = _Shared(context.epoch, newest)  # of an earlier moment, for this call alone
            if shared.book is not None and shared.wanted.has(wanted):
                return shared.book
            shared.misses += 1
            shared.asked = shared.asked.and_(wanted)
            grows = shared.misses * GROWTH > len(shared.wanted.products)
            if grows:
                wanted = shared.wanted.and_(shared.asked)
                if sum(map(len, wanted)) > MOST_SHARED:
                    wanted = shared.asked
        records = self._records(context, wanted)
        masters = _masters({name: one.values() for name, one in records.items()})
        book = PriceBook(masters, context.newest(*PRICED_FROM))
        if grows:
            with self._lock:
                shared.wanted, shared.book = wanted, book
                shared.asked, shared.misses = _Wanted(), 0
        return book

    def earlier(
        self, context: Reader, products: Iterable[str], subject: Subject, seq: int
    ) -> Earlier | None:
        """Return a book as it was at a seq; None where that is not known any more.

        Arguments and errors as of `book`.
        """
        was: dict[str, list[Any]] = {}
        changes: list[int] = []
        past_lists = {
            record_id: convert(PriceList, record_id, one)
            for record_id, one in context.as_of(
                "price_lists", list(self._all_lists(context)), seq
            ).items()
            if one.row is not None
        }
        wanted = self._wanted(context, products, subject)
        wanted = wanted._replace(lists=wanted.lists.union(_chain(past_lists, subject)))
        found = self._records(context, wanted)
        present: Records = found["products"]
        for name, records in found.items():
            kind = KINDS[name]
            if name not in PRICED_FROM:
                was[name] = list(records.values())
                continue
            past = context.as_of(name, list(records), seq)
            if len(past) < len(records):
                return None
            changes += [one.until_ms for one in past.values() if one.until_ms is not None]
            was[name] = [
                convert(kind, record_id, one)
                for record_id, one in past.items()
                if one.row is not None
            ]
        # The lowest price is the office's own of today: no device works anything out from it.
        floors = {one.id: one.min_price for one in present.values()}
        was["products"] = [with_floor(one, floors[one.id]) for one in was["products"]]
        return Earlier(PriceBook(_masters(was), seq), min(changes, default=None))

    def _all_lists(self, context: Reader) -> Records:
        return self._lists.parts(context, [""], lambda _: {"": all_of(context, "price_lists")})[""]

    def _all_promotions(self, context: Reader) -> Records:
        kept = self._promotions.parts(context, [""], lambda _: {"": all_of(context, "promotions")})
        return kept[""]

    def _wanted(self, context: Reader, products: Iterable[str], subject: Subject) -> _Wanted:
        """Return what a document needs; whatever a promotion gives is among the products."""
        gifts = (
            tier.gift_product_id
            for promotion in self._all_promotions(context).values()
            for tier in promotion.tiers or ()
            if tier.gift_product_id is not None
        )
        lists = _chain(self._all_lists(context), subject)
        return _Wanted(
            frozenset(products).union(gifts), frozenset(lists), frozenset(_subjects(subject))
        )

    def _records(self, context: Reader, wanted: _Wanted) -> dict[str, Records]:
        """Return records by the names of their collections."""
        of_products = self._goods.parts(context, wanted.products, lambda ids: goods(context, ids))
        in_lists = self._prices.parts(
            context,
            [(list_id, product) for list_id in wanted.lists for product in wanted.products],
            lambda pairs: prices(context, pairs),
        )
        agreed = self._discounts.parts(
            context, wanted.subjects, lambda subjects: discounts(context, subjects)
        )
        groups = self._groups.parts(
            context, [""], lambda _: {"": all_of(context, "product_groups")}
        )
        rates = self._rates.parts(context, [""], lambda _: {"": all_of(context, "tax_rates")})
        rules = self._rules.parts(context, [""], lambda _: {"": all_of(context, "tax_rules")})
        found: dict[str, Records] = {"product_groups": groups[""], "tax_rates": rates[""]}
        found["tax_rules"] = rules[""]
        found["price_lists"] = self._all_lists(context)
        found["promotions"] = self._all_promotions(context)
        found["products"] = _joined(
            {key: one for key, one in part.items() if isinstance(one, Product)}
            for part in of_products.values()
        )
        found["product_uoms"] = _joined(
            {key: one for key, one in part.items() if isinstance(one, ProductUom)}
            for part in of_products.values()
        )
        found["prices"] = _joined(in_lists.values())
        found["customer_discounts"] = _joined(agreed.values())
        return found


def _masters(records: Mapping[str, Iterable[Any]]) -> Masters:
    return Masters(**{name: tuple(those) for name, those in records.items()})


def _joined(parts: Iterable[Records]) -> Records:
    found: Records = {}
    for part in parts:
        found.update(part)
    return found


def _chain(lists: Records, subject: Subject) -> list[str]:
    """Return the ids of the subject's price list and its parents."""
    named = (
        subject.outlet_price_list_id,
        subject.contract_price_list_id,
        subject.party_price_list_id,
        subject.route_price_list_id,
        subject.branch_price_list_id,
    )
    found: list[str] = []
    following = next((one for one in named if one is not None), None)
    while following is not None and following not in found:
        found.append(following)
        one = lists.get(following)
        following = None if one is None else one.parent_id
    return found


def _subjects(subject: Subject) -> list[tuple[str, str]]:
    """Return kinds and ids of everything that a discount of the subject may be for."""
    found = [("group", one) for one in subject.group_ids]
    found += [("segment", one) for one in subject.segments]
    if subject.outlet_id is not None:
        found.append(("outlet", subject.outlet_id))
    if subject.party_id is not None:
        found.append(("party", subject.party_id))
    return found
