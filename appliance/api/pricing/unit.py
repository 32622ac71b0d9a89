"""A unit of a product with everything that a line in it needs, worked out once for a book."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api.pricing.customer_discounts import ObjectKey
from appliance.api.pricing.goods import Product, ProductGroup, ProductUom


class Goods:
    """A product with the names that discounts and promotions may know it by.

    Attributes:
        product: the master.
        base: its base unit; None where it has none.
        objects: what discounts may be on that are on it, those of one specificity together and
            the most specific first: the product, its groups and those above them by their depth
            in the tree, its brand, everything.
        keys: the same without order.
    """

    __slots__ = ("base", "keys", "objects", "product")

    def __init__(
        self,
        product: Product,
        base: ProductUom | None,
        groups: Mapping[str, ProductGroup],
    ) -> None:
        self.product = product
        self.base = base
        levels = _levels(product.group_ids or (), groups)
        brand = () if product.brand is None else (product.brand,)
        self.objects: tuple[tuple[ObjectKey, ...], ...] = (
            (("product", product.id),),
            *(tuple(("group", group) for group in level) for level in levels),
            *((("brand", one),) for one in brand),
            (("all", None),),
        )
        self.keys = frozenset(key for level in self.objects for key in level)


class Unit:
    """A unit of a product.

    Attributes:
        uom: the master.
        goods: the product.
        num, den: one of it is num / den base units; 1 / 1 for the base unit itself.
        is_base: whether it is the base unit.
        weight, volume: of one unit, as a fraction of whole numbers: grams, cubic centimetres.
    """

    __slots__ = ("den", "goods", "is_base", "num", "uom", "volume", "weight")

    def __init__(self, uom: ProductUom, goods: Goods) -> None:
        self.uom = uom
        self.goods = goods
        base = goods.base
        self.is_base = base is not None and base.id == uom.id
        self.num = 1 if self.is_base else uom.factor_num
        self.den = 1 if self.is_base else uom.factor_den
        self.weight = self._measure(uom.gross_g, None if base is None else base.gross_g)
        self.volume = self._measure(uom.volume_cm3, None if base is None else base.volume_cm3)

    def _measure(self, own: int | None, of_base: int | None) -> tuple[int, int]:
        if own is not None:
            return own, 1
        return (of_base or 0) * self.num, self.den


def base_unit(product: Product, uoms: list[ProductUom]) -> ProductUom | None:
    """Choose the base unit among a product's units.

    The one whose code is the product's `base_uom`, else the one that is marked; of several the
    one with the smallest id. None where there is neither: prices are not converted then.
    """
    named = [uom for uom in uoms if uom.uom_code == product.base_uom]
    marked = [uom for uom in uoms if uom.is_base]
    return min(named or marked, key=lambda uom: uom.id, default=None)


def _levels(
    own: tuple[str, ...], groups: Mapping[str, ProductGroup]
) -> tuple[tuple[str, ...], ...]:
    """Return groups and all above them by depth, the deepest first.

    A group that is above itself, or whose parent is not known, counts as a root.
    """
    depths: dict[str, int] = {}
    for start in own:
        way: list[str] = []
        here: str | None = start
        while here is not None and here not in way:
            way.append(here)
            group = groups.get(here)
            here = None if group is None else group.parent_id
        for depth, name in enumerate(reversed(way)):
            depths[name] = max(depth, depths.get(name, 0))
    by_depth: dict[int, list[str]] = {}
    for name, depth in depths.items():
        by_depth.setdefault(depth, []).append(name)
    return tuple(tuple(by_depth[depth]) for depth in sorted(by_depth, reverse=True))
