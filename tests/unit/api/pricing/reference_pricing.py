"""Pricing once more, slowly: fractions and plain records, sharing nothing with the engine.

It follows docs/pricing.md step by step. Quantities are counted in units, prices in major currency
units and money in minor units, all as fractions; `rounded` is called where the page says so.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

Record = dict[str, Any]
NEVER = "9999-99-99"
GIFTS = ("free_goods_inclusive", "free_goods_exclusive")
BASKETS = ("basket_percent", "basket_amount")


def rounded(number: Fraction) -> int:
    """Half away from zero."""
    up = math.floor(abs(number) + Fraction(1, 2))
    return up if number >= 0 else -up


def price4(number: Fraction) -> Fraction:
    """A price of four decimals."""
    return Fraction(rounded(number * 10_000), 10_000)


def shared(amount: int, weights: list[int]) -> list[int]:
    """Largest remainder; ties go to the first."""
    if amount < 0:
        return [-part for part in shared(-amount, [-weight for weight in weights])]
    whole = sum(weights)
    if not whole or not amount:
        return [0 for _ in weights]
    exact = [Fraction(amount) * weight / whole for weight in weights]
    parts = [math.floor(part) for part in exact]
    for _ in range(amount - sum(parts)):
        losses = [part_exact - part for part_exact, part in zip(exact, parts, strict=True)]
        parts[losses.index(max(losses))] += 1
    return parts


class Reference:
    """One document's pricing."""

    def __init__(self, masters: Record, terms: Record) -> None:
        self.masters = masters
        self.terms = terms
        self.subject = terms["subject"]
        self.branch = terms["branch"]
        self.day = terms["pricing_date"]
        self.minor = 10 ** self.branch.get("currency_exponent", 2)
        self.additive = self.branch.get("discounts") == "additive"
        self.codes: list[tuple[str, int | None]] = []
        self.spent: dict[tuple[str, int], int] = {}
        self.given: dict[tuple[str, int], int] = {}
        self.used: set[str] = set()

    # --- Looking things up -----------------------------------------------------------------------

    def one(self, kind: str, record_id: str | None) -> Record | None:
        found = [row for row in self.masters.get(kind, ()) if row["id"] == record_id]
        return found[0] if found else None

    def valid(self, row: Record, day: str | None = None) -> bool:
        return row["valid_from"] <= (day or self.day) <= (row.get("valid_to") or NEVER)

    def base_of(self, product: Record) -> Record | None:
        uoms = [one for one in self.masters["product_uoms"] if one["product_id"] == product["id"]]
        uoms.sort(key=lambda one: one["id"])
        for uom in uoms:
            if uom["uom_code"] == product["base_uom"]:
                return uom
        return next((uom for uom in uoms if uom.get("is_base")), None)

    def factor(self, uom: Record) -> Fraction:
        product = self.one("products", uom["product_id"])
        assert product is not None
        if self.base_of(product) == uom:
            return Fraction(1)
        return Fraction(uom["factor_num"], uom["factor_den"])

    def group_depths(self, product: Record) -> dict[str, int]:
        """The groups of a product and all above, each with the number of groups above it."""
        depths: dict[str, int] = {}

        def above(group_id: str) -> list[str]:
            way = [group_id]
            while True:
                group = self.one("product_groups", way[-1])
                parent = group.get("parent_id") if group else None
                if parent is None or parent in way:
                    return way[1:]
                way.append(parent)

        for own in product.get("group_ids") or ():
            way = [own, *above(own)]
            for place, group_id in enumerate(way):
                depth = len(way) - 1 - place
                depths[group_id] = max(depth, depths.get(group_id, 0))
        return depths

    def is_one_of(self, product: Record, chosen: Record) -> bool:
        """Whether a product is what an entry of a promotion names."""
        named = chosen.get("id")
        match chosen["kind"]:
            case "product":
                return bool(named == product["id"])
            case "group":
                return named in self.group_depths(product)
            case "brand":
                return named is not None and named == product.get("brand")
        return True

    # --- 1 and 2: list prices --------------------------------------------------------------------

    def choose_list(self) -> Record | None:
        for source in ("outlet", "contract", "party", "route", "branch"):
            named = self.subject.get(f"{source}_price_list_id")
            if named is not None:
                found = self.one("price_lists", named)
                break
        else:
            return None
        if found is None or found["currency"] != self.branch["currency"]:
            return None
        orgs = found.get("org_ids")
        if orgs and not set(orgs) & set(self.subject.get("org_ids", ())):
            return None
        return found

    def row(self, price_list: Record, uom: Record, quantity: Fraction) -> Record | None:
        rows = [
            row
            for row in self.masters["prices"]
            if row["price_list_id"] == price_list["id"]
            and row["uom_id"] == uom["id"]
            and row["product_id"] == uom["product_id"]
            and self.valid(row)
            and Fraction(row.get("min_qty") or 0, 1000) <= quantity
        ]
        if not rows:
            return None
        most = max(row.get("min_qty") or 0 for row in rows)
        rows = [row for row in rows if (row.get("min_qty") or 0) == most]
        newest = max(row["valid_from"] for row in rows)
        return min(
            (row for row in rows if row["valid_from"] == newest), key=lambda row: row["price"]
        )

    def price_in(
        self, price_list: Record, uom: Record, quantity: Fraction, seen: tuple[str, ...] = ()
    ) -> Fraction | None:
        row = self.row(price_list, uom, quantity)
        if row is not None:
            return Fraction(row["price"], 10_000)
        product = self.one("products", uom["product_id"])
        assert product is not None
        base = self.base_of(product)
        if base is not None and base["id"] != uom["id"]:
            row = self.row(price_list, base, quantity * self.factor(uom))
            if row is not None:
                return price4(Fraction(row["price"], 10_000) * self.factor(uom))
        seen = (*seen, price_list["id"])
        parent = self.one("price_lists", price_list.get("parent_id"))
        if parent is None or parent["id"] in seen:
            return None
        for name in ("currency", "tax_included"):
            if parent[name] != price_list[name]:
                return None
        price = self.price_in(parent, uom, quantity, seen)
        if price is None:
            return None
        return price4(price * (1 + Fraction(price_list.get("markup_bp") or 0, 10_000)))

    # --- 3: the individual discount --------------------------------------------------------------

    def individual(self, product: Record, uom: Record, price: Fraction | None) -> Record | None:
        subjects = [
            ("outlet", [self.subject.get("outlet_id")]),
            ("party", [self.subject.get("party_id")]),
            ("group", list(self.subject.get("group_ids", ()))),
            ("segment", list(self.subject.get("segments", ()))),
        ]
        depths = self.group_depths(product)
        candidates = []
        for row in self.masters.get("customer_discounts", ()):
            if row.get("percent_bp") is None and row.get("price") is None:
                continue
            rank = next(
                (
                    place
                    for place, (kind, ids) in enumerate(subjects)
                    if kind == row["subject_kind"] and row["subject_id"] in ids
                ),
                None,
            )
            if rank is None or not self.valid(row):
                continue
            object_id = row.get("object_id")
            match row["object_kind"]:
                case "product" if object_id == product["id"]:
                    on = (0, 0)
                case "group" if object_id in depths:
                    on = (1, -depths[object_id])
                case "brand" if object_id is not None and object_id == product.get("brand"):
                    on = (2, 0)
                case "all":
                    on = (3, 0)
                case _:
                    continue
            result = self.fixed(row, uom)
            if result is None and price is not None:
                result = price * (1 - Fraction(row["percent_bp"], 10_000))
            cost = (1, Fraction(0)) if result is None else (0, result)
            candidates.append((rank, on, cost, row["id"], row))
        return min(candidates, key=lambda one: one[:4])[4] if candidates else None

    def fixed(self, row: Record, uom: Record) -> Fraction | None:
        if row.get("price") is None:
            return None
        return price4(Fraction(row["price"], 10_000) * self.factor(uom))

    # --- 4: promotions ---------------------------------------------------------------------------

    def is_for_subject(self, promotion: Record) -> bool:
        if not self.valid(promotion):
            return False
        orgs = set(self.subject.get("org_ids", ()))
        if promotion.get("org_id") is not None and promotion["org_id"] not in orgs:
            return False
        audience = promotion.get("audience") or {}
        outlet = {self.subject.get("outlet_id")} - {None}
        if outlet & set(audience.get("exclude") or ()):
            return False
        named = [
            (set(audience.get("orgs") or ()), orgs),
            (set(audience.get("segments") or ()), set(self.subject.get("segments", ()))),
            (set(audience.get("outlets") or ()), outlet),
        ]
        nobody_named = not any(wanted for wanted, _mine in named)
        return nobody_named or any(wanted & mine for wanted, mine in named)

    def is_on(self, promotion: Record, product: Record) -> bool:
        choice = promotion.get("products") or {}
        include = choice.get("include") or ()
        if include and not any(self.is_one_of(product, one) for one in include):
            return False
        return not any(self.is_one_of(product, one) for one in choice.get("exclude") or ())

    def ordered(self) -> list[Record]:
        def stage(one: Record) -> int:
            return 2 if one["kind"] == "points" else int(one["kind"] in BASKETS)

        return sorted(
            self.masters.get("promotions", ()),
            key=lambda one: (stage(one), -one["priority"], one["code"], one["id"]),
        )

    def tiers(self, promotion: Record) -> list[Record]:
        kind, mode = promotion["kind"], promotion["tier_mode"]
        best: dict[int, Record] = {}
        for tier in promotion.get("tiers") or ():
            start, value, gift = tier["from"], tier.get("value"), tier.get("gift_qty") or 0
            if kind in GIFTS:
                if not start or not gift or (kind == GIFTS[0] and gift >= start):
                    continue
            elif value is None or (not start and (mode == "repeat" or kind == "bundle_percent")):
                continue
            old = best.get(start)
            if old is None or (value or 0, gift) >= (old.get("value") or 0, old["gift_qty"] or 0):
                best[start] = {**tier, "gift_qty": gift}
        return [best[start] for start in sorted(best)]

    def parts(
        self, promotion: Record, quantity: Fraction, unit: int
    ) -> list[tuple[Fraction, Fraction, Record]]:
        """Start, end and tier of each part that a tier holds for; ``from`` is in 1/unit."""
        tiers = [tier for tier in self.tiers(promotion) if Fraction(tier["from"], unit) <= quantity]
        if not tiers:
            return []
        start = Fraction(tiers[-1]["from"], unit)
        match promotion["tier_mode"]:
            case "whole":
                return [(Fraction(0), quantity, tiers[-1])]
            case "repeat":
                return [(Fraction(0), math.floor(quantity / start) * start, tiers[-1])]
        found = []
        for place, tier in enumerate(tiers):
            low = Fraction(tier["from"], unit)
            last = place + 1 == len(tiers)
            high = quantity if last else Fraction(tiers[place + 1]["from"], unit)
            if low < high:
                found.append((low, high, tier))
        return found

    def once(self, promotion: Record, amount: int) -> int | None:
        tiers = [tier for tier in self.tiers(promotion) if tier["from"] <= amount]
        if not tiers:
            return None
        match promotion["tier_mode"]:
            case "whole":
                return int(tiers[-1]["value"])
            case "marginal":
                return sum(tier["value"] for tier in tiers)
        return int(amount // tiers[-1]["from"] * tiers[-1]["value"])

    def promotions_on_lines(self, lines: list[Record]) -> None:
        for promotion in self.ordered():
            kind = promotion["kind"]
            if kind in BASKETS or kind == "points" or not self.is_for_subject(promotion):
                continue
            for sign in (1, -1):
                there = self.matching(promotion, lines, sign)
                if kind in GIFTS:
                    applied = self.give(promotion, there)
                elif kind == "bundle_percent":
                    applied = self.bundle(promotion, there)
                else:
                    applied = [line for line in there if self.reduce(promotion, line)]
                self.close(promotion, applied)

    def matching(self, promotion: Record, lines: list[Record], sign: int) -> list[Record]:
        return [
            line
            for line in lines
            if line["sign"] == sign
            and line["open"]
            and line["list"] is not None
            and line["ordered"]
            and self.is_on(promotion, line["product"])
        ]

    def close(self, promotion: Record, applied: list[Record]) -> None:
        if applied:
            self.used.add(promotion["id"])
            if promotion["stacking"] == "exclusive":
                for line in applied:
                    line["open"] = False

    def percent(self, line: Record, share: Fraction) -> None:
        """Take a share of the price off."""
        part = (line["basis"] if self.additive else line["now"]) * share
        line["now"] = max(Fraction(0), line["now"] - part)

    def reduce(self, promotion: Record, line: Record) -> bool:
        factor = self.factor(line["uom"])
        quantity = line["ordered"] * factor
        parts = self.parts(promotion, quantity, 1000)
        if not parts:
            return False
        held = [(high - low, tier) for low, high, tier in parts]
        bp = None
        match promotion["kind"]:
            case "line_percent":
                mean = sum(size * tier["value"] for size, tier in held) / quantity
                self.percent(line, mean / 10_000)
                if len(held) == 1 and held[0][0] == quantity:
                    bp = held[0][1]["value"]
            case "line_amount":
                if promotion["tier_mode"] == "repeat":
                    tier = held[0][1]
                    times = held[0][0] / Fraction(tier["from"], 1000)
                    off = times * tier["value"] / line["ordered"]
                else:
                    off = sum(size * tier["value"] for size, tier in held) / quantity * factor
                line["now"] = max(Fraction(0), line["now"] - off / self.minor)
            case "fixed_price":
                rest = quantity - sum(size for size, _tier in held)
                total = rest * line["now"]
                for size, tier in held:
                    fixed = Fraction(tier["value"], 10_000) * factor
                    total += size * min(fixed, line["now"])
                if total / quantity == line["now"]:
                    return False
                line["now"] = line["basis"] = total / quantity
        self.note(line, promotion["kind"], promotion["id"], bp)
        return True

    def note(self, line: Record, kind: str, ref: str | None, bp: int | None) -> None:
        line["taken"].append((kind, ref, bp, price4(line["now"])))

    def bundle(self, promotion: Record, lines: list[Record]) -> list[Record]:
        include: list[Record] = []
        for one in (promotion.get("products") or {}).get("include") or ():
            if one not in include:
                include.append(one)
        entries: list[list[Record]] = [[] for _ in include]
        for line in lines:
            for place, one in enumerate(include):
                if self.is_one_of(line["product"], one):
                    entries[place].append(line)
                    break
        if not entries or not all(entries):
            return []

        def base(line: Record) -> Fraction:
            return Fraction(line["ordered"] * self.factor(line["uom"]))

        rarest = min(sum(base(line) for line in entry) for entry in entries)
        parts = self.parts(promotion, Fraction(rarest), 1000)
        applied = []
        for entry in entries:
            start = Fraction(0)
            for line in entry:
                size = base(line)
                held = []
                for low, high, tier in parts:
                    end = start + size if promotion["tier_mode"] == "whole" else high
                    overlap = min(end, start + size) - max(low, start)
                    if overlap > 0:
                        held.append((overlap, tier["value"]))
                start += size
                if not held:
                    continue
                mean = sum(overlap * value for overlap, value in held) / size
                self.percent(line, mean / 10_000)
                bp = held[0][1] if len(held) == 1 and held[0][0] == size else None
                self.note(line, promotion["kind"], promotion["id"], bp)
                applied.append(line)
        return applied

    def give(self, promotion: Record, lines: list[Record]) -> list[Record]:
        use = next(
            (one for one in self.terms.get("uses", ()) if one["promotion_id"] == promotion["id"]),
            {},
        )
        money: Fraction | None = None
        if promotion.get("budget_minor") is not None:
            money = Fraction(max(0, promotion["budget_minor"] - use.get("spent_minor", 0)))
        goods: Fraction | None = None
        if promotion.get("max_per_outlet") is not None:
            left = max(0, promotion["max_per_outlet"] - use.get("outlet_used", 0))
            goods = Fraction(left, 1000)
        applied = []
        inclusive = promotion["kind"] == "free_goods_inclusive"
        for line in lines:
            factor = self.factor(line["uom"])
            counted = (line["paid"] if inclusive else line["ordered"]) * factor
            gifts: dict[str, list[Any]] = {}
            reached = [
                tier for tier in self.tiers(promotion) if Fraction(tier["from"], 1000) <= counted
            ]
            if promotion["tier_mode"] != "marginal":
                reached = reached[-1:]
            for tier in reversed(reached):
                start, each = Fraction(tier["from"], 1000), Fraction(tier["gift_qty"], 1000)
                due = math.floor(counted / start)
                counted -= due * start
                if not due:
                    continue
                product_id = tier.get("gift_product_id") or line["product"]["id"]
                if inclusive:
                    if product_id != line["product"]["id"]:
                        continue
                    uom, price = line["uom"], line["list"] / factor
                else:
                    product = self.one("products", product_id)
                    found = self.base_of(product) if product else None
                    if found is None:
                        continue
                    uom = found
                    price = self.price_in(self.list, uom, due * each) or Fraction(0)
                while due and (
                    (goods is not None and due * each > goods)
                    or (money is not None and due * each * price * self.minor > money)
                ):
                    due -= 1
                quantity = due * each
                if inclusive:
                    quantity = quantity / factor
                    if factor != 1:
                        quantity = Fraction(math.floor(quantity))
                if not quantity:
                    continue
                if inclusive:
                    line["paid"] -= quantity
                    used, value = quantity * factor, quantity * line["list"] * self.minor
                else:
                    used, value = quantity, quantity * price * self.minor
                milli = math.ceil(used * 1000)
                if goods is not None:
                    goods = max(Fraction(0), goods - Fraction(milli, 1000))
                if money is not None:
                    money = max(Fraction(0), money - value)
                self.count(promotion["id"], line["sign"], rounded(value), milli)
                if uom["id"] in gifts:
                    gifts[uom["id"]][1] += quantity
                else:
                    gifts[uom["id"]] = [uom, quantity]
            for uom, quantity in gifts.values():
                line["gifts"].append((promotion["id"], uom, quantity))
            if gifts:
                applied.append(line)
        return applied

    def count(self, promotion_id: str, sign: int, spent: int, given: int = 0) -> None:
        key = (promotion_id, sign)
        self.spent[key] = self.spent.get(key, 0) + spent
        self.given[key] = self.given.get(key, 0) + given

    # --- The document ----------------------------------------------------------------------------

    def money(self, quantity: Fraction, price: Fraction) -> int:
        return rounded(quantity * price * self.minor)

    def price(self, requested: list[Record]) -> Record:
        chosen = self.choose_list()
        if chosen is None:
            self.codes.append(("price_list_wrong", None))
        else:
            self.list = chosen
        lines = [
            self.line(line, chosen) for line in sorted(requested, key=lambda one: one["line_no"])
        ]
        self.promotions_on_lines(lines)
        for line in lines:
            self.amounts(line)
        discounts = self.baskets(lines)
        points = self.points(lines)
        gifts = self.gift_lines(lines)
        included = bool(chosen) and bool(chosen["tax_included"])
        taxes = self.taxes(lines, gifts, included)
        self.limits(lines)
        return self.finished(lines, gifts, taxes, discounts, points, chosen)

    def line(self, asked: Record, chosen: Record | None) -> Record:
        product = self.one("products", asked["product_id"])
        uom = self.one("product_uoms", asked["uom_id"])
        number = asked["line_no"]
        line: Record = {
            "asked": asked,
            "no": number,
            "sign": -1 if asked["qty"] < 0 else 1,
            "ordered": Fraction(abs(asked["qty"]), 1000),
            "paid": Fraction(abs(asked["qty"]), 1000),
            "product": product,
            "uom": uom,
            "list": None,
            "now": None,
            "basis": None,
            "taken": [],
            "gifts": [],
            "open": True,
        }
        if product is None or uom is None:
            self.codes.append(("ref_unknown", number))
        elif uom["product_id"] != product["id"]:
            self.codes.append(("uom_wrong", number))
        else:
            if line["sign"] > 0:
                if uom.get("order_multiple") and asked["qty"] % uom["order_multiple"]:
                    self.codes.append(("multiple_violation", number))
                if uom.get("min_order") and asked["qty"] < uom["min_order"]:
                    self.codes.append(("min_order_qty", number))
            if chosen is not None:
                self.list_and_individual(line, chosen)
            if line["list"] is None:
                self.codes.append(("price_missing", number))
            return line
        line["product"] = line["uom"] = None
        return line

    def list_and_individual(self, line: Record, chosen: Record) -> None:
        price = self.price_in(chosen, line["uom"], line["ordered"])
        discount = self.individual(line["product"], line["uom"], price)
        fixed = None if discount is None else self.fixed(discount, line["uom"])
        line["list"] = line["now"] = line["basis"] = price if fixed is None else fixed
        if discount is None or line["list"] is None:
            return
        if fixed is not None:
            self.note(line, "individual_price", discount["id"], None)
        else:
            self.percent(line, Fraction(discount["percent_bp"], 10_000))
            self.note(line, "individual", discount["id"], discount["percent_bp"])

    def amounts(self, line: Record) -> None:
        manual = line["asked"].get("manual_bp", 0)
        line.update(net=Fraction(0), gross=0, amount=0, share=0, discounts=[])
        if line["list"] is None:
            return
        if manual:
            if manual > self.terms.get("manual_limit_bp", 0):
                self.codes.append(("discount_over_limit", line["no"]))
            self.percent(line, Fraction(manual, 10_000))
            self.note(line, "manual", None, manual)
        sign = line["sign"]
        line["net"] = price4(line["now"])
        line["gross"] = sign * self.money(line["paid"], line["list"])
        line["amount"] = sign * self.money(line["paid"], line["net"])
        before = line["gross"]
        for kind, ref, bp, price in line["taken"]:
            if kind == "individual_price":
                line["discounts"].append((kind, ref, bp, None))
                continue
            after = sign * self.money(line["paid"], price)
            line["discounts"].append((kind, ref, bp, before - after))
            if kind not in ("individual", "manual"):
                self.count(ref, sign, sign * (before - after))
            before = after

    def baskets(self, lines: list[Record]) -> list[tuple[Any, ...]]:
        found = []
        for promotion in self.ordered():
            if promotion["kind"] not in BASKETS or not self.is_for_subject(promotion):
                continue
            for sign in (1, -1):
                there = self.matching(promotion, lines, sign)
                if not there:
                    continue
                left = [abs(line["amount"]) - abs(line["share"]) for line in there]
                basket = sum(abs(line["amount"]) for line in there) if self.additive else sum(left)
                bp = None
                if promotion["kind"] == "basket_percent":
                    parts = self.parts(promotion, Fraction(basket), 1)
                    if not parts:
                        continue
                    exact = sum((high - low) * tier["value"] for low, high, tier in parts)
                    wanted = rounded(Fraction(exact) / 10_000)
                    if len(parts) == 1 and parts[0][1] - parts[0][0] == basket:
                        bp = parts[0][2]["value"]
                else:
                    once = self.once(promotion, basket)
                    if once is None:
                        continue
                    wanted = once
                discount = min(wanted, sum(left))
                for line, part in zip(there, shared(discount, left), strict=True):
                    line["share"] += sign * part
                found.append((promotion["kind"], promotion["id"], bp, sign * discount))
                self.count(promotion["id"], sign, discount)
                self.close(promotion, there)
        return found

    def points(self, lines: list[Record]) -> dict[str, int]:
        found: dict[str, int] = {}
        for promotion in self.ordered():
            if promotion["kind"] != "points" or not self.is_for_subject(promotion):
                continue
            for sign in (1, -1):
                there = self.matching(promotion, lines, sign)
                basket = sum(abs(line["amount"]) - abs(line["share"]) for line in there)
                points = self.once(promotion, basket) if there else None
                if points is not None:
                    found[promotion["id"]] = found.get(promotion["id"], 0) + sign * points
                    self.count(promotion["id"], sign, 0)
                    self.close(promotion, there)
        return found

    def gift_lines(self, lines: list[Record]) -> list[Record]:
        number = max((line["no"] for line in lines), default=0)
        found = []
        for line in lines:
            order = [one["id"] for one in self.ordered()]
            for promotion_id, uom, quantity in sorted(
                line["gifts"], key=lambda gift: order.index(gift[0])
            ):
                number += 1
                found.append(
                    {
                        "no": number,
                        "uom": uom,
                        "product": self.one("products", uom["product_id"]),
                        "sign": line["sign"],
                        "paid": quantity,
                        "promotion": promotion_id,
                        "for": line["no"],
                        "amount": 0,
                        "share": 0,
                    }
                )
        return found

    def taxes(
        self, lines: list[Record], gifts: list[Record], included: bool
    ) -> list[tuple[str, int, int, int]]:
        day = self.terms.get("tax_date") or self.day

        def tax(amount: int, rate: int) -> int:
            over = 10_000 + rate if included else 10_000
            return rounded(Fraction(amount * rate, over))

        groups: dict[tuple[str, int], list[Record]] = {}
        for line in (*lines, *gifts):
            line.update(rate=0, tax=0, total=0)
            if line["product"] is None:
                continue
            category = line["category"] = self.category(line["product"]["tax_category"], day)
            rates = [
                row
                for row in self.masters["tax_rates"]
                if (row["country"], row["tax_category"]) == (self.branch["country"], category)
                and self.valid(row, day)
            ]
            if rates:
                line["rate"] = max(rates, key=lambda row: row["valid_from"])["rate_bp"]
            elif "promotion" not in line:
                self.codes.append(("tax_wrong", line["no"]))
            groups.setdefault((category, line["rate"]), []).append(line)
        found = []
        for (category, rate), members in sorted(groups.items()):
            left = [line["amount"] - line["share"] for line in members]
            if self.branch["tax_rounding"] == "per_line":
                taxes = [tax(amount, rate) for amount in left]
            else:
                taxes = shared(tax(sum(left), rate), left)
            for line, part, amount in zip(members, taxes, left, strict=True):
                line["tax"] = part
                line["total"] = amount if included else amount + part
            if any("promotion" not in line for line in members):
                whole = sum(taxes)
                taxable = sum(left) - whole if included else sum(left)
                found.append((category, rate, taxable, whole))
        return found

    def category(self, own: str, day: str) -> str:
        """The category of a product for the buyer of these terms."""
        subject = self.terms["subject"]
        asked = {
            "tax_profile": subject.get("tax_profile"),
            "tax_status": subject.get("tax_status"),
            "tax_category": own,
        }
        best: tuple[Any, ...] | None = None
        found = own
        for row in self.masters.get("tax_rules", ()):
            if row["country"] != self.branch["country"] or not self.valid(row, day):
                continue
            if any(row.get(name) not in (None, value) for name, value in asked.items()):
                continue
            weight = (*(row.get(name) is not None for name in asked), row["valid_from"])
            if best is None or weight > best or (weight == best and row["becomes"] < found):
                best, found = weight, row["becomes"]
        return found

    def limits(self, lines: list[Record]) -> None:
        for line in lines:
            floor = (line["product"] or {}).get("min_price")
            if line["list"] is None or floor is None or line["sign"] < 0:
                continue
            least = Fraction(floor, 10_000) * self.factor(line["uom"])
            below = line["amount"] - line["share"] < self.money(line["paid"], least)
            if line["net"] < least or below:
                self.codes.append(("price_below_floor", line["no"]))
        for promotion in self.ordered():
            key = (promotion["id"], 1)
            if promotion["id"] not in self.used or key not in self.spent:
                continue
            if promotion.get("needs_proof") and promotion["id"] not in self.terms.get("proofs", ()):
                self.codes.append(("promo_proof_missing", None))
            if promotion["kind"] in GIFTS:
                continue
            uses = [u for u in self.terms.get("uses", ()) if u["promotion_id"] == promotion["id"]]
            use = uses[-1] if uses else {}
            spent = use.get("spent_minor", 0) + self.spent[key]
            budget, most = promotion.get("budget_minor"), promotion.get("max_per_outlet")
            if budget is not None and spent > budget:
                self.codes.append(("promo_budget", None))
            if most is not None and use.get("outlet_used", 0) + 1 > most:
                self.codes.append(("promo_budget", None))

    def weight(self, line: Record, name: str) -> int:
        uom = line["uom"]
        if uom is None:
            return 0
        each = uom.get(name)
        if each is None:
            product = self.one("products", uom["product_id"])
            assert product is not None
            each = ((self.base_of(product) or {}).get(name) or 0) * self.factor(uom)
        return rounded(line["sign"] * line["paid"] * each)

    def finished(
        self,
        lines: list[Record],
        gifts: list[Record],
        taxes: list[tuple[str, int, int, int]],
        discounts: list[tuple[Any, ...]],
        points: dict[str, int],
        chosen: Record | None,
    ) -> Record:
        total = sum(line["total"] for line in lines)
        payable = total
        if self.terms.get("payment_form") == "cash":
            unit = self.branch.get("cash_round_minor", 1)
            payable = rounded(Fraction(total, unit)) * unit
        least = self.branch.get("min_order_minor", 0)
        if 0 <= total < least and any(line["sign"] > 0 for line in lines):
            self.codes.append(("min_order_amount", None))
        used = [one["id"] for one in self.ordered() if one["id"] in self.used]
        return {
            "price_list_id": chosen and chosen["id"],
            "lines": [self.plain(line) for line in lines],
            "gifts": [
                (
                    gift["no"],
                    gift["product"]["id"],
                    gift["uom"]["id"],
                    int(gift["sign"] * gift["paid"] * 1000),
                    gift["promotion"],
                    gift["for"],
                )
                for gift in gifts
            ],
            "totals": {
                "net": total - sum(line["tax"] for line in lines),
                "discount": sum(line["gross"] - line["amount"] + line["share"] for line in lines),
                "tax": taxes,
                "gross": sum(line["gross"] for line in lines),
                "rounding": payable - total,
                "payable": payable,
                "weight_g": sum(self.weight(one, "gross_g") for one in (*lines, *gifts)),
                "volume_cm3": sum(self.weight(one, "volume_cm3") for one in (*lines, *gifts)),
            },
            "discounts": discounts,
            "points": points,
            "promo_ids": used,
            "uses": [self.use_of(one) for one in used],
            "codes": sorted(self.codes, key=str),
        }

    def use_of(self, promotion_id: str) -> tuple[str, int, int]:
        sold, back = (promotion_id, 1), (promotion_id, -1)
        promotion = self.one("promotions", promotion_id)
        assert promotion is not None
        used = int(sold in self.spent) - int(back in self.spent)
        if promotion["kind"] in GIFTS:
            used = self.given.get(sold, 0) - self.given.get(back, 0)
        return promotion_id, self.spent.get(sold, 0) - self.spent.get(back, 0), used

    def plain(self, line: Record) -> Record:
        return {
            "line_no": line["no"],
            "qty": int(line["sign"] * line["paid"] * 1000),
            "list_price": int((line["list"] or 0) * 10_000),
            "net_price": int(line["net"] * 10_000),
            "gross_amount": line["gross"],
            "line_amount": line["amount"],
            "doc_discount": line["share"],
            "tax_category": line.get("category", ""),
            "rate_bp": line["rate"],
            "tax_amount": line["tax"],
            "total": line["total"],
            "discounts": line["discounts"],
        }


def reference(masters: Record, terms: Record, lines: list[Record]) -> Record:
    """Price a document from plain records."""
    return Reference(masters, terms).price(lines)
