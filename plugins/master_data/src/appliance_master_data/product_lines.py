"""Which goods an outlet may order: the product lines that are for it, read once and kept.

A line with the rule ``only`` lets its outlets order its goods; one with ``never`` takes its goods
away from them. An outlet for which there are lines of the first kind orders what one of them names
and nothing else; what any line of the second kind names it does not order in any case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal

import msgspec

from appliance.api import PluginError, Reader
from appliance.api.pricing import Audience, Masters, PriceBook, Product, ProductChoice, Subject
from appliance_master_data.kept_records import Kept
from appliance_master_data.price_records import all_of, goods

GoodsKeys = frozenset[tuple[str, str | None]]
"""What a product may be named by: itself, its groups and those above them, its brand, everything;
`appliance.api.pricing` gives them."""


class ProductLine(msgspec.Struct, frozen=True, kw_only=True):
    """A record of ``product_lines``.

    Attributes:
        id: of the record.
        rule: whether its outlets order these goods and no others, or not at all.
        org_id: the unit whose outlets it is for, with those below; None: of all.
        audience: for which of these it is; None: for all.
        products: its goods; None: all.
        active: False where it says nothing for now.
    """

    id: str
    rule: Literal["only", "never"]
    org_id: str | None = None
    audience: Audience | None = None
    products: ProductChoice | None = None
    active: bool | None = None

    def is_for(self, subject: Subject) -> bool:
        """Tell whether it says anything of a subject's outlet."""
        if self.org_id is not None and self.org_id not in subject.org_ids:
            return False
        return self.audience is None or self.audience.has(subject)


class _Indexed:
    """A line with its goods as sets."""

    def __init__(self, line: ProductLine) -> None:
        choice = line.products or ProductChoice()
        self.line = line
        self._include = frozenset(one.key for one in choice.include or ())
        self._exclude = frozenset(one.key for one in choice.exclude or ())

    def names(self, keys: GoodsKeys) -> bool:
        """Tell whether it names a product."""
        if self._include and self._include.isdisjoint(keys):
            return False
        return self._exclude.isdisjoint(keys)


class AllowedGoods:
    """What one outlet may order.

    Attributes:
        everything: whether nothing is held back from it.
    """

    def __init__(self, lines: Iterable[_Indexed], subject: Subject) -> None:
        """Take the lines that are for a subject."""
        own = [one for one in lines if one.line.is_for(subject)]
        self._only = [one for one in own if one.line.rule == "only"]
        self._never = [one for one in own if one.line.rule == "never"]
        self.everything = not own

    def allows(self, keys: GoodsKeys) -> bool:
        """Tell whether a product may be ordered, by what it may be named by."""
        if any(one.names(keys) for one in self._never):
            return False
        return not self._only or any(one.names(keys) for one in self._only)


class ProductLines:
    """Reads product lines and keeps them; one for a plugin, for any thread."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept = Kept("product_lines")

    def any(self, context: Reader) -> bool:
        """Tell whether there ever was a line; where there was none, asking costs nothing."""
        return bool(context.newest("product_lines"))

    def allowed(self, context: Reader, subject: Subject) -> AllowedGoods:
        """Return what a subject's outlet may order.

        Raises:
            PluginError: a record cannot be used.
        """
        lines = self._kept.parts(context, [""], lambda _: {"": _read(context)})[""]
        return AllowedGoods(lines.values(), subject)


def keys_of(context: Reader, products: Iterable[str]) -> dict[str, GoodsKeys]:
    """Return what products may be named by, by their ids; unknown ones are left out."""
    found = goods(context, sorted(set(products)))
    masters = Masters(
        products=[
            one for parts in found.values() for one in parts.values() if isinstance(one, Product)
        ],
        product_groups=list(all_of(context, "product_groups").values()),
    )
    return {product: one.keys for product, one in PriceBook(masters).goods.items()}


def _read(context: Reader) -> dict[str, _Indexed]:
    found: dict[str, _Indexed] = {}
    for record_id, body in context.select("SELECT id, body FROM product_lines"):
        try:
            line = msgspec.convert({**json.loads(body), "id": record_id}, ProductLine)
        except msgspec.ValidationError as error:
            raise PluginError(f"the product line {record_id} cannot be used: {error}") from None
        if line.active is not False:
            found[record_id] = _Indexed(line)
    return found
