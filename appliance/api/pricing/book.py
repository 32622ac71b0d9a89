"""The price book: masters indexed once, so that pricing a document is looking things up.

A book is made once for a revision of the masters and used by any number of documents and threads;
nothing changes it. It may hold everything a company has, or only what one document needs: making
it costs a pass over what it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from appliance.api.pricing.customer_discounts import CustomerDiscount, ObjectKey
from appliance.api.pricing.exact_price import WHOLE_BP
from appliance.api.pricing.goods import Product, ProductGroup, ProductUom
from appliance.api.pricing.price_lists import Price, PriceList
from appliance.api.pricing.promotions import (
    BASKET_KINDS,
    GIFT_KINDS,
    ProductChoice,
    Promotion,
    Tier,
)
from appliance.api.pricing.tax_rates import TaxRate
from appliance.api.pricing.tax_rules import TaxRule
from appliance.api.pricing.terms import Subject
from appliance.api.pricing.unit import Goods, Unit, base_unit

Discounts = dict[ObjectKey, list[CustomerDiscount]]
"""The discounts of one subject by kind and id of their object."""

EVERYTHING: ObjectKey = ("all", None)
"""What a promotion is on that names nothing."""


class Masters(msgspec.Struct, frozen=True, kw_only=True):
    """What documents are priced from: records of the masters of these names, in any order.

    Attributes:
        price_lists, prices, products, product_groups, product_uoms, customer_discounts,
            promotions, tax_rates, tax_rules: the records.
    """

    price_lists: Sequence[PriceList] = ()
    prices: Sequence[Price] = ()
    products: Sequence[Product] = ()
    product_groups: Sequence[ProductGroup] = ()
    product_uoms: Sequence[ProductUom] = ()
    customer_discounts: Sequence[CustomerDiscount] = ()
    promotions: Sequence[Promotion] = ()
    tax_rates: Sequence[TaxRate] = ()
    tax_rules: Sequence[TaxRule] = ()


class RankedPromotion:
    """A promotion at its place among all.

    Attributes:
        promotion: the master.
        tiers: those that can be reached, the smallest first.
        position: its place in the order in which promotions are applied.
        include, exclude: what it is on, and what it is not on; nothing included is everything.
    """

    __slots__ = ("exclude", "include", "position", "promotion", "tiers")

    def __init__(self, promotion: Promotion, position: int) -> None:
        self.promotion = promotion
        self.position = position
        self.tiers = _tiers(promotion)
        choice = promotion.products or ProductChoice()
        self.include = tuple(dict.fromkeys(one.key for one in choice.include or ()))
        self.exclude = frozenset(one.key for one in choice.exclude or ())


class PriceBook:
    """Masters, indexed.

    Attributes:
        revision: of the masters it was made from; documents name it as their ``pricing_rev``.
        price_lists: by id.
        units: by the id of the unit's record.
        goods: by the id of the product.
        promotions: in the order in which they are applied: those of lines, then of baskets, then
            points; within these the greater priority first, then by code, then by id.
        promotion_by_id: the same by id.
        limited: those of them that have a budget or a limit for an outlet.
        proven: those that ask for a photo.
        discount_by_id: individual discounts by id.
    """

    def __init__(self, masters: Masters, revision: int = 0) -> None:
        """Index masters.

        Args:
            masters: the records. Of records with the same id the last counts. Units of unknown
                products, and prices whose unit belongs to another product, are passed over.
            revision: of the masters; grows with each change.
        """
        self.revision = revision
        self.price_lists = {one.id: one for one in masters.price_lists}
        self.goods, self.units = _goods(masters)
        self._prices = _prices(masters.prices, self.units)
        self.discount_by_id = {one.id: one for one in masters.customer_discounts}
        self._discounts = _discounts(self.discount_by_id.values())
        self.promotions = _ranked({one.id: one for one in masters.promotions}.values())
        self.promotion_by_id = {one.promotion.id: one for one in self.promotions}
        promotions = [one.promotion for one in self.promotions]
        self.limited = tuple(one for one in promotions if one.is_limited)
        self.proven = tuple(one for one in promotions if one.needs_proof)
        self._promotions_on = _promotions_on(self.promotions, self.goods.values())
        self._tax_rates: dict[tuple[str, str], list[TaxRate]] = {}
        for rate in sorted(masters.tax_rates, key=lambda one: one.valid_from, reverse=True):
            self._tax_rates.setdefault((rate.country, rate.tax_category), []).append(rate)
        self._tax_rules: dict[str, list[TaxRule]] = {}
        for rule in _ranked_rules(masters.tax_rules):
            self._tax_rules.setdefault(rule.country, []).append(rule)

    def chain(self, price_list: PriceList) -> list[PriceList]:
        """Return a list and its parents, nearest first.

        The chain ends before a list that is not known, that is in it already, or whose currency
        or inclusion of tax differs: a markup turns none of these into one another.
        """
        found = [price_list]
        while (parent_id := found[-1].parent_id) is not None:
            parent = self.price_lists.get(parent_id)
            if (
                parent is None
                or parent in found
                or parent.currency != price_list.currency
                or parent.tax_included != price_list.tax_included
            ):
                break
            found.append(parent)
        return found

    def prices(self, price_list_id: str, uom_id: str) -> Sequence[Price]:
        """Return the prices of a unit in a list: the greatest quantity first, then the newest."""
        of_list = self._prices.get(price_list_id)
        return () if of_list is None else of_list.get(uom_id, ())

    def discounts(self, subject_kind: str, subject_id: str) -> Discounts | None:
        """Return the individual discounts of one subject."""
        return self._discounts.get((subject_kind, subject_id))

    def promotions_on(self, goods: Goods) -> Sequence[int]:
        """Return the positions of the promotions on a product, in their order."""
        return self._promotions_on[goods.product.id]

    def tax_rate(self, country: str, category: str, date: str) -> int | None:
        """Return a rate in basis points on a day, the newest of those valid; None for none."""
        for rate in self._tax_rates.get((country, category), ()):
            if is_valid(rate.valid_from, rate.valid_to, date):
                return rate.rate_bp
        return None

    def tax_rule(self, country: str, category: str, subject: Subject, date: str) -> TaxRule | None:
        """Return the rule that gives a category another for a buyer on a day; None for none."""
        for rule in self._tax_rules.get(country, ()):
            if (
                rule.tax_category in (None, category)
                and rule.tax_status in (None, subject.tax_status)
                and rule.tax_profile in (None, subject.tax_profile)
                and is_valid(rule.valid_from, rule.valid_to, date)
            ):
                return rule
        return None


def is_valid(valid_from: str, valid_to: str | None, date: str) -> bool:
    """Tell whether a day lies in a span; the last day (None: none) belongs to it."""
    return valid_from <= date and (valid_to is None or date <= valid_to)


def _ranked_rules(rules: Iterable[TaxRule]) -> list[TaxRule]:
    """Return rules in the order in which the first that holds is the right one."""
    ranked = sorted(rules, key=lambda one: one.becomes)
    ranked.sort(
        key=lambda one: (
            one.tax_profile is not None,
            one.tax_status is not None,
            one.tax_category is not None,
            one.valid_from,
        ),
        reverse=True,
    )
    return ranked


def _goods(masters: Masters) -> tuple[dict[str, Goods], dict[str, Unit]]:
    groups = {one.id: one for one in masters.product_groups}
    uoms = {one.id: one for one in masters.product_uoms}
    of_product: dict[str, list[ProductUom]] = {}
    for uom in uoms.values():
        of_product.setdefault(uom.product_id, []).append(uom)
    goods = {
        one.id: Goods(one, base_unit(one, of_product.get(one.id, [])), groups)
        for one in masters.products
    }
    units = {
        uom.id: Unit(uom, goods[uom.product_id]) for uom in uoms.values() if uom.product_id in goods
    }
    return goods, units


def _prices(
    prices: Iterable[Price], units: dict[str, Unit]
) -> dict[str, dict[str, tuple[Price, ...]]]:
    found: dict[str, dict[str, tuple[Price, ...]]] = {}
    for price in prices:
        unit = units.get(price.uom_id)
        if unit is None or unit.uom.product_id != price.product_id:
            continue
        of_list = found.setdefault(price.price_list_id, {})
        of_list[unit.uom.id] = (*of_list.get(unit.uom.id, ()), price)
    for of_list in found.values():
        for uom_id, rows in of_list.items():
            if len(rows) > 1:
                of_list[uom_id] = _in_order(rows)
    return found


def _in_order(rows: tuple[Price, ...]) -> tuple[Price, ...]:
    """Return prices in the order in which the first that holds is the right one.

    The greatest quantity, then the newest. Two that are equal in both are a slip in the list: the
    customer gets the lower.
    """
    ordered = sorted(rows, key=lambda row: row.price)
    ordered.sort(key=lambda row: row.valid_from, reverse=True)
    ordered.sort(key=lambda row: row.min_qty or 0, reverse=True)
    return tuple(ordered)


def _discounts(
    discounts: Iterable[CustomerDiscount],
) -> dict[tuple[str, str], Discounts]:
    found: dict[tuple[str, str], Discounts] = {}
    for one in discounts:
        if one.percent_bp is None and one.price is None:
            continue
        of_subject = found.setdefault((one.subject_kind, one.subject_id), {})
        of_subject.setdefault(one.key, []).append(one)
    return found


def _ranked(promotions: Iterable[Promotion]) -> list[RankedPromotion]:
    ordered = sorted(promotions, key=lambda one: (_stage(one), -one.priority, one.code, one.id))
    return [RankedPromotion(one, position) for position, one in enumerate(ordered)]


def _promotions_on(
    promotions: Sequence[RankedPromotion], goods: Iterable[Goods]
) -> dict[str, tuple[int, ...]]:
    """Return the positions of the promotions on each product."""
    by_key: dict[ObjectKey, list[int]] = {}
    for ranked in promotions:
        for key in ranked.include or (EVERYTHING,):
            by_key.setdefault(key, []).append(ranked.position)
    excluding = [ranked for ranked in promotions if ranked.exclude]
    found = {}
    for one in goods:
        positions: set[int] = set()
        for key in one.keys:
            positions.update(by_key.get(key, ()))
        for ranked in excluding:
            if not ranked.exclude.isdisjoint(one.keys):
                positions.discard(ranked.position)
        found[one.product.id] = tuple(sorted(positions))
    return found


def _stage(promotion: Promotion) -> int:
    if promotion.kind == "points":
        return 2
    return 1 if promotion.kind in BASKET_KINDS else 0


def _tiers(promotion: Promotion) -> tuple[Tier, ...]:
    found: dict[int, Tier] = {}
    for tier in sorted(
        promotion.tiers or (), key=lambda one: (one.from_, one.value or 0, one.gift_qty or 0)
    ):
        if promotion.kind in GIFT_KINDS:
            usable = bool(tier.from_ and tier.gift_qty)
            if promotion.kind == "free_goods_inclusive":
                # A gift as large as what was ordered would leave nothing to be paid.
                usable = usable and (tier.gift_qty or 0) < tier.from_
        else:
            anything = promotion.tier_mode != "repeat" and promotion.kind != "bundle_percent"
            usable = tier.value is not None and (anything or bool(tier.from_))
            if promotion.kind.endswith("_percent") and (tier.value or 0) > WHOLE_BP:
                tier = msgspec.structs.replace(tier, value=WHOLE_BP)
        if usable:
            found[tier.from_] = tier
    return tuple(found.values())
