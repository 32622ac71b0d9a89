"""Random masters, terms and documents: small worlds in which rules meet one another often.

A world comes from a seed. Strategies of hypothesis prefer what is small and empty, where few
promotions are reached; these draw evenly.
"""

from __future__ import annotations

import random
from typing import Any

from pricing_company import DAY

Record = dict[str, Any]
PRODUCTS = ("a", "b", "c")
GROUPS = ("g1", "g2", "g3", "g4")
LISTS = ("l1", "l2", "l3")
BRANDS = ("Dacha", "Sever")
MODES = ("whole", "marginal", "repeat")
KINDS = (
    "line_percent",
    "line_amount",
    "fixed_price",
    "free_goods_inclusive",
    "free_goods_exclusive",
    "bundle_percent",
    "basket_percent",
    "basket_amount",
    "points",
)
SPANS = (
    {"valid_from": "2026-01-01", "valid_to": "2026-12-31"},
    {"valid_from": DAY, "valid_to": DAY},
    {"valid_from": "2026-03-01", "valid_to": "2026-11-23"},
    {"valid_from": "2026-11-25", "valid_to": "2027-12-31"},
)
NAMES: tuple[Record, ...] = (
    *({"kind": "product", "id": one} for one in PRODUCTS),
    *({"kind": "group", "id": one} for one in GROUPS),
    *({"kind": "brand", "id": one} for one in BRANDS),
    {"kind": "all"},
)
OPEN_SPANS = (*SPANS, {"valid_from": "2026-02-01"}, {"valid_from": "2026-02-01", "valid_to": None})
TREES: tuple[list[Record], ...] = (
    [{"id": "g1"}, {"id": "g2", "parent_id": "g1"}, {"id": "g3", "parent_id": "g2"}],
    [{"id": "g1"}, {"id": "g2"}, {"id": "g3", "parent_id": "g1"}, {"id": "g4"}],
    [{"id": "g1", "parent_id": "g2"}, {"id": "g2", "parent_id": "g1"}],
    [],
)
AUDIENCES: tuple[Record | None, ...] = (
    {},
    {"orgs": ["company"], "segments": ["nobody"]},
    {"orgs": ["elsewhere"], "segments": ["shop"]},
    {"outlets": ["outlet"], "segments": ["nobody"]},
    {"orgs": ["elsewhere"], "segments": ["nobody"], "outlets": ["another"]},
    {"exclude": ["outlet"], "segments": ["shop"]},
    {"exclude": ["another"]},
)


