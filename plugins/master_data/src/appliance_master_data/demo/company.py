"""Builds the demo company: every record of it, the same in every box but for its people.

Nothing in it can be taken for the real thing: GTINs begin with 290, of the prefixes that GS1 keeps
for use inside a shop (GS1 General Specifications, section 1.4), tax numbers with 00, which no
region has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from appliance.api import User, Write, rdiv, uuid7
from appliance_master_data.demo.assortment import ASSORTMENT, Item
from appliance_master_data.demo.customers import DISTRICTS, MARKET, Customer, District
from appliance_master_data.gtin import check_digit
from appliance_master_data.importers.cells import ALWAYS

SINCE = "2024-01-01"
SINCE_MS = 1_704_067_200_000
"""Its first day, UTC, and the moment in its ids."""

KOPECK = 100
"""Of a price: 1/10 000 of a rouble each."""

CHAIN_PERCENT = 93
"""What customers with several outlets pay of the wholesale price."""

WORKDAYS = (0b0001001, 0b0010010, 0b0100100)
"""Monday and Thursday, Tuesday and Friday, Wednesday and Saturday."""

_INN_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11 = (7, *_INN_10)
_INN_12 = (3, *_INN_11)


def record_id(collection: str, key: str) -> str:
    """Return the id that a record of the demo company has in every box, a UUIDv7."""
    return str(uuid7(SINCE_MS, _hash(f"{collection}/{key}")[:10]))


def records(org_unit: str, people: Sequence[User], now_ms: int) -> Iterator[Write]:
    """Yield every record of the company.

    Args:
        org_unit: the id its one org unit gets.
        people: who look after its outlets, one route each; at least one.
        now_ms: when the stock was counted, UTC milliseconds.
    """
    yield from _organisation(org_unit)
    yield from _goods(now_ms)
    outlets: list[str] = []
    for place, district in enumerate(DISTRICTS):
        for write in _customers(place, district):
            if write.collection == "outlets":
                outlets.append(write.id)
            yield write
    yield from _routes(org_unit, people, outlets)


def gtin13(number: int) -> str:
    """Return the GTIN-13 of a product by its number, 0 to 999,999,999."""
    digits = f"290{number:09}"
    return f"{digits}{check_digit(digits)}"


def gtin14(gtin: str) -> str:
    """Return the GTIN-14 of a box of something with a GTIN-13: indicator 1, a check digit anew."""
    digits = f"1{gtin[:-1]}"
    return f"{digits}{check_digit(digits)}"


def inn(number: int, *, person: bool) -> str:
    """Return a taxpayer number (ИНН): ten digits of a company, twelve of a person.

    The last digits are check digits: the weighted sum of the digits before, modulo 11, modulo 10
    (order of the Ministry of Taxes of Russia of 3 March 2004, BG-3-09/178, annex 1).
    """
    digits = f"00{number:0{8 if person else 7}}"
    for weights in (_INN_11, _INN_12) if person else (_INN_10,):
        total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
        digits += str(total % 11 % 10)
    return digits


def _hash(text: str) -> bytes:
    return hashlib.sha256(f"fieldbox demo company/{text}".encode()).digest()


def _chosen(text: str, least: int, most: int) -> int:
    """Return a number between two that looks random and is the same every time."""
    return least + int.from_bytes(_hash(text)[:8], "big") % (most - least + 1)


def _put(collection: str, key: str, **row: Any) -> Write:
    return Write(collection=collection, id=record_id(collection, key), row=row)


def _organisation(org_unit: str) -> Iterator[Write]:
    yield _put(
        "parties",
        "own",
        kind="company",
        name="Торговый дом «Волжский берег»",
        legal_name="ООО «ТД «Волжский берег»",
        tax_id=inn(1, person=False),
        tax_status="vat_payer",
        active=True,
    )
    yield Write(
        collection="org_units",
        id=org_unit,
        row={
            "code": "NN",
            "name": "Волжский берег, Нижний Новгород",
            "kind": "company",
            "legal_party_id": record_id("parties", "own"),
            "country": "RU",
            "currency": "RUB",
            "timezone": "Europe/Moscow",
            "language": "ru",
            "tax_rounding": "per_line",
            "cash_round_minor": 1,
            "working_days": [1, 2, 3, 4, 5, 6],
            "active": True,
        },
    )
    yield _put(
        "warehouses",
        "main",
        code="MAIN",
        name="Основной склад",
        kind="main",
        org_id=org_unit,
        address="Нижний Новгород, ул. Торфяная, 30",
    )
    yield _put(
        "tax_rates",
        "standard",
        country="RU",
        tax_category="standard",
        rate_bp=2_000,
        valid_from=SINCE,
    )
    for code, name in (("OPT", "Оптовые цены"), ("CHAIN", "Цены для сетей")):
        yield _put("price_lists", code, code=code, name=name, currency="RUB", tax_included=True)


def _goods(now_ms: int) -> Iterator[Write]:
    number = 0
    for sort, (group, items) in enumerate(ASSORTMENT.items(), 1):
        yield _put("product_groups", group, tree="acc", name=group, sort=sort)
        for item in items:
            number += 1
            yield from _product(number, group, item)
            yield from _prices(number, item)
            boxes = 0 if _chosen(f"sold out {number}", 1, 20) == 1 else _chosen(str(number), 3, 80)
            yield _put(
                "stock_balances",
                str(number),
                warehouse_id=record_id("warehouses", "main"),
                product_id=record_id("products", str(number)),
                on_hand=boxes * item.box * 1_000,
                as_of=now_ms,
            )


def _product(number: int, group: str, item: Item) -> Iterator[Write]:
    product = record_id("products", str(number))
    gtin = gtin13(number)
    spoils = {"shelf_life_days": item.days} if item.days else {}
    yield _put(
        "products",
        str(number),
        code=f"{number:05}",
        article=f"VB-{number:03}",
        name=item.name,
        brand=item.brand,
        group_ids=[record_id("product_groups", group)],
        base_uom="PCE",
        tax_category="standard",
        kind="goods",
        sort=number,
        active=True,
        **spoils,
    )
    yield _put(
        "product_uoms",
        f"{number} piece",
        product_id=product,
        uom_code="PCE",
        name="шт",
        factor_num=1,
        factor_den=1,
        gtin=gtin,
        is_order_unit=True,
        is_price_unit=True,
        is_base=True,
        net_g=item.net_g,
    )
    yield _put(
        "product_uoms",
        f"{number} box",
        product_id=product,
        uom_code="XBX",
        name="кор",
        factor_num=item.box,
        factor_den=1,
        gtin=gtin14(gtin),
        is_order_unit=True,
        is_base=False,
        net_g=item.net_g * item.box,
    )


def _prices(number: int, item: Item) -> Iterator[Write]:
    for code, percent in (("OPT", 100), ("CHAIN", CHAIN_PERCENT)):
        yield _put(
            "prices",
            f"{code} {number}",
            price_list_id=record_id("price_lists", code),
            product_id=record_id("products", str(number)),
            uom_id=record_id("product_uoms", f"{number} piece"),
            price=rdiv(item.kopecks * percent, 100) * KOPECK,
            min_qty=0,
            valid_from=ALWAYS,
        )


def _customers(place: int, district: District) -> Iterator[Write]:
    first = place * len(district.customers)
    chains = len(district.addresses) - len(district.customers)
    for offset, customer in enumerate(district.customers):
        yield _party(first + offset, customer, "CHAIN" if offset < chains else "OPT")
    for offset, address in enumerate(district.addresses):
        party = offset % len(district.customers)
        yield _outlet(first + party, district.customers[party], district, address, place, offset)


def _party(number: int, customer: Customer, price_list: str) -> Write:
    person = customer.legal_name.startswith("ИП ")
    return _put(
        "parties",
        str(number),
        kind="sole_trader" if person else "company",
        name=customer.name,
        legal_name=customer.legal_name,
        tax_id=inn(100 + number, person=person),
        price_list_id=record_id("price_lists", price_list),
        payment_terms_days=0 if person else 14,
        payment_forms=["cash", "card"] if person else ["bank"],
        credit_limit_minor=0 if person else _chosen(f"credit {number}", 5, 40) * 1_000_000,
        tax_status="non_payer" if person else "vat_payer",
        active=True,
    )


def _outlet(
    party: int, customer: Customer, district: District, address: str, place: int, offset: int
) -> Write:
    area = {"sales_area_m2": _chosen(address, 120, 400)} if customer.channel == MARKET else {}
    second = offset >= len(district.customers)
    return _put(
        "outlets",
        address,
        party_id=record_id("parties", str(party)),
        code=f"{place + 1}{offset + 1:02}",
        name=f"{customer.name}, {address}" if second else customer.name,
        address=f"Нижний Новгород, {address}",
        # Within a kilometre and a half of the district's middle.
        geo={
            "lat_e7": district.lat_e7 + _chosen(f"lat {address}", -120_000, 120_000),
            "lon_e7": district.lon_e7 + _chosen(f"lon {address}", -220_000, 220_000),
            "src": "manual",
        },
        channel=customer.channel,
        warehouse_id=record_id("warehouses", "main"),
        active=True,
        **area,
    )


def _routes(org_unit: str, people: Sequence[User], outlets: Sequence[str]) -> Iterator[Write]:
    for number, person in enumerate(people):
        begin, end = (len(outlets) * n // len(people) for n in (number, number + 1))
        if len(people) == len(DISTRICTS):
            name = DISTRICTS[number].name
        else:
            name = f"Маршрут {number + 1}"
        yield _put(
            "routes",
            str(number),
            code=f"R{number + 1}",
            name=f"{name}, {person.name}",
            org_id=org_unit,
            kind="presale",
            owner_user_id=person.id,
            warehouse_id=record_id("warehouses", "main"),
            active=True,
        )
        for stop, outlet in enumerate(outlets[begin:end]):
            yield _put(
                "route_outlets",
                outlet,
                route_id=record_id("routes", str(number)),
                outlet_id=outlet,
                sort=stop + 1,
                weekdays=WORKDAYS[stop % len(WORKDAYS)],
                frequency=8,
            )
