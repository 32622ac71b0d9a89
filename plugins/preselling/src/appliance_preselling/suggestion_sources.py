"""What suggestions are made from, read for some outlets at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from appliance.api import Context
from appliance.api.pricing import Audience
from appliance_master_data.product_lines import keys_of
from appliance_preselling.dates import read_date
from appliance_preselling.rules_assortment import LINES
from appliance_preselling.states import RETURN
from appliance_preselling.suggestion import Dated, Facts
from appliance_preselling.suggestion_places import subjects

LOOK_BACK_DAYS = 120
"""How old the orders are that are looked at."""

HISTORY_MONTHS = 3
"""Whole months of sales that a mean is taken of."""

_GIVEN_UP = ("cancelled", "rejected", "refused", "expired")
_COMES = ("accepted", "awaiting_confirmation", "confirmed", "partially_shipped")
_CAME = ("shipped", "completed")
_WENT_BACK = ("collected", "credited")

# CROSS JOIN keeps SQLite to this order: from the few outlets to their own, by index.
_LINES = """
SELECT orders.outlet_id, line.value ->> 'product_id',
    date(orders.created_at / 1000 + orders.tz_offset_min * 60, 'unixepoch'),
    orders.requested_date, orders.state, orders.order_kind,
    line.value ->> 'qty', line.value ->> 'shipped_qty', line.value ->> 'outlet_stock',
    line.value ->> 'facings', line.value ->> 'status', unit.factor_num, unit.factor_den
FROM json_each(:outlets) AS wanted CROSS JOIN orders ON orders.outlet_id = wanted.value
CROSS JOIN json_each(orders.body, '$.lines') AS line
CROSS JOIN product_uoms AS unit ON unit.id = line.value ->> 'uom_id'
WHERE orders.created_at >= :since AND orders.state <> 'draft'
ORDER BY orders.created_at, orders.id
"""
_HISTORY = """
SELECT past.outlet_id, past.product_id, min(past.month),
    sum(coalesce(past.shipped, past.ordered, 0) - coalesce(past.returned, 0))
FROM json_each(:outlets) AS wanted CROSS JOIN sales_history AS past
    ON past.outlet_id = wanted.value
WHERE past.month >= :first AND past.month < :until GROUP BY 1, 2
"""
_PRODUCTS = """
SELECT product.id, product.active, product.regulation FROM json_each(:products) AS wanted
CROSS JOIN products AS product ON product.id = wanted.value
"""
_UNITS = """
SELECT unit.product_id, unit.factor_num, unit.factor_den, unit.order_multiple, unit.is_order_unit,
    unit.is_base
FROM json_each(:products) AS wanted CROSS JOIN product_uoms AS unit
    ON unit.product_id = wanted.value
ORDER BY unit.is_order_unit IS NOT 1, unit.is_base IS NOT 1, unit.id
"""
_LICENCES = """
SELECT DISTINCT place.id, licence.regulation FROM json_each(:outlets) AS wanted
CROSS JOIN outlets AS place ON place.id = wanted.value
CROSS JOIN licences AS licence
    ON licence.party_id IN (place.party_id, coalesce(place.payer_party_id, place.party_id))
WHERE (licence.outlet_id IS NULL OR licence.outlet_id = place.id)
    AND licence.valid_from <= :day AND licence.valid_to >= :day
