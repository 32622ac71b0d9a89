"""Requests are held to JSON Schema as the standard reads it, which another library decides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from appliance.api import PluginError
from appliance.plugin_host.request_schema import MAX_FAULTS, RequestSchema
from appliance.plugin_host.schema_keywords import KEYWORDS

ORDER = {
    "type": "object",
    "required": ["outlet", "lines"],
    "additionalProperties": False,
    "properties": {
        "outlet": {"type": "string", "format": "uuid"},
        "day": {"type": "string", "format": "date"},
        "note": {"type": ["string", "null"], "minLength": 2, "maxLength": 5},
        "a/b~c": {"enum": [1, "one", None]},
        "lines": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "uniqueItems": True,
            "items": {"$ref": "#/$defs/line"},
        },
    },
    "$defs": {
        "line": {
            "type": "object",
            "required": ["qty"],
            "properties": {
                "qty": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9, "multipleOf": 3},
                "code": {"type": "string", "pattern": "^[a-z]+$"},
            },
        }
    },
}
GOOD = {"outlet": "01a207fe-6669-73a4-8a3f-000000000000", "lines": [{"qty": 3}]}

FAULTS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"outlet": 5}, [("/outlet", "type")]),
    ({"outlet": GOOD["outlet"].upper()}, [("/outlet", "format")]),  # type: ignore[attr-defined]
    ({"day": "2026-02-30"}, [("/day", "format")]),
    ({"day": "2026-02-28"}, []),
    ({"note": None}, []),
    ({"note": "x"}, [("/note", "too_short")]),
    ({"note": "longer"}, [("/note", "too_long")]),
    ({"a/b~c": True}, [("/a~1b~0c", "value")]),
    ({"a/b~c": 1}, []),
    ({"more": 1}, [("/more", "unknown")]),
    ({"lines": []}, [("/lines", "too_few")]),
    ({"lines": [{"qty": 3}] * 2}, [("/lines", "not_unique")]),
    (
        {"lines": [{"qty": 3 * n} for n in (1, 2, 3, 1)]},
        [("/lines", "too_many")] * 1 + [("/lines", "not_unique")],
    ),
    ({"lines": [{"qty": 3}, {}]}, [("/lines/1/qty", "missing")]),
    ({"lines": [{"qty": 0}]}, [("/lines/0/qty", "too_small")]),
    ({"lines": [{"qty": 12}]}, [("/lines/0/qty", "too_large")]),
    ({"lines": [{"qty": 4}]}, [("/lines/0/qty", "multiple")]),
    ({"lines": [{"qty": 3.0}]}, [("/lines/0/qty", "type")]),
    ({"lines": [{"qty": True}]}, [("/lines/0/qty", "type")]),
    ({"lines": [{"qty": 3, "code": "A1"}]}, [("/lines/0/code", "pattern")]),
    ({"lines": "no", "outlet": None}, [("/outlet", "type"), ("/lines", "type")]),
]


@pytest.mark.parametrize(("change", "wanted"), FAULTS)
def test_each_fault_is_told_with_its_place(
    change: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    found = RequestSchema(ORDER).faults({**GOOD, **change})
    assert [(one.pointer, one.code) for one in found] == wanted
    assert all(one.detail.endswith(".") for one in found)


def test_a_body_that_is_not_there_is_none() -> None:
    assert [one.pointer for one in RequestSchema(ORDER).faults(None)] == [""]
    assert RequestSchema({}).faults(None) == []


def test_only_so_many_faults_are_told() -> None:
    many = RequestSchema({"items": {"type": "string"}}).faults([1] * 1000)
    assert len(many) == MAX_FAULTS


def test_query_parameters_are_texts_read_by_their_type() -> None:
    schema = RequestSchema(
        {
            "properties": {
                "limit": {"type": "integer", "maximum": 5},
                "all": {"type": "boolean"},
                "name": {"type": "string", "minLength": 1},
                "any": {},
            }
        }
    )
    assert schema.query_faults({"limit": "5", "all": "true", "name": "5", "any": "5"}) == []
    found = schema.query_faults({"limit": "6", "all": "yes", "name": ""})
    assert [(one.pointer, one.code) for one in found] == [
        ("limit", "too_large"),
        ("all", "type"),
        ("name", "too_short"),
    ]
    (fault,) = schema.query_faults({"limit": "1e3"})
    assert (fault.pointer, fault.code) == ("limit", "type")


WRONG: list[tuple[Any, str]] = [
    ({"properties": {"a": {"patternProperties": {}}}}, "/properties/a/patternProperties"),
    ({"unevaluatedProperties": False}, "not enforced"),
    ({"type": "text"}, "/type"),
    ({"type": 5}, "/type"),
    ({"enum": []}, "/enum"),
    ({"minimum": "1"}, "/minimum"),
    ({"minLength": -1}, "/minLength"),
    ({"maxItems": True}, "/maxItems"),
    ({"multipleOf": 0}, "/multipleOf"),
    ({"pattern": "("}, "/pattern"),
    ({"format": "email"}, "only uuid and date"),
    ({"required": "a"}, "/required"),
    ({"properties": []}, "/properties"),
    ({"properties": {"a": 5}}, "/properties/a: 5 is no schema"),
    ({"anyOf": 5}, "/anyOf: 5 is no schema"),
    ({"uniqueItems": 1}, "/uniqueItems"),
    ({"$ref": "#/$defs/a"}, "names none"),
    ({"$ref": "https://example.com/a"}, "names none"),
    (
        {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/a"}}}}},
        "holds itself",
    ),
]


@pytest.mark.parametrize(("schema", "says"), WRONG)
def test_a_schema_that_could_not_be_enforced_is_refused(schema: Any, says: str) -> None:
    with pytest.raises(PluginError) as caught:
        RequestSchema(schema)
    assert says in str(caught.value)


def test_a_schema_of_many_references_is_read_once_each() -> None:
    defs: dict[str, Any] = {"n0": {"type": "string"}}
    for number in range(1, 60):
        below = {"$ref": f"#/$defs/n{number - 1}"}
        defs[f"n{number}"] = {"properties": {"a": below, "b": below}}
    assert RequestSchema({"$ref": "#/$defs/n59", "$defs": defs}).faults({"a": {"b": {}}}) == []


# --- beside another library -----------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c"])
SMALL = st.integers(-3, 6)
COUNT = st.integers(0, 3)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), SMALL, st.sampled_from([0.5, 2.5]), st.text("ab", max_size=4)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.one_of(TYPES, st.lists(TYPES, min_size=1, max_size=3, unique=True)),
            "enum": st.lists(VALUES, min_size=1, max_size=4),
            "const": VALUES,
            "minimum": SMALL,
            "maximum": SMALL,
            "exclusiveMinimum": SMALL,
            "exclusiveMaximum": SMALL,
            "multipleOf": st.integers(1, 3),
            "minLength": COUNT,
            "maxLength": COUNT,
            "pattern": st.sampled_from(["^a", "b$", "ab"]),
            "items": inner,
            "minItems": COUNT,
            "maxItems": COUNT,
            "uniqueItems": st.booleans(),
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": inner,
            "minProperties": COUNT,
            "maxProperties": COUNT,
            "allOf": several,
            "anyOf": several,
            "oneOf": several,
            "not": inner,
            "title": st.just("a title"),
        },
    )


SCHEMAS = st.recursive(st.booleans(), schemas, max_leaves=6).filter(lambda s: isinstance(s, dict))


def test_every_keyword_is_compared() -> None:
    built = schemas(st.booleans())
    assert set(KEYWORDS) - {"format"} <= set(built.wrapped_strategy.optional)  # type: ignore[attr-defined]


@given(SCHEMAS, VALUES)
def test_a_value_fits_where_another_library_says_so(schema: dict[str, Any], value: Any) -> None:
    mine = RequestSchema(schema).faults(value)
    theirs = list(Draft202012Validator(schema).iter_errors(value))
    assert (not mine) == (not theirs), (json.dumps(schema), value, mine)