class World:
    """Everything that documents of one seed are made of."""

    def __init__(self, seed: int, kind: str = "line_percent", mode: str = "whole") -> None:
        """Draw masters, terms and lines.

        Args:
            seed: the same gives the same.
            kind, mode: of the first promotion.
        """
        self._random = random.Random(seed)
        self.masters = self._masters(kind, mode)
        self.terms = self._terms()
        self.lines = self._lines()

    def one_of(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def mostly(self, usual: Any, *others: Any, times: int = 9) -> Any:
        """The usual, in one of `times` + 1 cases one of the others."""
        return usual if self._random.randrange(times + 1) else self._random.choice(others)

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def price(self) -> int:
        return int(self.one_of(0, 1, 9_999, 100_100, 999_900, 1_299_000, self.number(1, 3_000_000)))

    def bp(self) -> int:
        return int(self.one_of(0, 1, 333, 500, 1_000, 2_550, 10_000, self.number(1, 6_000)))

    def span(self) -> Record:
        return dict(self.mostly(OPEN_SPANS[0], *OPEN_SPANS, times=5))

    def _masters(self, kind: str, mode: str) -> Record:
        count = self.number(0, 4)
        wanted = [(kind, mode)] + [(self.one_of(*KINDS), self.one_of(*MODES)) for _ in range(count)]
        return {
            "price_lists": self._price_lists(),
            "prices": self._prices(),
            "products": [self._product(name) for name in PRODUCTS],
            "product_groups": self.one_of(*TREES),
            "product_uoms": [uom for name in PRODUCTS for uom in self._uoms(name)],
            "customer_discounts": [self._discount(n) for n in range(self.number(0, 4))],
            "promotions": [self._promotion(n, *one) for n, one in enumerate(wanted)],
            "tax_rates": [
                self._rate("t1", 2_000),
                self._rate("t1", 2_200, valid_from="2026-11-24"),
                self._rate("t2", 1_000),
                self._rate("t2", 1_100, valid_to="2026-01-01"),
            ],
            "tax_rules": [self._rule() for _ in range(self.mostly(0, 1, 2, 4, times=2))],
        }

    def _rate(self, category: str, rate: int, **more: Any) -> Record:
        named = {"country": "RU", "tax_category": category, "rate_bp": rate}
        return named | {"valid_from": "2019-01-01"} | more

    def _rule(self) -> Record:
        return {
            "country": self.mostly("RU", "KZ"),
            "becomes": self.one_of("t1", "t2", "t3"),
            "tax_profile": self.one_of(None, None, "pharmacy", "other"),
            "tax_status": self.one_of(None, "export", "non_payer"),
            "tax_category": self.one_of(None, "t1", "t2"),
            **self.span(),
        }

    def _price_lists(self) -> list[Record]:
        included = self.one_of(True, False)
        return [
            {
                "id": name,
                "currency": self.mostly("RUB", "EUR", times=20),
                "tax_included": included != self.mostly(False, True, times=10),
                "parent_id": self.one_of(None, "l1", *LISTS),
                "markup_bp": self.one_of(None, -10_000, -1_500, 0, 333, 1_250),
                "org_ids": self.mostly(None, [], ["company"], ["other"]),
            }
            for name in LISTS
        ]

    def _prices(self) -> list[Record]:
        found = []
        usual = [("l1", name, "base") for name in PRODUCTS]
        count = self.number(0, 8)
        others = [
            (self.one_of(*LISTS), self.one_of(*PRODUCTS), self.one_of("base", "case"))
            for _ in range(count)
        ]
        for place, (list_id, product, unit) in enumerate(usual + others):
            found.append(
                {
                    "price_list_id": list_id,
                    "product_id": self.mostly(product, "a", times=30),
                    "uom_id": f"{product}-{unit}",
                    "price": self.price(),
                    "min_qty": 0 if place < len(usual) else self.one_of(None, 0, 1_000, 10_000),
                    **(SPANS[0] if place < len(usual) else self.span()),
                }
            )
        return found

    def _product(self, name: str) -> Record:
        return {
            "id": name,
            "code": name.upper(),
            "base_uom": self.mostly("PCE", "KGM"),
            "tax_category": self.mostly(self.one_of("t1", "t2"), "t3"),
            "group_ids": self._random.sample(GROUPS, self.number(0, 2)),
            "brand": self.one_of(None, *BRANDS),
            "min_price": self.one_of(None, None, 500_000),
        }

    def _uoms(self, product: str) -> list[Record]:
        num, den = self.one_of((12, 1), (6, 1), (1, 3), (5, 2), (1, 1))
        return [
            {
                "id": f"{product}-base",
                "product_id": product,
                "uom_code": "PCE",
                "factor_num": 1,
                "factor_den": 1,
                "is_base": self.one_of(None, True),
                "gross_g": self.one_of(None, 450, self.number(1, 2_000)),
                "volume_cm3": self.one_of(None, self.number(1, 2_000)),
            },
            {
                "id": f"{product}-case",
                "product_id": product,
                "uom_code": "CS",
                "factor_num": num,
                "factor_den": den,
                "gross_g": self.one_of(None, self.number(1, 20_000)),
                "order_multiple": self.one_of(None, 0, 1_000, 500),
                "min_order": self.one_of(None, 0, 2_000),
            },
        ]

    def _discount(self, number: int) -> Record:
        subject, subject_id = self.one_of(
            ("outlet", "outlet"),
            ("party", "party"),
            ("group", "holding"),
            ("segment", "shop"),
            ("segment", "nobody"),
        )
        kind = self.one_of("product", "group", "brand", "all")
        objects = {"product": PRODUCTS, "group": GROUPS, "brand": BRANDS, "all": (None, "a")}
        what = self.one_of("percent", "percent", "price", "both", "nothing")
        return {
            "id": f"d{number}",
            "subject_kind": subject,
            "subject_id": subject_id,
            "object_kind": kind,
            "object_id": self.one_of(*objects[kind]),
            "percent_bp": self.bp() if what in ("percent", "both") else None,
            "price": self.price() if what in ("price", "both") else None,
            **self.span(),
        }

    def _promotion(self, number: int, kind: str, mode: str) -> Record:
        count = self.number(1, 3)
        return {
            "id": f"p{number}",
            "code": self.one_of("A", "B", "C"),
            "kind": kind,
            "tier_mode": mode,
            "stacking": self.mostly("stackable", "exclusive", times=3),
            "priority": self.number(0, 2),
            "org_id": self.mostly(None, "company", "elsewhere"),
            "tiers": [self._tier(kind) for _ in range(count)],
            "audience": self.mostly(None, *AUDIENCES, times=4),
            "products": self._choice(kind),
            "budget_minor": self.mostly(None, 0, 1_000, 20_000, times=3),
            "max_per_outlet": self.mostly(None, 0, 1, 2_000, times=3),
            "needs_proof": self.one_of(None, None, False, True),
            **self.mostly(SPANS[0], *SPANS),
        }

    def _tier(self, kind: str) -> Record:
        of_money = kind in ("basket_percent", "basket_amount", "points")
        starts = (0, 1, 1_000, 10_000, 50_000) if of_money else (0, 500, 1_000, 2_000, 10_000)
        return {
            "from": self.one_of(*starts),
            "value": self.mostly(self.price() if kind == "fixed_price" else self.bp(), None),
            "gift_product_id": self.mostly(None, "a", "z", times=4),
            "gift_qty": self.mostly(self.one_of(250, 500, 1_000), None),
        }

    def _choice(self, kind: str) -> Record | None:
        if kind == "bundle_percent":
            some = self._random.choices(NAMES, k=self.number(0, 3))
            two = [{"kind": "product", "id": one} for one in self._random.sample(PRODUCTS, 2)]
            include = self.mostly(two, some, times=1)
            return {"include": include, "exclude": self.mostly(None, [NAMES[2]])}
        choices: tuple[Record, ...] = (
            {"include": [NAMES[0], {"kind": "group", "id": "g2"}], "exclude": None},
            {"include": [{"kind": "brand", "id": "Dacha"}], "exclude": [NAMES[1]]},
            {"include": [], "exclude": [{"kind": "group", "id": "g1"}]},
            {"include": [{"kind": "all", "id": "x"}]},
            {"include": None},
        )
        return self.one_of(None, None, *choices)  # type: ignore[no-any-return]

    def _terms(self) -> Record:
        def named(*usual: str | None) -> Any:
            return self.mostly(self.one_of(*usual), "l2", "l3", "unknown", times=12)

        return {
            "pricing_date": DAY,
            "tax_date": self.one_of(None, None, "2026-11-23"),
            "payment_form": self.one_of("bank", "cash"),
            "kind": self.one_of("request", "fact"),
            "manual_limit_bp": self.one_of(0, 500),
            "proofs": self.one_of([], ["p0", "p1"]),
            "uses": [
                {
                    "promotion_id": f"p{number}",
                    "spent_minor": self.number(0, 15_000),
                    "outlet_used": self.number(0, 1_500),
                }
                for number in range(self.number(0, 3))
            ],
            "subject": {
                "outlet_id": self.mostly("outlet", None),
                "party_id": self.mostly("party", None),
                "group_ids": self.mostly(["holding"], []),
                "segments": self.mostly(["shop"], []),
                "org_ids": ["branch", "company"],
                "tax_status": self.one_of(None, "export", "non_payer"),
                "tax_profile": self.one_of(None, "pharmacy"),
                "outlet_price_list_id": named(None),
                "contract_price_list_id": named(None, None, None, "l2"),
                "branch_price_list_id": self.mostly("l1", "l2", None, times=20),
            },
            "branch": {
                "country": "RU",
                "currency": "RUB",
                "currency_exponent": self.mostly(2, 0, 3, 4, times=3),
                "tax_rounding": self.one_of("per_line", "per_category"),
                "discounts": self.one_of("multiplicative", "additive"),
                "cash_round_minor": self.one_of(1, 5, 100),
                "min_order_minor": self.one_of(0, 0, 10_000),
            },
        }

    def _lines(self) -> list[Record]:
        found = []
        back = self.mostly(1, -1, times=3)
        for number in self._random.sample(range(1, 20), self.number(1, 6)):
            product = self.one_of(*PRODUCTS)
            uom = f"{product}-{self.one_of('base', 'base', 'case')}"
            wrong = (("z", uom), (product, "z"), ("a", "b-base"))
            product, uom = self.mostly((product, uom), *wrong, times=30)
            quantity = self.one_of(1, 500, 1_000, 3_000, 12_000, 1_255, self.number(0, 60_000))
            found.append(
                {
                    "line_no": number,
                    "product_id": product,
                    "uom_id": uom,
                    "qty": quantity * back * self.mostly(1, -1, times=7),
                    "manual_bp": self.mostly(0, 300, 2_000, 10_000, times=3),
                }
            )
        return found
