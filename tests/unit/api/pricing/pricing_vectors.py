"""The cases of tests/vectors/pricing.json, and what writes that file from the reference.

    .venv/bin/python tests/unit/api/pricing/pricing_vectors.py

The expected figures are the reference's; the engine has no part in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pricing_company import DAY, YEAR, as_json, company, line, price, promotion, terms, tier, uom
from reference_pricing import reference

Record = dict[str, Any]
FILE = Path(__file__).parents[3] / "vectors" / "pricing.json"
AFTER = "2026-12-31"
ADDITIVE = {"discounts": "additive"}
PER_CATEGORY = {"tax_rounding": "per_category"}
JARS = [line(1, 5_000), line(2, 12_000), line(3, 30_000)]
"""Below the tiers of the cases, at the first, above the second."""

BASKET = [line(1, 3_000), line(2, 1_255, "tea"), line(3, 2_000, uom_id="case")]
CASES_AND_JARS = [line(1, 30_000), line(2, 2_000, uom_id="case")]


class Case(NamedTuple):
    """One document: what differs from the company, the terms, the lines."""

    name: str
    masters: Record
    terms: Record
    lines: list[Record]


def discount(record_id: str, subject: str, what: str, **more: Any) -> Record:
    """A record of `customer_discounts`: ``outlet:outlet``, ``group:sweets``."""
    subject_kind, subject_id = subject.split(":")
    object_kind, _, object_id = what.partition(":")
    return {
        "id": record_id,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "object_kind": object_kind,
        "object_id": object_id or None,
        "valid_from": "2026-01-01",
        **more,
    }


def percents(*found: tuple[str, str, str, int]) -> Record:
    return {
        "customer_discounts": [
            discount(one, subject, what, percent_bp=bp) for one, subject, what, bp in found
        ]
    }


def promoted(*found: Record) -> Record:
    return {"promotions": list(found)}


def on(kind: str, *ids: str) -> Record:
    return {"include": [{"kind": kind, "id": one} for one in ids]}


def kinds_and_modes() -> Iterator[Case]:
    """Every kind of promotion in every mode of tiers."""
    two_gifts = (tier(11_000, gift_qty=1_000), tier(24_000, gift_qty=3_000))
    quantities: dict[str, tuple[Record, ...]] = {
        "line_percent": (tier(12_000, 500), tier(24_000, 1_033)),
        "line_amount": (tier(12_000, 333), tier(24_000, 1_000)),
        "fixed_price": (tier(12_000, 950_000), tier(24_000, 899_999)),
        "free_goods_inclusive": two_gifts,
        "free_goods_exclusive": two_gifts,
        "bundle_percent": (tier(1_000, 500), tier(3_000, 1_000)),
        "basket_percent": (tier(50_000, 300), tier(100_000, 777)),
        "basket_amount": (tier(50_000, 1_000), tier(100_000, 3_333)),
        "points": (tier(50_000, 10), tier(100_000, 25)),
    }
    for kind, tiers in quantities.items():
        of_basket = kind.startswith("basket") or kind == "points"
        lines = BASKET if of_basket else JARS
        more = {}
        if kind == "bundle_percent":
            more = {"products": on("product", "jam", "tea")}
            lines = [line(1, 2_000), line(2, 4_500, "tea"), line(3, 2_500), line(4, 1_000)]
        for mode in ("whole", "marginal", "repeat"):
            made = promotion(kind, *tiers, mode=mode, **more)
            yield Case(f"{kind}, {mode}", promoted(made), terms(), lines)
            yield Case(
                f"{kind}, {mode}, comes back",
                promoted(made),
                terms(),
                [{**one, "qty": -one["qty"]} for one in lines],
            )


def prices() -> Iterator[Case]:
    """Lists, rows, units."""
    vip, cases = terms("vip"), [line(1, 2_000, uom_id="case")]
    yield Case("price of the list itself", {}, terms(), [line(1, 3_000)])
    yield Case("a case priced from jars", {}, terms(), cases)
    own = price("retail", "jam", "case", 11_500_000)
    yield Case("a price for the case goes before jars", {"prices": [own]}, terms(), cases)
    from_ten = price("retail", "jam", "case", 11_500_000, min_qty=10_000)
    yield Case("too few cases: priced from jars", {"prices": [from_ten]}, terms(), cases)
    breaks = [price("retail", "jam", "jar", 950_000, min_qty=24_000)]
    lines = [line(1, 23_999), line(2, 24_000), *[{**cases[0], "line_no": 3}]]
    yield Case("quantity breaks, reached by cases too", {"prices": breaks}, terms(), lines)
    newer = price("retail", "jam", "jar", 1_050_000, valid_from="2026-11-01")
    yield Case("the newest of two valid prices", {"prices": [newer]}, terms(), [line(1, 1_000)])
    gone = price("retail", "jam", "jar", 1, valid_from="2026-11-01", valid_to="2026-11-23")
    to_come = price("retail", "jam", "jar", 2, valid_from="2026-11-25")
    past = {"prices": [gone, to_come]}
    yield Case("prices of other days are not looked at", past, terms(), [line(1, 1_000)])
    yield Case("a parent's price with a markup", {}, vip, [line(1, 3_000), *cases])
    lists = [
        {"id": "a", "currency": "RUB", "tax_included": True, "parent_id": "b", "markup_bp": 333},
        {"id": "b", "currency": "RUB", "tax_included": True, "parent_id": "c", "markup_bp": -777},
        {"id": "c", "currency": "RUB", "tax_included": True},
    ]
    of_c = {"price_lists": lists, "prices": [price("c", "jam", "jar", 999_996)]}
    yield Case("three lists, rounded at each", of_c, terms("a"), [line(1, 3_000), *cases])
    ring = [{**lists[0], "parent_id": "a"}]
    yield Case("a list that is its own parent", {"price_lists": ring}, terms("a"), JARS[:1])
    euro = [lists[0], {**lists[1], "currency": "EUR"}]
    of_b = {"price_lists": euro, "prices": [price("b", "jam", "jar", 1)]}
    yield Case("a parent in another currency", of_b, terms("a"), JARS[:1])
    net = [lists[0], {**lists[1], "tax_included": False}]
    of_net = {"price_lists": net, "prices": [price("b", "jam", "jar", 1)]}
    yield Case("a parent without tax", of_net, terms("a"), JARS[:1])
    thirds = {
        "product_uoms": [uom("third", "jam", "3RD", 1, 3)],
        "prices": [price("retail", "jam", "jar", 1_000_001, valid_from="2026-02-01")],
    }
    yield Case("a unit of a third", thirds, terms(), [line(1, 7_000, uom_id="third")])
    yield Case("kilograms", {}, terms(), [line(1, 1_255, "tea"), line(2, 333, "tea")])
    bare = {"products": [{"id": "ice", "code": "ICE", "base_uom": "KGM", "tax_category": "x"}]}
    bare["product_uoms"] = [uom("ice-kg", "ice", "KGM")]
    yield Case("no price", bare, terms(), [line(1, 1_000, "ice", "ice-kg"), line(2, 1_000)])
    for place, source in enumerate(("outlet", "contract", "party", "route", "branch")):
        sources = ("outlet", "contract", "party", "route", "branch")[place:]
        subject = {f"{one}_price_list_id": "vip" for one in sources[1:]}
        named = terms(None, subject={**subject, f"{source}_price_list_id": "net"})
        yield Case(f"the list of the {source}", {}, named, JARS[:1])
    yield Case("a list that is not known", {}, terms("nowhere"), JARS[:1])
    yield Case("no list at all", {}, terms(None), JARS[:1])


def individual() -> Iterator[Case]:
    """Individual discounts: which of several."""
    lines = [line(1, 3_000)]
    ties = {
        "an outlet's goes before a party's": (
            ("a", "party:party", "product:jam", 2_000),
            ("b", "outlet:outlet", "all", 100),
        ),
        "a party's goes before a holding's": (
            ("a", "group:holding", "product:jam", 2_000),
            ("b", "party:party", "all", 100),
        ),
        "a holding's goes before a segment's": (
            ("a", "segment:shop", "product:jam", 2_000),
            ("b", "group:holding", "all", 100),
        ),
        "a product goes before its group": (
            ("a", "party:party", "group:sweets", 2_000),
            ("b", "party:party", "product:jam", 100),
        ),
        "the deepest group goes first": (
            ("a", "party:party", "group:food", 2_000),
            ("b", "party:party", "group:sweets", 100),
        ),
        "a group goes before a brand": (
            ("a", "party:party", "brand:Dacha", 2_000),
            ("b", "party:party", "group:food", 100),
        ),
        "a brand goes before everything": (
            ("a", "party:party", "all", 2_000),
            ("b", "party:party", "brand:Dacha", 100),
        ),
        "of equals the larger": (
            ("a", "party:party", "product:jam", 500),
            ("b", "party:party", "product:jam", 700),
        ),
        "of equal size the smaller id": (
            ("b", "party:party", "product:jam", 500),
            ("a", "party:party", "product:jam", 500),
        ),
        "others' are not looked at": (
            ("a", "party:another", "product:jam", 500),
            ("b", "segment:kiosk", "product:jam", 500),
            ("c", "party:party", "product:tea", 500),
        ),
    }
    for name, found in ties.items():
        yield Case(name, percents(*found), terms(), lines)
    fixed = discount("f", "party:party", "product:jam", price=910_000)
    pair = [line(1, 3_000), line(2, 1_000, uom_id="case")]
    yield Case("a fixed price, by jar and case", {"customer_discounts": [fixed]}, terms(), pair)
    percent = discount("p", "party:party", "product:jam", percent_bp=1_000)
    both = {"customer_discounts": [fixed, percent]}
    yield Case("of a price and a percentage the lower", both, terms(), lines)
    high = {"customer_discounts": [{**fixed, "price": 1_500_000}]}
    yield Case("a fixed price above the list's", high, terms(), lines)
    unpriced = {
        "prices": [],
        "price_lists": [{"id": "empty", "currency": "RUB", "tax_included": True}],
    }
    alone = {**unpriced, "customer_discounts": [fixed]}
    yield Case("a fixed price without a list price", alone, terms("empty"), lines)
    nothing = {**unpriced, "customer_discounts": [percent]}
    yield Case("a percentage of no price", nothing, terms("empty"), lines)
    old = {"customer_discounts": [{**percent, "valid_to": "2026-11-23"}]}
    yield Case("yesterday's discount", old, terms(), lines)
    last = {"customer_discounts": [{**percent, "valid_to": DAY}]}
    yield Case("a discount on its last day", last, terms(), lines)


def stacking() -> Iterator[Case]:
    """Several promotions, and what else lowers a price."""

    def off(record_id: str, bp: int, **more: Any) -> Record:
        fields = {"id": record_id, "code": record_id.upper(), **more}
        return promotion("line_percent", tier(0, bp), **fields)

    lines = [line(1, 3_000)]
    two = promoted(off("a", 1_000), off("b", 500))
    yield Case("two promotions, one after the other", two, terms(), lines)
    yield Case("two promotions, added", two, terms(branch=ADDITIVE), lines)
    first = promoted(off("a", 1_000, stacking="exclusive"), off("b", 500))
    yield Case("an exclusive one stops those after it", first, terms(), lines)
    second = promoted(off("a", 1_000), off("b", 500, stacking="exclusive"), off("c", 300))
    yield Case("an exclusive one joins those before it", second, terms(), lines)
    ranked = promoted(off("a", 1_000), off("b", 500, priority=9, stacking="exclusive"))
    yield Case("the greater priority goes first", ranked, terms(), lines)
    zero = promoted(off("a", 0, priority=9, stacking="exclusive"), off("b", 500))
    yield Case("an exclusive one of nothing stops too", zero, terms(), lines)
    missed = promotion("line_percent", tier(99_000, 100), stacking="exclusive", id="a", code="A")
    yield Case(
        "one that is not reached stops nothing",
        promoted(missed, *two["promotions"][1:]),
        terms(),
        lines,
    )
    much = promoted(off("a", 6_000), off("b", 7_000))
    yield Case("more than everything, added", much, terms(branch=ADDITIVE), lines)
    own = percents(("d", "party:party", "all", 1_000))
    mixed = {**own, **promoted(off("a", 500))}
    manual = [line(1, 3_000, manual_bp=300)]
    yield Case("individual, promotion, by hand", mixed, terms(manual_limit_bp=300), manual)
    yield Case("the same, added", mixed, terms(manual_limit_bp=300, branch=ADDITIVE), manual)
    yield Case("by hand over the limit", mixed, terms(manual_limit_bp=299), manual)
    fixed = promotion("fixed_price", tier(0, 900_000), priority=5)
    yield Case("a fixed price, then a percentage", promoted(fixed, off("b", 500)), terms(), manual)
    yield Case(
        "the same, where discounts are added",
        promoted(fixed, off("b", 500)),
        terms(branch=ADDITIVE),
        manual,
    )
    dear = promoted(
        {**fixed, "stacking": "exclusive", "tiers": [tier(0, 1_000_000)]}, off("b", 500)
    )
    yield Case("a fixed price that is not lower is none", dear, terms(), lines)
    cents = promotion("line_amount", tier(0, 33), priority=5)
    yield Case("an amount, then a percentage", promoted(cents, off("b", 500)), terms(), lines)
    more = promotion("line_amount", tier(0, 50_000))
    yield Case("an amount above the price", promoted(more), terms(), lines)
    slices = promotion("line_percent", tier(2_000, 1_000), mode="marginal", priority=5)
    yield Case(
        "slices, then a percentage: one rounding", promoted(slices, off("b", 333)), terms(), lines
    )


def baskets() -> Iterator[Case]:
    """Promotions on the basket, and how they are shared out."""

    def taken(record_id: str, kind: str, *tiers: Record, **more: Any) -> Record:
        return promotion(kind, *tiers, **{"id": record_id, "code": record_id.upper(), **more})

    ten = taken("a", "basket_percent", tier(0, 1_000))
    amount = taken("b", "basket_amount", tier(0, 1_000))
    cents = {
        "prices": [price("retail", "tea", "kg", 333_300, valid_from="2026-03-01")],
    }
    equal = [line(1, 1_000, "tea"), line(2, 1_000, "tea"), line(3, 1_000, "tea")]
    one = taken("a", "basket_amount", tier(0, 10))
    yield Case("ten kopecks over three equal lines", {**cents, **promoted(one)}, terms(), equal)
    yield Case("two baskets, one after the other", promoted(ten, amount), terms(), BASKET)
    second = taken("b", "basket_percent", tier(0, 1_000))
    yield Case("two percentages, one after the other", promoted(ten, second), terms(), BASKET)
    added = terms(branch=ADDITIVE)
    yield Case("two percentages, added", promoted(ten, second), added, BASKET)
    all_of_it = taken("b", "basket_percent", tier(0, 9_500))
    yield Case("no more than everything", promoted(ten, all_of_it), added, BASKET)
    huge = taken("a", "basket_amount", tier(0, 99_999_999))
    yield Case("an amount above the basket", promoted(huge), terms(), BASKET)
    jam = taken("a", "basket_percent", tier(0, 1_000), products=on("group", "sweets"))
    yield Case("a basket of some products", promoted(jam), terms(), BASKET)
    off = promotion(
        "line_percent",
        tier(2_000, 500),
        stacking="exclusive",
        id="x",
        code="X",
        products=on("product", "jam"),
    )
    yield Case(
        "an exclusive one on a line keeps the basket off it", promoted(off, ten), terms(), BASKET
    )
    alone = {**ten, "stacking": "exclusive"}
    yield Case(
        "an exclusive basket keeps the next one off", promoted(alone, amount), terms(), BASKET
    )
    points = taken("c", "points", tier(10_000, 1), mode="repeat")
    yield Case("points for what is left after the basket", promoted(ten, points), terms(), BASKET)
    part_back = [*BASKET, line(4, -1_000), line(5, -200, "tea")]
    yield Case("sold and brought back: two baskets", promoted(ten, points), terms(), part_back)


def gifts() -> Iterator[Case]:
    """Gifts and their limits."""
    ten_and_one = promotion("free_goods_exclusive", tier(10_000, gift_qty=1_000))
    lines = [line(1, 30_000), line(2, 20_000)]
    yield Case("one for every ten, of two lines", promoted(ten_and_one), terms(), lines)
    other = {**ten_and_one, "tiers": [tier(10_000, gift_product_id="tea", gift_qty=100)]}
    yield Case("another product as a gift", promoted(other), terms(), lines)
    unknown = {**other, "tiers": [tier(10_000, gift_product_id="gold", gift_qty=100)]}
    yield Case("a gift that is not known", promoted(unknown), terms(), lines)
    few = promoted({**ten_and_one, "max_per_outlet": 4_000})
    yield Case("a limit for the outlet", few, terms(), lines)
    used = [{"promotion_id": "p1", "spent_minor": 0, "outlet_used": 3_500}]
    yield Case("what the outlet had before", few, terms(uses=used), lines)
    budget = promoted({**ten_and_one, "budget_minor": 45_000})
    yield Case("a budget", budget, terms(), lines)
    spent = [{"promotion_id": "p1", "spent_minor": 25_001, "outlet_used": 0}]
    yield Case("what the budget was spent on before", budget, terms(uses=spent), lines)
    inclusive = promotion("free_goods_inclusive", tier(11_000, gift_qty=1_000))
    yield Case("the eleventh free, by jar and case", promoted(inclusive), terms(), CASES_AND_JARS)
    dozen = promotion("free_goods_inclusive", tier(13_000, gift_qty=12_000))
    yield Case("a whole case out of cases", promoted(dozen), terms(), CASES_AND_JARS)
    capped = promoted({**inclusive, "budget_minor": 20_000})
    yield Case("a budget out of what was ordered", capped, terms(), CASES_AND_JARS)
    everything = promotion("free_goods_inclusive", tier(1_000, gift_qty=1_000))
    yield Case("not all can be free", promoted(everything), terms(), lines)
    both = promoted(inclusive, {**inclusive, "id": "p2", "code": "P2"})
    yield Case("two out of one line", both, terms(), lines)
    stops = promoted(
        {**few["promotions"][0], "max_per_outlet": 0, "stacking": "exclusive"},
        promotion("line_percent", tier(0, 500), id="p2", code="P2"),
    )
    yield Case("a gift that is not given stops nothing", stops, terms(), lines)
    exchanged = [line(1, 30_000), line(2, -20_000)]
    yield Case("gifts come back as they were given", promoted(ten_and_one), terms(), exchanged)


def audiences() -> Iterator[Case]:
    """Whom and what a promotion is for."""
    lines = [line(1, 3_000), line(2, 1_000, "tea")]

    def case(name: str, **more: Any) -> Case:
        return Case(name, promoted(promotion("line_percent", tier(0, 500), **more)), terms(), lines)

    yield case("of a unit above the branch", audience={"orgs": ["company"]})
    yield case("of another unit", audience={"orgs": ["elsewhere"]})
    yield case(
        "of a segment or another outlet", audience={"segments": ["shop"], "outlets": ["another"]}
    )
    yield case("of this outlet", audience={"outlets": ["outlet"], "segments": ["kiosk"]})
    yield case(
        "of an outlet that is excluded", audience={"segments": ["shop"], "exclude": ["outlet"]}
    )
    yield case("of a unit's own promotion", org_id="company")
    yield case("of another unit's promotion", org_id="elsewhere")
    yield case("on a brand", products=on("brand", "Dacha"))
    yield case("on a group above", products=on("group", "food"))
    yield case(
        "on everything but a product",
        products={"include": [{"kind": "all"}], "exclude": [{"kind": "product", "id": "jam"}]},
    )
    yield case("on its last day", valid_to=DAY)
    yield case("yesterday's", valid_to="2026-11-23")
    photo = promoted(promotion("line_percent", tier(0, 500), needs_proof=True))
    yield Case("a photo is missing", photo, terms(), lines)
    yield Case("a photo is there", photo, terms(proofs=["p1"]), lines)
    spent = promoted(promotion("line_percent", tier(0, 500), budget_minor=1_000, max_per_outlet=1))
    use = [{"promotion_id": "p1", "spent_minor": 900, "outlet_used": 1}]
    yield Case("over budget and over the outlet's limit", spent, terms(uses=use), lines)


def taxes_and_cash() -> Iterator[Case]:
    """Tax per line and per category, in and on top, in five currencies; cash."""
    countries = {
        "RU": ("RUB", 2_000, 1_000, 100),
        "KZ": ("KZT", 1_200, 0, 500),
        "UZ": ("UZS", 1_200, 0, 10_000),
        "BG": ("BGN", 2_000, 900, 5),
        "DE": ("EUR", 1_900, 700, 5),
    }
    for country, (currency, standard, reduced, coin) in countries.items():
        masters = {
            "price_lists": [
                {"id": "in", "currency": currency, "tax_included": True},
                {"id": "top", "currency": currency, "tax_included": False},
            ],
            "prices": [
                price(one, product, unit, amount)
                for one in ("in", "top")
                for product, unit, amount in (("jam", "jar", 99_900), ("tea", "kg", 1_234_500))
            ],
            "tax_rates": [
                {"country": country, "tax_category": name, "rate_bp": rate, **YEAR}
                for name, rate in (("standard", standard), ("reduced", reduced))
            ],
            **promoted(promotion("basket_amount", tier(0, 777))),
        }
        lines = [line(n, 1_000) for n in (1, 2, 3)] + [line(n, 1_333, "tea") for n in (4, 5)]
        for one in ("in", "top"):
            for rounding in ("per_line", "per_category"):
                branch = {
                    "country": country,
                    "currency": currency,
                    "tax_rounding": rounding,
                    "cash_round_minor": coin,
                }
                made = terms(one, branch=branch, payment_form="cash")
                yield Case(f"{country}, tax {one}, {rounding}, cash", masters, made, lines)
    whole_units = terms(branch={"currency_exponent": 0})
    yield Case("a currency without decimals", {}, whole_units, BASKET)
    yield Case("a currency of three decimals", {}, terms(branch={"currency_exponent": 3}), BASKET)
    rates = [
        {"country": "RU", "tax_category": "standard", "rate_bp": 2_000, "valid_from": "2019-01-01"},
        {"country": "RU", "tax_category": "standard", "rate_bp": 2_200, "valid_from": DAY},
    ]
    changed = {"tax_rates": rates}
    yield Case("the rate of the day", changed, terms(), [line(1, 1_000)])
    before = terms(tax_date="2026-11-23")
    yield Case("the rate of another tax point date", changed, before, [line(1, 1_000)])
    yield Case("no rate", {"tax_rates": []}, terms(), [line(1, 1_000)])
    mixed = [line(1, 3_000), line(2, -1_000), line(3, 1_255, "tea")]
    for rounding in ("per_line", "per_category"):
        branch = {"tax_rounding": rounding, "cash_round_minor": 100}
        made = terms(branch=branch, payment_form="cash")
        yield Case(f"sold and brought back, {rounding}", {}, made, mixed)


def rule(becomes: str, **more: Any) -> Record:
    """A record of `tax_rules` of Russia."""
    return {"country": "RU", "becomes": becomes, "valid_from": "2026-01-01", **more}


def buyers() -> Iterator[Case]:
    """Tax by who buys: the status of the party and the profile of the outlet."""
    zero = {"country": "RU", "tax_category": "zero", "rate_bp": 0, "valid_from": "2019-01-01"}
    rates = [*company()["tax_rates"], zero]
    export = rule("zero", tax_status="export")
    pharmacy = rule("reduced", tax_profile="pharmacy", tax_category="standard")
    masters = {"tax_rates": rates, "tax_rules": [export, pharmacy]}
    abroad = {"tax_status": "export"}
    shop = {"tax_profile": "pharmacy"}
    for name, subject in (
        ("nobody of the rules", {"tax_status": "vat_payer", "tax_profile": "kiosk"}),
        ("export", abroad),
        ("a pharmacy", shop),
        ("a pharmacy abroad: the profile goes first", abroad | shop),
    ):
        for rounding in ("per_line", "per_category"):
            for price_list in ("retail", "net"):
                made = terms(price_list, subject=subject, branch={"tax_rounding": rounding})
                yield Case(f"{name}, {rounding}, {price_list}", masters, made, BASKET)
    both = rule("standard", **abroad, **shop)
    twice = {**masters, "tax_rules": [export, pharmacy, both]}
    yield Case("a rule for both", twice, terms(subject=abroad | shop), BASKET)
    newer = rule("reduced", tax_status="export", valid_from="2026-11-01")
    later = {**masters, "tax_rules": [export, newer, rule("zero", **abroad, valid_from=AFTER)]}
    yield Case("the newest rule", later, terms(subject=abroad), BASKET)
    before = terms(subject=abroad, tax_date="2026-10-31")
    yield Case("a rule of the tax point date", later, before, BASKET)
    chained = {**masters, "tax_rules": [rule("reduced", tax_category="standard"), export]}
    yield Case("one rule, not two", chained, terms(), BASKET)
    elsewhere = {**masters, "tax_rules": [{**export, "country": "KZ"}]}
    yield Case("a rule of another country", elsewhere, terms(subject=abroad), BASKET)
    lost = {"tax_rules": [rule("unknown", **abroad)]}
    yield Case("a rule whose category has no rate", lost, terms(subject=abroad), BASKET)
    gift = promotion("free_goods_exclusive", tier(1_000, gift_product_id="tea", gift_qty=1_000))
    given = {**masters, **promoted(gift)}
    yield Case("gifts for export", given, terms(subject=abroad), BASKET[:1])


def limits() -> Iterator[Case]:
    """What a priced document must keep."""
    dear = {"id": "cake", "code": "CAKE", "base_uom": "PCE", "tax_category": "standard"}
    cake = {
        "products": [{**dear, "min_price": 900_000}],
        "product_uoms": [
            uom("cake-piece", "cake", "PCE", order_multiple=2_000, min_order=4_000),
            uom("cake-box", "cake", "BX", 6),
        ],
        "prices": [price("retail", "cake", "cake-piece", 1_000_000)],
    }
    ten = promotion("line_percent", tier(0, 1_000))
    eleven = promotion("line_percent", tier(0, 1_001))
    pieces = [line(1, 4_000, "cake", "cake-piece"), line(2, 1_000, "cake", "cake-box")]
    yield Case("at the floor", {**cake, **promoted(ten)}, terms(), pieces)
    yield Case("below the floor", {**cake, **promoted(eleven)}, terms(), pieces)
    basket = promotion("basket_percent", tier(0, 1_100))
    yield Case("below the floor by the basket", {**cake, **promoted(basket)}, terms(), pieces)
    odd = [line(1, 3_000, "cake", "cake-piece"), line(2, -3_000, "cake", "cake-piece")]
    yield Case("multiples and least quantities", cake, terms(), odd)
    yield Case("the least amount", {}, terms(branch={"min_order_minor": 10_001}), [line(1, 1_000)])
    wrong = [
        line(1, 1_000, "gold", "jar"),
        line(2, 1_000, "jam", "gold"),
        line(3, 1_000, "tea", "jar"),
    ]
    yield Case("what is not known", {}, terms(), wrong)
    yield Case("nothing of something", {}, terms(), [line(1, 0), line(2, 1_000)])
    yield Case("no lines", {}, terms(), [])


def cases() -> list[Case]:
    """Every case."""
    return [
        *kinds_and_modes(),
        *prices(),
        *individual(),
        *stacking(),
        *baskets(),
        *gifts(),
        *audiences(),
        *taxes_and_cash(),
        *buyers(),
        *limits(),
    ]


def document() -> Record:
    """The file: the company, and what each case changes of it, asks and expects."""
    return {
        "about": "Vectors of docs/pricing.md. The masters of a vector are those of the company;"
        " what it gives of a kind replaces them, of prices, products and product_uoms it is added.",
        "company": company(),
        "vectors": [
            {
                **case._asdict(),
                "expected": as_json(reference(company(**case.masters), case.terms, case.lines)),
            }
            for case in cases()
        ],
    }


def written() -> str:
    """The file's text: a line for each vector, so that a change shows where it is."""
    made = document()
    vectors = made.pop("vectors")
    head = json.dumps(made, ensure_ascii=False, indent=1)[:-2]
    rows = ",\n".join(json.dumps(one, ensure_ascii=False) for one in vectors)
    return f'{head},\n "vectors": [\n{rows}\n ]\n}}\n'


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(written(), encoding="utf-8")
