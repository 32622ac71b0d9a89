"""What is sold: groups, products, their units, and what each costs.

Nothing in it can be taken for the real thing: GTINs begin with 290, of the prefixes that GS1 keeps
for use inside a shop (GS1 General Specifications, section 1.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from appliance.api import Write, rdiv
from appliance_master_data.demo.goods import FAMILIES
from appliance_master_data.demo.goods.family import QUOTES, Family, Names, Pack
from appliance_master_data.demo.plan import Plan
from appliance_master_data.gtin import check_digit

_BRANDS, _VARIANTS, _PACKS = 12, 5, 4
"""What every family has; together they are more products than the largest company sells."""

_STEP = 37
"""Has no divisor with the number of a family's products in common, so that each is met once."""

_FAMILIES, _BRAND_GROUPS, _VARIANT_GROUPS = 100, 1_000, 10_000
"""Where numbers of groups of each level begin; those of departments begin with 0."""

PIECE, KILOGRAM, BOX = "PCE", "KGM", "XBX"
_PIECE: Names = ("шт", "дана", "dona", "бр.", "pcs")
_KILOGRAM: Names = ("кг", "кг", "kg", "кг", "kg")
_BOX: Names = ("кор", "қорап", "quti", "каш.", "box")
_TAX_PAID_RETAIL = 128
"""Percent of the wholesale price that a shop is recommended to ask."""


class Product(NamedTuple):
    """A product, before it is written down.

    Attributes:
        number: of its record.
        family, brand, pack: what it is.
        names: without brand and pack.
        group: the number of its group.
        kopecks: wholesale price of its base unit.
    """

    number: int
    family: Family
    brand: str
    pack: Pack
    names: Names
    group: int
    kopecks: int


