"""An order that is to be judged, and what it points to, read from the store when first asked for.

Rules run inside the commit that many devices wait for, so each of them asks this view and no rule
asks the store for what another has asked already: one question for all that stands in the header,
one for all lines, however many there are, and whole records only for the rules that need them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from appliance.api import Context, Row
from appliance_preselling import loads, totals
from appliance_preselling.states import RETURN

HEADER = {
    "outlet_id": ("outlets", "outlet"),
    "party_id": ("parties", "customer"),
    "payer_party_id": ("parties", "payer"),
    "price_list_id": ("price_lists", "price_list"),
    "warehouse_id": ("warehouses", "warehouse"),
}
"""Fields of an order that point somewhere: the collection, and the word for people."""

_READ = {**HEADER, "user_id": ("users", "author"), "org_id": ("org_units", "unit")}
"""What is read of an order's header in one question: whole records, of which rules ask a few."""

_IN_HEAD = frozenset(collection for collection, _ in _READ.values())

_HEAD = "\n".join(
    (
        f"SELECT {', '.join(f'{name}.body' for name in _READ)} FROM (SELECT 1)",
        *(
            f"LEFT JOIN {collection} {name} ON {name}.id = :{name}"
            for name, (collection, _) in _READ.items()
        ),
    )
)

# It returns what is wrong, regulated or has a weight, and nothing else: a line of a unit of which
# nothing is to be said costs no row.
_LINES = """
SELECT l.key, p.id IS NOT NULL, p.active, u.id IS NOT NULL, u.product_id = l.value ->> 0,
    p.regulation, u.gross_g, u.volume_cm3, u.factor_num, u.factor_den, u.is_base
FROM json_each(?) l
LEFT JOIN products p ON p.id = l.value ->> 0
LEFT JOIN product_uoms u ON u.id = l.value ->> 1
WHERE p.id IS NULL OR NOT p.active OR u.id IS NULL OR u.product_id <> l.value ->> 0
    OR p.regulation IS NOT NULL OR u.is_base IS NOT 1
    OR u.gross_g IS NOT NULL OR u.volume_cm3 IS NOT NULL
"""

_BASE_UNITS = """
SELECT base.product_id, base.gross_g, base.volume_cm3, 1, 1, 1 FROM json_each(?) AS product
CROSS JOIN product_uoms AS base ON base.product_id = product.value WHERE base.is_base
"""


class Head(NamedTuple):
    """What stands in the records that an order's header points to.

    Attributes:
        lost: fields of `HEADER` that point to nothing.
        order_limit: what an order of the author may come to, minor units; None without a limit.
    """

    lost: frozenset[str]
    order_limit: int | None


class WrongLine(NamedTuple):
    """What is wrong with what a line points to.

    Attributes:
        place: of the line in the order, from 0.
        product_there, active: whether there is such a product, and whether it is sold.
        uom_there, fits: whether there is such a unit, and whether it is the product's.
    """

    place: int
    product_there: bool
    active: bool
    uom_there: bool
    fits: bool


class UnitSize(NamedTuple):
    """How large one of a unit is.

    Attributes:
        gross_g: its weight, grams, packing included; None where that is not known.
        volume_cm3: likewise, cubic centimetres.
        factor_num, factor_den: one of it in base units.
        is_base: whether it is the base unit.
    """

    gross_g: int | None
    volume_cm3: int | None
    factor_num: int
    factor_den: int
    is_base: int | None


