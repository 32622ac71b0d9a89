"""What pricing reads of the masters is what their collections declare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.api import Field, pricing
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.price_records import KINDS

FIELDS = {collection.name: collection.fields for collection in COLLECTIONS}
SAMPLES = json.loads((Path(__file__).parent / "samples.json").read_text(encoding="utf-8"))


def test_there_is_a_master_for_each_part_of_a_book() -> None:
    assert set(KINDS) == set(pricing.Masters.__struct_fields__)


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_record_is_read_and_one_with_what_is_required_alone(name: str) -> None:
    whole = SAMPLES[name]
    least = {field.name: whole[field.name] for field in FIELDS[name] if field.required}
    nulls = least | {field.name: None for field in FIELDS[name] if not field.required}
    rows = [
        (record, json.dumps(row)) for record, row in zip("abc", (whole, least, nulls), strict=True)
    ]
    found, unread = pricing.read_rows(KINDS[name], rows)
    assert not unread
    assert len(found) == 3
    assert found[1:2] == [msgspec.structs.replace(found[2], **_id(found[2], "b"))]
    made = msgspec.to_builtins(found[0])
    for field in KINDS[name].__struct_fields__:
        if field != "id":
            assert _within(made[field], whole[field]), field


@pytest.mark.parametrize(
    ("struct", "path"),
    [
        *((struct, (name,)) for name, struct in KINDS.items()),
        (pricing.Audience, ("promotions", "audience")),
        (pricing.ProductChoice, ("promotions", "products")),
        (pricing.Chosen, ("promotions", "products", "include")),
        (pricing.Tier, ("promotions", "tiers")),
    ],
)
def test_every_field_is_declared(struct: type[msgspec.Struct], path: tuple[str, ...]) -> None:
    fields = FIELDS[path[0]]
    for step in path[1:]:
        field = next(one for one in fields if one.name == step)
        fields = field.fields or _items(field)
    names = {one.name for one in fields}
    assert {one.encode_name for one in msgspec.structs.fields(struct)} - names <= {"id"}


def _items(field: Field) -> tuple[Field, ...]:
    assert field.items is not None
    return field.items.fields


def _id(struct: msgspec.Struct, record: str) -> dict[str, str]:
    return {"id": record} if "id" in struct.__struct_fields__ else {}


def _within(read: Any, whole: Any) -> bool:
    """Whether what was read is in the record, which may hold more."""
    if isinstance(read, dict):
        return all(_within(value, whole[name]) for name, value in read.items())
    if isinstance(read, list | tuple):
        return len(read) == len(whole) and all(map(_within, read, whole))
    return bool(read == whole)