class Catalogue:
    """The products of a plan, by their numbers."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        count = plan.size.families
        self._families = [FAMILIES[n * len(FAMILIES) // count] for n in range(count)]
        self._departments = list(dict.fromkeys(family.department for family in self._families))
        spare = max(0, plan.size.groups - len(self._departments) - count)
        self._brand_groups = min(spare, count * _BRANDS)
        self._variant_groups = spare - self._brand_groups
        self._factors = [
            (
                [80 + n % 50 for n in plan.numbers(f"brands/{place}", _BRANDS)],
                [95 + n % 16 for n in plan.numbers(f"variants/{place}", _VARIANTS)],
            )
            for place in range(count)
        ]

    def product(self, number: int) -> Product:
        """Return a product by its number."""
        count = len(self._families)
        turn, place = divmod(number, count)
        family = self._families[place]
        which = (turn * _STEP + place * 7) % (_BRANDS * _VARIANTS * _PACKS)
        brand, rest = which % _BRANDS, which // _BRANDS
        variant, pack = rest % _VARIANTS, family.packs[rest // _VARIANTS]
        brands, variants = self._factors[place]
        kopecks = rdiv(pack.kopecks * brands[brand] * variants[variant], 100_000) * 10
        return Product(
            number,
            family,
            family.brands[brand],
            pack,
            family.variants[variant],
            self._group(place, brand, variant),
            kopecks,
        )

    def _group(self, family: int, brand: int, variant: int) -> int:
        count = len(self._families)
        if (variant * _BRANDS + brand) * count + family < self._variant_groups:
            return _VARIANT_GROUPS + (family * _BRANDS + brand) * _VARIANTS + variant
        if brand * count + family < self._brand_groups:
            return _BRAND_GROUPS + family * _BRANDS + brand
        return _FAMILIES + family

    @cached_property
    def kopecks(self) -> list[int]:
        """The wholesale price of every product."""
        return [self.product(number).kopecks for number in range(self._plan.size.products)]

    def groups(self) -> Iterator[Write]:
        """Yield the tree of groups: departments, families, brands, and kinds of a brand's goods."""
        plan, count = self._plan, len(self._families)
        for number, name in enumerate(self._departments):
            yield self._group_record(number, None, plan.text(name), number)
        for place, family in enumerate(self._families):
            department = self._departments.index(family.department)
            yield self._group_record(_FAMILIES + place, department, plan.text(family.name), place)
        for place in range(self._brand_groups):
            brand, family_place = divmod(place, count)
            yield self._group_record(
                _BRAND_GROUPS + family_place * _BRANDS + brand,
                _FAMILIES + family_place,
                self._families[family_place].brands[brand],
                brand,
            )
        for place in range(self._variant_groups):
            which, family_place = divmod(place, count)
            variant, brand = divmod(which, _BRANDS)
            yield self._group_record(
                _VARIANT_GROUPS + (family_place * _BRANDS + brand) * _VARIANTS + variant,
                _BRAND_GROUPS + family_place * _BRANDS + brand,
                plan.text(self._families[family_place].variants[variant]),
                variant,
            )

    def _group_record(
        self, number: int, parent: int | None, name: str | dict[str, str], sort: int
    ) -> Write:
        return self._plan.put(
            "product_groups",
            number,
            tree="acc",
            parent_id=None if parent is None else self._plan.id("product_groups", parent),
            name=name,
            sort=sort + 1,
        )

    def records(self, number: int) -> Iterator[Write]:
        """Yield a product and its units."""
        plan, one = self._plan, self.product(number)
        family, pack = one.family, one.pack
        names = tuple(
            f"{name} {QUOTES[place].format(one.brand)}{pack.text(place)}"
            for place, name in enumerate(one.names)
        )
        alone = len({branch.country.currency for branch in plan.branches}) == 1
        country = plan.branches[0].country
        yield plan.put(
            "products",
            number,
            code=product_code(number),
            article=f"{one.brand[:2].upper()}-{number + 1:05}",
            name=plan.text(names),
            brand=one.brand,
            group_ids=[plan.id("product_groups", one.group)],
            base_uom=KILOGRAM if pack.by_weight else PIECE,
            tax_category=family.tax,
            regulation=family.regulation or None,
            kind="goods",
            shelf_life_days=family.days or None,
            batch_tracked=True if 0 < family.days <= 45 else None,
            marked=True if family.regulation == "tobacco" else None,
            # In the currency of the price lists: a company with several has none for all of them.
            rrp=country.price(one.kopecks, _TAX_PAID_RETAIL) if alone else None,
            sort=number + 1,
            active=True,
        )
        if alone:
            yield plan.put(
                "product_floors",
                number,
                product_id=plan.id("products", number),
                min_price=country.price(one.kopecks, 88),
            )
        yield from self._units(one)

    def _units(self, one: Product) -> Iterator[Write]:
        plan, pack = self._plan, one.pack
        gtin = gtin13(plan.seed, one.number)
        product = plan.id("products", one.number)
        common = {"product_id": product, "factor_den": 1, "is_order_unit": True}
        yield plan.put(
            "product_uoms",
            2 * one.number,
            **common,
            uom_code=KILOGRAM if pack.by_weight else PIECE,
            name=plan.text(_KILOGRAM if pack.by_weight else _PIECE),
            factor_num=1,
            gtin=gtin,
            is_price_unit=True,
            is_base=True,
            net_g=pack.net_g,
            gross_g=rdiv(pack.net_g * 108, 100),
            volume_cm3=rdiv(pack.net_g * 13, 10),
            order_multiple=100 if pack.by_weight else None,
        )
        yield plan.put(
            "product_uoms",
            2 * one.number + 1,
            **common,
            uom_code=BOX,
            name=plan.text(_BOX),
            factor_num=pack.box,
            gtin=gtin14(gtin),
            is_base=False,
            net_g=pack.net_g * pack.box,
            gross_g=rdiv(pack.net_g * pack.box * 112, 100),
            volume_cm3=rdiv(pack.net_g * pack.box * 14, 10),
        )


def product_code(number: int) -> str:
    """Return the code of a product."""
    return f"VB{number + 1:05}"


def gtin13(seed: int, number: int) -> str:
    """Return the GTIN-13 of a product: prefix 290, three digits of the seed, six of the number."""
    digits = f"290{seed % 1_000:03}{number:06}"
    return f"{digits}{check_digit(digits)}"


def gtin14(gtin: str) -> str:
    """Return the GTIN-14 of a box of something with a GTIN-13: indicator 1, a check digit anew."""
    digits = f"1{gtin[:-1]}"
    return f"{digits}{check_digit(digits)}"