"""
_ASSORTMENTS = "SELECT body FROM assortments ORDER BY id"


class _Line(NamedTuple):
    outlet: str
    product: str
    made: str
    wanted: str
    state: str
    kind: str
    qty: int
    shipped: int | None
    stock: int | None
    facings: int | None
    status: str | None
    num: int
    den: int

    def in_base(self, quantity: int) -> int:
        return quantity * self.num // self.den


class _Found:
    """What is gathered of one product in one outlet."""

    def __init__(self) -> None:
        self.counted: list[Dated] = []
        self.delivered: list[Dated] = []
        self.returned: list[Dated] = []
        self.sold: int | None = None
        self.sold_days = 1
        self.norm: int | None = None
        self.must_have = False


class Sources:
    """Facts of some outlets on one day."""

    def __init__(self, outlets: Iterable[str], day: date, context: Context) -> None:
        """Read them.

        Args:
            outlets: ids.
            day: the visit that is suggested for.
            context: of the job.
        """
        self._context = context
        self._outlets = json.dumps(list(outlets))
        self._day = day
        self._subjects = subjects(json.loads(self._outlets), context)
        self._found: dict[tuple[str, str], _Found] = defaultdict(_Found)
        self._read_lines()
        self._read_history()
        self._read_assortments()

    def facts(self) -> dict[tuple[str, str], Facts]:
        """Return the facts by outlet and product."""
        products = json.dumps(sorted({product for _outlet, product in self._found}))
        known = {
            product: (active, regulation)
            for product, active, regulation in self._ask(_PRODUCTS, products=products)
        }
        multiples: dict[str, int] = {}
        for product, num, den, multiple, orders, base in self._ask(_UNITS, products=products):
            if product not in multiples and (orders or base):
                multiples[product] = -(-(multiple or 1_000) * num // den)
        licensed = set(self._ask(_LICENCES, outlets=self._outlets, day=self._day.isoformat()))
        denied = self._denied()
        facts: dict[tuple[str, str], Facts] = {}
        for (outlet, product), found in self._found.items():
            if product not in known:
                continue
            active, regulation = known[product]
            lacks = regulation is not None and (outlet, regulation) not in licensed
            facts[outlet, product] = Facts(
                counted=found.counted,
                delivered=found.delivered,
                returned=found.returned,
                sold=found.sold,
                sold_days=found.sold_days,
                multiple=multiples.get(product, 1_000),
                norm=found.norm,
                must_have=found.must_have,
                blocked=not active or lacks or (outlet, product) in denied,
            )
        return facts

    def _ask(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        return self._context.select(sql, values)

    def _read_lines(self) -> None:
        since = self._context.now_ms - LOOK_BACK_DAYS * 86_400_000
        for row in self._ask(_LINES, outlets=self._outlets, since=since):
            line = _Line(*row)
            made, wanted = read_date(line.made or ""), read_date(line.wanted)
            found = self._found[line.outlet, line.product]
            if made is not None:
                if line.stock is not None:
                    found.counted.append(Dated(made, line.in_base(line.stock)))
                elif line.facings is not None:
                    found.counted.append(Dated(made, line.facings * 1_000))
            if wanted is None or line.state in _GIVEN_UP:
                continue
            if line.kind == RETURN:
                if line.state in _WENT_BACK:
                    found.returned.append(Dated(wanted, line.in_base(line.shipped or line.qty)))
            elif line.state in _COMES or line.state in _CAME:
                whole = line.qty if line.status != "cut" else 0
                came = line.shipped if line.shipped is not None else whole
                quantity = came if line.state in _CAME else max(came, whole)
                found.delivered.append(Dated(wanted, line.in_base(quantity)))

    def _read_history(self) -> None:
        """Take the mean of the last whole months, from the first of them in which was sold."""
        until = self._day.replace(day=1)
        first = until
        for _ in range(HISTORY_MONTHS):
            first = (first - timedelta(days=1)).replace(day=1)
        values = {"first": first.isoformat()[:7], "until": until.isoformat()[:7]}
        for outlet, product, month, sold in self._ask(_HISTORY, outlets=self._outlets, **values):
            begun = read_date(f"{month}-01")
            if begun is not None:
                found = self._found[outlet, product]
                found.sold, found.sold_days = max(0, sold), max(1, (until - begun).days)

    def _read_assortments(self) -> None:
        assortments = [json.loads(body) for (body,) in self._ask(_ASSORTMENTS)]
        for assortment in assortments:
            unit = assortment.get("org_id")
            audience = msgspec.convert(assortment.get("audience") or {}, Audience)
            for outlet, whose in self._subjects.items():
                if not any(
                    (unit is None or unit in one.org_ids) and audience.has(one) for one in whose
                ):
                    continue
                for item in assortment["items"]:
                    norm, must = item.get("norm_qty"), bool(item.get("must_have"))
                    if norm is None and not must:
                        continue
                    found = self._found[outlet, item["product_id"]]
                    found.must_have = found.must_have or must
                    if norm is not None:
                        found.norm = max(norm, found.norm or 0)

    def _denied(self) -> set[tuple[str, str]]:
        """Return outlets and products that no unit which sells there lets them order."""
        if not LINES.any(self._context):
            return set()
        allowed = {
            outlet: [LINES.allowed(self._context, one) for one in whose]
            for outlet, whose in self._subjects.items()
        }
        keys = keys_of(self._context, (product for _outlet, product in self._found))
        return {
            (outlet, product)
            for outlet, product in self._found
            if product in keys
            and outlet in allowed
            and not any(one.allows(keys[product]) for one in allowed[outlet])
        }
