"""What the benchmarks move: catalogue rows with Cyrillic names, and orders of 13 lines.

Everything is a function of its number, so that two runs send the same bytes.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterator
from typing import Any

import orjson

from appliance.api.values import rdiv, uuid7

Row = dict[str, Any]
LINES = 13
"""Lines of an order: the mean of a mid company."""

_KINDS = ("Молоко", "Кефир", "Сметана", "Творог", "Йогурт", "Ряженка", "Масло сливочное")
_MAKERS = ("Домик в деревне", "Простоквашино", "Белый город", "Вологодское", "Наша ферма")
_NAMESPACE = uuid.UUID("0d9f3a52-6c1e-4f5b-9a86-1f6f6f1d2c30")

CONFIG = """
[collections.goods]
title = "Goods"
key = ["code"]
bucket = "all"
[collections.goods.fields]
code = "text!"
article = "text"
label = "text!"
full_label = "text"
unit = "text!"
price = "price!"
active = "bool!"

[collections.field_orders]
title = "Orders that no plugin knows"
key = ["number"]
bucket = "user:{user_id}"
write = ["agent"]
conflict = "append_only"
[collections.field_orders.fields]
number = "text!"
user_id = "id!"
outlet_id = "id!"
made_at = "timestamp!"
payable = "money!"
comment = "text"
lines = "json"
"""
"""The data sets of the benchmarks, as a technician would declare them."""


def stable_id(kind: str, number: int) -> str:
    """Return the id of a record, the same in every run."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}-{number}"))


def fast_id(number: int, version: int = 0) -> str:
    """Return an id that costs little to make, spread over the key space like a random one."""
    spread = number * 0x9E3779B97F4A7C15 % (1 << 64)
    text = f"{spread:016x}{number:012x}{version:04x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[16:28]}"


def goods(number: int, price: int = 0) -> Row:
    """Return a catalogue row of about 280 bytes of JSON."""
    kind, maker = _KINDS[number % 7], _MAKERS[number // 7 % 5]
    percent, weight = number % 40 / 10, 100 + number % 900
    return {
        "code": f"Т-{number:08d}",
        "article": f"{number * 7919 % 10_000_000:07d}",
        "label": f"{kind} «{maker}» {percent}% {weight} г",
        "full_label": f"{kind} питьевое ультрапастеризованное {maker}, упаковка {number % 24 + 1}",
        "unit": "шт",
        "price": 500_000 + number * 37 % 3_000_000 + price,
        "active": number % 50 != 0,
    }


def _line(number: int, order: int) -> Row:
    product = (order * LINES + number) % PRODUCTS
    quantity = (1 + (order + number) % 24) * 1_000
    price = _price(product)
    gross = quantity * price // 100_000
    tax = rdiv(gross * 1_000, 11_000)
    return {
        "line_no": number + 1,
        "product_id": stable_id("product", product),
        "uom_id": stable_id("uom", product),
        "qty": quantity,
        "list_price": price,
        "net_price": price,
        "gross_amount": gross,
        "line_amount": gross,
        "tax_category": "vat10",
        "rate_bp": 1_000,
        "tax_amount": tax,
        "total": gross,
    }


def _price(product: int) -> int:
    return 1_000_000 + product % 1_000 * 100


PRODUCTS = 1_000
"""Products that orders name."""


def order(number: int, user_id: str, outlet_id: str, party_id: str, warehouse_id: str) -> Row:
    """Return an order that keeps every rule of the plugin ``preselling``."""
    lines = [_line(line, number) for line in range(LINES)]
    gross = sum(line["gross_amount"] for line in lines)
    tax = sum(line["tax_amount"] for line in lines)
    return {
        "state": "submitted",
        "revision": 1,
        "number": f"A-{number}",
        "user_id": user_id,
        "created_at": 1_790_000_000_000 + number,
        "tz_offset_min": 180,
        "order_kind": "sale",
        "outlet_id": outlet_id,
        "party_id": party_id,
        "payer_party_id": party_id,
        "price_list_id": stable_id("list", 0),
        "currency": "RUB",
        "tax_included": True,
        "warehouse_id": warehouse_id,
        "delivery": "address",
        "requested_date": "2090-01-05",
        "payment_form": "cash",
        "totals": {
            "gross": gross,
            "discount": 0,
            "net": gross - tax,
            "payable": gross,
            "tax": [{"tax_category": "vat10", "rate_bp": 1_000, "tax_amount": tax}],
        },
        "lines": lines,
    }


def plain_order(number: int, user_id: str, outlet_id: str) -> Row:
    """Return an order for the collection that the config declares."""
    lines = [_line(line, number) for line in range(LINES)]
    return {
        "number": f"F-{number}",
        "user_id": user_id,
        "outlet_id": outlet_id,
        "made_at": 1_790_000_000_000 + number,
        "payable": sum(line["total"] for line in lines),
        "comment": "Звонить заранее",
        "lines": lines,
    }


def mutation(n: int, collection: str, row: Row) -> bytes:
    """Return a line of a push that makes a new record."""
    now_ms = time.time_ns() // 1_000_000
    line = {
        "mid": uuid7(now_ms),
        "n": n,
        "collection": collection,
        "id": str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)),
        "op": "put",
        "base": None,
        "row": row,
    }
    return orjson.dumps(line) + b"\n"


