"""Of each collection a whole record that a box takes, and what it refuses of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from appliance.api import Field, PluginError, Row
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.plugin import plugin

FIELDS = {collection.name: collection.fields for collection in COLLECTIONS}


def uid(number: int) -> str:
    return f"0197c3f0-0000-7000-8000-{number:012x}"


ORG, USER, OUTLET, PARTY, PRODUCT, LIST, UNIT, PHOTO, ROUTE, HOUSE = map(uid, range(1, 11))
SHA256 = "73d29e1445adb0dbd2b9ac6901a92fe242206203e4e9902543333d50ec139f3a"
GEO = {"lat_e7": 563_110_000, "lon_e7": 440_050_000, "acc_m": 12, "at": 1, "src": "gps"}
TERM = {"valid_from": "2025-01-01", "valid_to": "2025-12-31"}
AUDIENCE = {"orgs": [ORG], "segments": ["A"], "outlets": [OUTLET], "exclude": [uid(60)]}
ISSUES = [{"code": "c", "severity": "warn", "pointer": "/a", "text": "words"}]

SAMPLES: dict[str, Row] = {
    "org_units": {
        "parent_id": ORG,
        "code": "NN",
        "name": {"ru": "Филиал", "en": "Branch"},
        "kind": "branch",
        "legal_party_id": PARTY,
        "country": "RU",
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "language": "ru",
        "tax_rounding": "per_line",
        "cash_round_minor": 1,
        "working_days": [1, 2, 3, 4, 5],
        "price_list_id": LIST,
        "active": True,
    },
    "users": {
        "login": "anna",
        "phone_e164": "+79201234567",
        "name": "Anna",
        "roles": ["agent"],
        "org_id": ORG,
        "supervisor_id": USER,
        "language": "ru",
        "locked": False,
        "limits": {
            "max_manual_discount_bp": 500,
            "max_order_minor": 1_000_000,
            "cash_limit_minor": 1_000_000,
        },
    },
    "product_groups": {"tree": "acc", "parent_id": uid(90), "name": "Tea", "sort": 1},
    "products": {
        "code": "00001",
        "article": "VB-1",
        "name": "Tea",
        "full_name": "Black tea, 100 g",
        "brand": "Leaf",
        "manufacturer": "Leaf Ltd",
        "group_ids": [uid(90)],
        "base_uom": "PCE",
        "tax_category": "standard",
        "regulation": "alcohol",
        "kind": "goods",
        "shelf_life_days": 730,
        "batch_tracked": True,
        "marked": False,
        "min_price": 800_000,
        "rrp": 1_299_000,
        "availability_note": "from May on",
        "deposit_product_id": PRODUCT,
        "properties": {"colour": "black", "weight": [100, 200]},
        "image_ids": [PHOTO],
        "sort": 1,
        "active": True,
    },
    "product_uoms": {
        "product_id": PRODUCT,
        "uom_code": "XBX",
        "name": "box",
        "factor_num": 24,
        "factor_den": 1,
        "gtin": "18809288404086",
        "more_gtins": ["8809288404089"],
        "is_order_unit": True,
        "is_price_unit": False,
        "is_base": False,
        "net_g": 2_400,
        "gross_g": 2_600,
        "volume_cm3": 12_000,
        "order_multiple": 1_000,
        "min_order": 2_000,
    },
    "price_lists": {
        "code": "OPT",
        "name": "Wholesale",
        "currency": "RUB",
        "tax_included": True,
        "parent_id": LIST,
        "markup_bp": -500,
        "org_ids": [ORG],
    },
    "prices": {
        "price_list_id": LIST,
        "product_id": PRODUCT,
        "uom_id": UNIT,
        "min_qty": 0,
        "price": 1_299_000,
        **TERM,
    },
    "parties": {
        "group_id": PARTY,
        "kind": "company",
        "name": "Corner",
        "legal_name": "Corner Ltd",
        "tax_id": "0000000018",
        "tax_id2": "520001001",
        "registration_no": "1",
        "gln": "4600000000008",
        "addresses": [{"kind": "legal", "text": "Main St 1"}],
        "bank_accounts": [{"bank": "B", "bic": "044", "account": "407", "currency": "RUB"}],
        "price_list_id": LIST,
        "payment_terms_days": 14,
        "payment_forms": ["cash", "bank"],
        "credit_limit_minor": 1_000_000,
        "tax_status": "vat_payer",
        "portal_access": True,
        "segments": ["horeca"],
        "active": True,
        "prospect": False,
    },
    "outlets": {
        "party_id": PARTY,
        "payer_party_id": PARTY,
        "code": "O1",
        "name": "Corner shop",
        "address": "Main St 1",
        "gln": "4600000000008",
        "geo": GEO,
        "geofence_m": 150,
        "delivery_info": "from behind",
        "vehicle_max_kg": 3_500,
        "pass_rules": "ring twice",
        "time_windows": [{"dow": 1, "from": "09:00", "to": "12:00"}],
        "channel": "shop",
        "segments": ["A"],
        "price_list_id": LIST,
        "warehouse_id": HOUSE,
        "tax_profile": "standard",
        "portal_visible": True,
        "sales_area_m2": 120,
        "photo_id": PHOTO,
        "active": True,
    },
    "contacts": {
        "party_id": PARTY,
        "outlet_ids": [OUTLET],
        "name": "Ivan",
        "position": "buyer",
        "phone_e164": "+79201234567",
        "email": "ivan@example.com",
        "portal_access": True,
        "birthday": "1990-05-01",
    },
    "contracts": {
        "party_id": PARTY,
        "number": "12/25",
        "date": "2025-01-01",
        "valid_to": "2025-12-31",
        "currency": "RUB",
        "payment_terms_days": 14,
        "payment_forms": ["bank"],
        "credit_limit_minor": 1_000_000,
        "overdue_block_days": 7,
        "overdue_block_minor": 10_000,
        "price_list_id": LIST,
        "state": "active",
    },
    "licences": {
        "party_id": PARTY,
        "outlet_id": OUTLET,
        "regulation": "alcohol",
        "number": "A-1",
        "issuer": "Ministry",
        **TERM,
        "scan_id": PHOTO,
    },
    "customer_discounts": {
        "subject_kind": "outlet",
        "subject_id": OUTLET,
        "object_kind": "brand",
        "object_id": "Leaf",
        "percent_bp": 500,
        "price": 1_000_000,
        **TERM,
    },
    "promotions": {
        "code": "TEA3",
        "name": "Three for two",
        "kind": "free_goods_exclusive",
        "org_id": ORG,
        "audience": AUDIENCE,
        "products": {
            "include": [{"kind": "product", "id": PRODUCT}],
            "exclude": [{"kind": "brand", "id": "Leaf"}],
        },
        "tiers": [{"from": 2_000, "value": 1, "gift_product_id": PRODUCT, "gift_qty": 1_000}],
        "tier_mode": "repeat",
        "stacking": "exclusive",
        "priority": 10,
        "budget_minor": 1_000_000,
        "max_per_outlet": 3,
        **TERM,
        "needs_proof": True,
    },
    "bonus_accounts": {"party_id": PARTY, "program": "tea", "balance": -5, "as_of": 1},
    "tax_rates": {"country": "RU", "tax_category": "standard", "rate_bp": 2_000, **TERM},
    "receivables": {
        "party_id": PARTY,
        "contract_id": uid(71),
        "doc_type": "invoice",
        "doc_number": "17",
        "doc_date": "2025-05-01",
        "due_date": "2025-05-15",
        "amount": 100_000,
        "open_amount": 40_000,
        "currency": "RUB",
    },
    "sales_history": {
        "outlet_id": OUTLET,
        "product_id": PRODUCT,
        "month": "2025-05",
        "ordered": 24_000,
        "shipped": 24_000,
        "returned": 0,
        "amount": 215_760,
        "currency": "RUB",
        "last_date": "2025-05-20",
        "last_qty": 12_000,
        "last_price": 899_000,
        "recent_outlet_id": OUTLET,
        "recent_month": "2025-05",
    },
    "warehouses": {
        "code": "MAIN",
        "name": "Main",
        "kind": "main",
        "org_id": ORG,
        "vehicle_id": uid(70),
        "address": "Store St 1",
    },
    "stock_balances": {
        "warehouse_id": HOUSE,
        "product_id": PRODUCT,
        "batch": "L1",
        "on_hand": -1_000,
        "reserved": 0,
        "as_of": 1_750_000_000_000,
    },
    "routes": {
        "code": "R1",
        "name": "North",
        "org_id": ORG,
        "kind": "presale",
        "owner_user_id": USER,
        "warehouse_id": HOUSE,
        "price_list_id": LIST,
        "active": True,
    },
    "route_outlets": {
        "route_id": ROUTE,
        "outlet_id": OUTLET,
        "sort": 1,
        "weekdays": 0b10101,
        "week_cycle": 1,
        "frequency": 8,
        "scenario_id": uid(80),
    },
    "attachments": {
        "sha256": SHA256,
        "mime": "image/jpeg",
        "size": 5_002,
        "width": 640,
        "height": 480,
        "taken_at": 1_750_000_000_000,
        "geo": GEO,
        "kind": "photo",
        "ref_type": "visits",
        "ref_id": uid(81),
        "renditions": [{"name": "small", "sha256": SHA256, "width": 64, "height": 48}],
        "outlet_id": OUTLET,
        "user_id": USER,
    },
}
"""A record of each collection, with every field that it may have."""


@pytest.fixture
def box(fieldbox_box: Callable[..., PluginBox]) -> PluginBox:
    return fieldbox_box(plugin)


def test_there_is_a_sample_of_each_collection_with_every_field() -> None:
    assert list(SAMPLES) == list(FIELDS)
    for name, row in SAMPLES.items():
        _assert_whole(row, FIELDS[name], name)


def _assert_whole(row: Mapping[str, Any], fields: tuple[Field, ...], where: str) -> None:
    assert set(row) == {field.name for field in fields}, where
    for field in fields:
        value, at = row[field.name], f"{where}.{field.name}"
        if field.type == "object":
            _assert_whole(value, field.fields, at)
        if field.items is not None:
            assert value, at
            if field.items.type == "object":
                _assert_whole(value[0], field.items.fields, at)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_box_takes_the_sample_whole_and_with_what_is_required_alone(
    box: PluginBox, name: str
) -> None:
    whole = box.store(name, SAMPLES[name])
    assert box.records(name)[whole] == SAMPLES[name]
    least = {field.name: SAMPLES[name][field.name] for field in FIELDS[name] if field.required}
    made = box.store(name, least)
    assert box.records(name)[made] == least


WRONG: Mapping[str, list[Any]] = {
    "id": ["x", 1],
    "ref": ["x", OUTLET.upper(), 1],
    "text": [1, True],
    "int": ["1", 1.5, 2**53, True],
    "money": ["1", 1.0, 2**53],
    "price": ["1", 1.0],
    "quantity": ["1", 1.0],
    "basis_points": ["1", 1.0],
    "bool": [1, "yes"],
    "timestamp": ["2025-01-01", -1],
    "date": ["2025-02-30", "01.02.2025", 20_250_101],
    "i18n": [1, {}, {"x y": "text"}],
    "geo": [{}, {"lat_e7": 900_000_001, "lon_e7": 0}, {"lat_e7": 0, "lon_e7": 0, "h": 1}],
    "blob": ["x", SHA256.upper()],
    "json": [1.5, {"a": [0.5]}],
    "list": [{}, "x"],
    "object": [[], "x"],
}
"""Values that no field of a type takes."""


def wrong_values(field: Field, right: Any) -> Iterator[Any]:
    """Yield values that a field refuses: of another type, out of bounds, not among the allowed."""
    yield from WRONG[field.type]
    if field.values:
        yield "nonsense"
    if field.minimum is not None:
        yield field.minimum - 1
    if field.maximum is not None:
        yield field.maximum + 1
    if field.type == "text" and not field.values:
        yield "x" * ((field.max_length or 1_000) + 1)
    if field.items is not None:
        yield [*right, None]
        yield right * ((field.max_length or 10_000) + 1)
        yield from ([wrong] for wrong in wrong_values(field.items, right[0]))
    if field.type == "object":
        yield {**right, "undeclared": 1}
        for inner in field.fields:
            if inner.required:
                yield {name: value for name, value in right.items() if name != inner.name}
            yield from (
                {**right, inner.name: wrong} for wrong in wrong_values(inner, right[inner.name])
            )


@pytest.mark.parametrize("name", SAMPLES)
def test_a_box_refuses_what_does_not_fit(box: PluginBox, name: str) -> None:
    sample = SAMPLES[name]
    for field in FIELDS[name]:
        changed = [
            {**sample, field.name: wrong} for wrong in wrong_values(field, sample[field.name])
        ]
        if field.required:
            changed += [{n: v for n, v in sample.items() if n != field.name}]
            changed += [{**sample, field.name: None}]
        for row in changed:
            with pytest.raises(PluginError, match=f"^{name}: (/{field.name}\\b|the row)"):
                box.store(name, row)
    with pytest.raises(PluginError, match="/undeclared"):
        box.store(name, {**sample, "undeclared": 1})
    assert box.records(name) == {}