class OrderView:
    """One order, as rules see it.

    Attributes:
        id: of the order.
        row: as it was sent.
        stored: as it stands; None where it is new.
        context: of the call; rules that need more than this view ask it.
        kept: what rules work out of the view and keep for one another, by its type.
    """

    def __init__(self, order_id: str, row: Row, stored: Row | None, context: Context) -> None:
        """Take an order; nothing is read yet."""
        self.id = order_id
        self.row = row
        self.stored = stored
        self.context = context
        self.kept: dict[type, Any] = {}
        self._records: dict[tuple[str, str], Row | None] = {}
        self._texts: dict[tuple[str, str], str | None] = {}

    @property
    def settings(self) -> Mapping[str, Any]:
        """The plugin's settings."""
        return self.context.settings

    @property
    def is_return(self) -> bool:
        """Whether goods are to come back."""
        kind: str = self.row["order_kind"]
        return kind == RETURN

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines that were sent."""
        lines: list[dict[str, Any]] = self.row["lines"]
        return lines

    @cached_property
    def sums(self) -> dict[str, int]:
        """The totals that the lines add up to, minor units."""
        return totals.of(self.row)

    @property
    def payable(self) -> int:
        """What is to be paid, minor units: the total that was sent, or what the lines come to."""
        sent: int | None = (self.row.get("totals") or {}).get("payable")
        return self.sums["payable"] if sent is None else sent

    @cached_property
    def head(self) -> Head:
        """What stands in the records of the header, all in one question."""
        asked = {name: self.row.get(name) for name in _READ}
        (bodies,) = self.context.select(_HEAD, asked)
        for (name, (collection, _)), body in zip(_READ.items(), bodies, strict=True):
            self._texts[collection, asked[name] or ""] = body
        lost = (name for name, body in zip(HEADER, bodies, strict=False) if body is None)
        limits = (self.author or {}).get("limits") or {}
        return Head(frozenset(lost), limits.get("max_order_minor"))

    @cached_property
    def _special_lines(self) -> list[tuple[Any, ...]]:
        asked = _array((line["product_id"], line["uom_id"]) for line in self.lines)
        return sorted(self.context.select(_LINES, (asked,)), key=lambda one: one[0])

    @property
    def wrong_lines(self) -> list[WrongLine]:
        """The lines whose product or unit is not as it should be, in order."""
        found = (WrongLine(line[0], *map(bool, line[1:5])) for line in self._special_lines)
        return [one for one in found if not all(one[1:])]

    @property
    def regulated(self) -> Mapping[int, str]:
        """The regulation of each regulated line by its place in the order, from 0."""
        return {line[0]: line[5] for line in self._special_lines if line[5] is not None}

    @property
    def unit_sizes(self) -> Mapping[int, UnitSize]:
        """How large one of each line's unit is, by the line's place in the order, from 0.

        A base unit of which neither weight nor volume is known is left out.
        """
        return {line[0]: UnitSize(*line[6:]) for line in self._special_lines if line[3]}

    @cached_property
    def base_sizes(self) -> Mapping[str, UnitSize]:
        """How large one base unit of each product is by the product's id, in one question."""
        products = _array(sorted({line["product_id"] for line in self.lines}))
        found = self.context.select(_BASE_UNITS, (products,))
        return {product_id: UnitSize(*rest) for product_id, *rest in found}

    @cached_property
    def products(self) -> Mapping[str, Row]:
        """The whole records of the lines' products by id, in one question."""
        return self.all_of("products", (line["product_id"] for line in self.lines))

    @cached_property
    def uoms(self) -> Mapping[str, Row]:
        """The whole records of the lines' units by id, in one question."""
        return self.all_of("product_uoms", (line["uom_id"] for line in self.lines))

    @cached_property
    def load(self) -> loads.Load:
        """What the order weighs and takes up."""
        return loads.load_of(self)

    @property
    def outlet(self) -> Row | None:
        """The whole record of the outlet."""
        return self.record("outlets", self.row["outlet_id"])

    @property
    def party(self) -> Row | None:
        """The whole record of the customer."""
        return self.record("parties", self.row["party_id"])

    @property
    def payer(self) -> Row | None:
        """The whole record of the payer."""
        return self.record("parties", self.row["payer_party_id"])

    @property
    def contract(self) -> Row | None:
        """The whole record of the contract, where the order names one."""
        return self.record("contracts", self.row.get("contract_id"))

    @property
    def price_list(self) -> Row | None:
        """The whole record of the price list."""
        return self.record("price_lists", self.row["price_list_id"])

    @property
    def author(self) -> Row | None:
        """The whole record of the person who made the order."""
        return self.record("users", self.row["user_id"])

    @property
    def unit(self) -> Row | None:
        """The whole record of the org unit that the order was made in, where there is one."""
        return self.record("org_units", self.row.get("org_id"))

    def record(self, collection: str, record_id: str | None) -> Row | None:
        """Return a record, read once; None where there is none."""
        if record_id is None:
            return None
        key = (collection, record_id)
        if key not in self._records:
            if collection in _IN_HEAD and not self._texts:
                _ = self.head
            if key in self._texts:
                body = self._texts[key]
                self._records[key] = None if body is None else msgspec.json.decode(body)
            else:
                self._records[key] = self.context.get(collection, record_id)
        return self._records[key]

    def all_of(self, collection: str, ids: Iterable[str]) -> Mapping[str, Row]:
        """Return records by their ids, in one question; those that are not there are left out."""
        found = self.context.select(
            f"SELECT id, body FROM {collection} WHERE id IN (SELECT value FROM json_each(?))",
            (_array(sorted(set(ids))),),
        )
        return {record_id: msgspec.json.decode(body) for record_id, body in found}


def _array(values: Iterable[Any]) -> str:
    return msgspec.json.encode(list(values)).decode()