def masters(outlets: int) -> Iterator[tuple[str, str, Row]]:
    """Yield collection, id and row of everything that orders point to, users and routes aside."""
    name = {"ru": "Розничный"}
    yield (
        "price_lists",
        stable_id("list", 0),
        {"code": "R", "name": name, "currency": "RUB", "tax_included": True},
    )
    seller = {"kind": "company", "name": "ООО «Склад»", "legal_name": "ООО «Склад»"}
    yield "parties", stable_id("seller", 0), {**seller, "active": True}
    yield (
        "org_units",
        stable_id("unit", 0),
        {
            "code": "U",
            "name": "Филиал",
            "kind": "company",
            "legal_party_id": stable_id("seller", 0),
            "country": "RU",
            "currency": "RUB",
            "timezone": "Europe/Moscow",
            "language": "ru",
            "tax_rounding": "per_line",
            "cash_round_minor": 1,
            "active": True,
        },
    )
    rate = {"country": "RU", "tax_category": "vat10", "rate_bp": 1_000}
    yield "tax_rates", stable_id("rate", 0), {**rate, "valid_from": "2020-01-01"}
    house = {"code": "W", "name": "Склад", "kind": "main"}
    yield "warehouses", stable_id("house", 0), house
    for number in range(PRODUCTS):
        product = stable_id("product", number)
        yield (
            "products",
            product,
            {
                "code": f"P{number}",
                "name": f"{_KINDS[number % 7]} «{_MAKERS[number % 5]}»",
                "group_ids": [],
                "base_uom": "796",
                "tax_category": "vat10",
                "kind": "goods",
                "active": True,
            },
        )
        unit = {"product_id": product, "uom_code": "796", "name": "шт"}
        yield (
            "product_uoms",
            stable_id("uom", number),
            {**unit, "factor_num": 1, "factor_den": 1, "is_base": True},
        )
        price = {"price_list_id": stable_id("list", 0), "product_id": product}
        price |= {"uom_id": stable_id("uom", number), "price": _price(number)}
        yield "prices", stable_id("price", number), {**price, "valid_from": "2020-01-01"}
    for number in range(outlets):
        party = {"kind": "company", "name": f"ООО «Ромашка-{number}»", "active": True}
        legal = {**party, "legal_name": party["name"]}
        yield "parties", stable_id("party", number), legal
        outlet = {
            "party_id": stable_id("party", number),
            "name": f"Магазин {number}",
            "address": f"ул. Ленина, {number}",
            "price_list_id": stable_id("list", 0),
            "active": True,
        }
        yield "outlets", stable_id("outlet", number), outlet
