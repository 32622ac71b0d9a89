"""Of each collection a whole record that a box takes, and what it refuses of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Field, PluginError, Row
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.plugin import plugin

FIELDS = {collection.name: collection.fields for collection in COLLECTIONS}


SAMPLES: dict[str, Row] = json.loads(
    (Path(__file__).parent / "samples.json").read_text(encoding="utf-8")
)
"""A record of each collection, with every field that it may have."""

ID = SAMPLES["prices"]["product_id"]
SHA256 = SAMPLES["attachments"]["sha256"]


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
    "ref": ["x", ID.upper(), 1],
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
