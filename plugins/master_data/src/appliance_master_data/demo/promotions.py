"""Promotions: every kind there is, some running, some over, some to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from appliance.api import Write
from appliance_master_data.demo.catalogue import Catalogue
from appliance_master_data.demo.goods.family import Names
from appliance_master_data.demo.organisation import WHOLESALE
from appliance_master_data.demo.people import org_id
from appliance_master_data.demo.plan import Branch, Plan
from appliance_master_data.demo.pricing import Pricing

_OF_BRANCH = 1_000
"""Numbers for the promotions of one branch."""


class _Offer(NamedTuple):
    """One promotion before it is written down.

    Attributes:
        kind, mode, stacking: as in `promotions`.
        name: of it.
        tiers: from and value of each; what they count in is decided by the kind.
        days: first and last day, counted from the plan's.
        segment: whom it is for; "" for all.
    """

    kind: str
    mode: str
    stacking: str
    name: Names
    tiers: tuple[tuple[int, int], ...]
    days: tuple[int, int]
    segment: str = ""


_PERCENT: Names = (
    "Скидка на бренд",
    "Брендке жеңілдік",
    "Brendga chegirma",
    "Отстъпка за марка",
    "Brand discount",
)
_AMOUNT: Names = (
    "Минус с каждой штуки",
    "Әр данадан жеңілдік",
    "Har donadan chegirma",
    "По-малко за брой",
    "Money off each",
)
_FIXED: Names = (
    "Цена недели",
    "Апта бағасы",
    "Hafta narxi",
    "Цена на седмицата",
    "Price of the week",
)
_GIFT: Names = (
    "Двенадцатая в подарок",
    "Он екіншісі сыйға",
    "Oʻn ikkinchisi sovgʻa",
    "Дванадесетият подарък",
    "Twelfth one free",
)
_INSIDE: Names = (
    "Одна из десяти бесплатно",
    "Оннан біреуі тегін",
    "Oʻntadan biri bepul",
    "Един от десет безплатно",
    "One in ten free",
)
_BUNDLE: Names = (
    "Вместе дешевле",
    "Бірге арзан",
    "Birga arzonroq",
    "Заедно по-евтино",
    "Cheaper together",
)
_BASKET: Names = (
    "Скидка за сумму заказа",
    "Тапсырыс сомасына жеңілдік",
    "Buyurtma summasiga chegirma",
    "Отстъпка за стойност на поръчката",
    "Discount on the order",
)
_BONUS: Names = (
    "Подарочная сумма",
    "Сыйлық сома",
    "Sovgʻa summa",
    "Подаръчна сума",
    "Money back on the order",
)
_POINTS: Names = (
    "Баллы партнёра",
    "Серіктес ұпайлары",
    "Hamkor ballari",
    "Партньорски точки",
    "Points",
)

_OFFERS: tuple[_Offer, ...] = (
    _Offer("line_percent", "whole", "stackable", _PERCENT, ((0, 500),), (-20, 25)),
    _Offer("line_percent", "whole", "exclusive", _PERCENT, ((24, 300), (96, 700)), (-10, 40)),
    _Offer("line_percent", "marginal", "stackable", _PERCENT, ((0, 0), (48, 400)), (-40, 10), "A"),
    _Offer("line_percent", "whole", "stackable", _PERCENT, ((0, 1_000),), (-90, -30)),
    _Offer("line_percent", "whole", "stackable", _PERCENT, ((0, 800),), (14, 45)),
    _Offer("line_amount", "whole", "stackable", _AMOUNT, ((12, 3),), (-15, 30)),
    _Offer("line_amount", "repeat", "exclusive", _AMOUNT, ((6, 5),), (-5, 9), "horeca"),
    _Offer("fixed_price", "whole", "exclusive", _FIXED, ((0, 85),), (-3, 4)),
    _Offer("fixed_price", "whole", "exclusive", _FIXED, ((0, 88),), (4, 11)),
    _Offer("free_goods_inclusive", "repeat", "stackable", _INSIDE, ((10, 1),), (-30, 30)),
    _Offer("free_goods_exclusive", "repeat", "stackable", _GIFT, ((12, 1),), (-30, 30)),
    _Offer("free_goods_exclusive", "whole", "exclusive", _GIFT, ((48, 6),), (-60, -1)),
    _Offer("bundle_percent", "whole", "stackable", _BUNDLE, ((1, 600),), (-10, 50)),
    _Offer(
        "basket_percent", "whole", "stackable", _BASKET, ((10_000, 100), (50_000, 300)), (-60, 60)
    ),
    _Offer("basket_percent", "whole", "stackable", _BASKET, ((20_000, 200),), (-20, 20), "chain"),
    _Offer("basket_amount", "repeat", "stackable", _BONUS, ((30_000, 500),), (-10, 20)),
    _Offer("points", "repeat", "stackable", _POINTS, ((1_000, 10),), (-200, 165)),
)
"""What each branch offers. Money is in the demo's own: roubles, or percent of the price of the
first product for a fixed price and for an amount off."""


class Promotions:
    """The promotions of a plan."""

    def __init__(self, plan: Plan, catalogue: Catalogue, pricing: Pricing) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._pricing = pricing

    def records(self, number: int) -> Iterator[Write]:
        """Yield the promotions of a branch."""
        branch = self._plan.branches[number]
        for place, offer in enumerate(_OFFERS):
            yield self._promotion(branch, place, offer)

    def _promotion(self, branch: Branch, place: int, offer: _Offer) -> Write:
        plan = self._plan
        dice = plan.dice(f"promotion/{branch.number}/{place}")
        most = min(plan.size.products, 200)
        products = [dice.below(most) for _ in range(3)]
        many = len(plan.branches) > 1
        brand = self._catalogue.product(products[0]).brand
        named = offer.name
        if offer.kind == "line_percent":
            named = tuple(f"{text} {brand}" for text in offer.name)
        return plan.put(
            "promotions",
            branch.number * _OF_BRANCH + place,
            code=f"{branch.code}-{place + 1:02}",
            name=plan.text(named),
            kind=offer.kind,
            org_id=org_id(plan, branch) if many else None,
            audience={"segments": [offer.segment]} if offer.segment else None,
            products=self._on(offer, brand, products),
            tiers=[self._tier(branch, offer, tier, products) for tier in offer.tiers],
            tier_mode=offer.mode,
            stacking=offer.stacking,
            priority=100 - place,
            budget_minor=branch.country.minor(300_000) if place % 4 == 1 else None,
            max_per_outlet=5 if offer.kind.startswith("free_goods") else None,
            valid_from=plan.date(offer.days[0]),
            valid_to=plan.date(offer.days[1]),
            needs_proof=True if place == 9 else None,
            program="partner" if offer.kind == "points" else None,
        )

    def _on(self, offer: _Offer, brand: str, products: Sequence[int]) -> dict[str, Any] | None:
        if offer.kind.startswith("basket") or offer.kind == "points":
            return None
        if offer.kind == "line_percent":
            return {"include": [{"kind": "brand", "id": brand}]}
        count = {"bundle_percent": 3, "line_amount": 2}.get(offer.kind, 1)
        chosen = dict.fromkeys(products[:count])
        product_id = self._plan.ids("products")
        return {"include": [{"kind": "product", "id": product_id(n)} for n in chosen]}

    def _tier(
        self, branch: Branch, offer: _Offer, tier: tuple[int, int], products: Sequence[int]
    ) -> dict[str, Any]:
        begins, value = tier
        minor = branch.country.minor
        price = self._pricing.prices(branch, WHOLESALE)[products[0]]
        step = branch.country.money[2]
        match offer.kind:
            case "free_goods_inclusive" | "free_goods_exclusive":
                gift = self._plan.id("products", products[0])
                return {
                    "from": begins * 1_000,
                    "gift_product_id": gift,
                    "gift_qty": value * 1_000,
                }
            case "basket_percent":
                return {"from": minor(begins), "value": value}
            case "basket_amount":
                return {"from": minor(begins), "value": minor(value)}
            case "points":
                return {"from": minor(begins), "value": value}
            case "fixed_price":
                return {
                    "from": begins * 1_000,
                    "value": price * value // 100 // step * step or step,
                }
            case "line_amount":
                # Minor units off each piece, from a price of 1/10 000.
                return {"from": begins * 1_000, "value": max(1, price * value // 10_000)}
            case _:
                return {"from": begins * 1_000, "value": value}
