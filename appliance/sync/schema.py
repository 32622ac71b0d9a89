"""The description of collections that devices read: JSON Schema and field lists."""

from __future__ import annotations

from typing import Any

from appliance.api.collections import Collection
from appliance.api.fields import Field
from appliance.api.values import MAX_INTEGER
from appliance.sync.codec import (
    LANGUAGE_PATTERN,
    MAX_ACCURACY_M,
    MAX_ITEMS,
    MAX_LANGUAGES,
    MAX_TEXT,
    SHA256_PATTERN,
    UUID_PATTERN,
    expected,
)

_INTEGERS = {"int", "money", "price", "quantity", "basis_points", "timestamp"}


def field_schema(field: Field) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one field's value."""
    schema = _value_schema(field)
    if field.doc or field.type in _INTEGERS:
        kind = "" if field.type == "text" or field.values else expected(field)
        texts = (field.doc.rstrip("."), kind)
        schema["description"] = "; ".join(text for text in texts if text)
    return schema


def _value_schema(field: Field) -> dict[str, Any]:
    if field.values:
        return {"enum": list(field.values)}
    if field.type in _INTEGERS:
        low = field.minimum
        if low is None:
            low = 0 if field.type in ("basis_points", "timestamp") else -MAX_INTEGER
        high = MAX_INTEGER if field.maximum is None else field.maximum
        return {"type": "integer", "minimum": low, "maximum": high}
    text = {"type": "string", "maxLength": field.max_length or MAX_TEXT}
    match field.type:
        case "id":
            return {"type": "string", "pattern": UUID_PATTERN}
        case "ref":
            return {"type": "string", "pattern": UUID_PATTERN, "x-collection": field.of}
        case "blob":
            return {"type": "string", "pattern": SHA256_PATTERN, "x-blob": True}
        case "text":
            return text
        case "bool":
            return {"type": "boolean"}
        case "date":
            return {"type": "string", "format": "date"}
        case "i18n":
            languages = {
                "type": "object",
                "propertyNames": {"pattern": LANGUAGE_PATTERN},
                "additionalProperties": text,
                "minProperties": 1,
                "maxProperties": MAX_LANGUAGES,
            }
            return {"anyOf": [text, languages]}
        case "geo":
            return _GEO
        case "list":
            assert field.items is not None
            return {
                "type": "array",
                "items": field_schema(field.items),
                "maxItems": field.max_length or MAX_ITEMS,
            }
        case "object":
            return object_schema(field.fields)
        case _:
            return {"type": ["array", "boolean", "integer", "object", "string"]}


_GEO = {
    "type": "object",
    "additionalProperties": False,
    "required": ["lat_e7", "lon_e7"],
    "properties": {
        "lat_e7": {"type": "integer", "minimum": -900_000_000, "maximum": 900_000_000},
        "lon_e7": {"type": "integer", "minimum": -1_800_000_000, "maximum": 1_800_000_000},
        "acc_m": {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_ACCURACY_M},
        "at": {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_INTEGER},
        "src": {"enum": ["gps", "net", "manual", None]},
    },
}


def object_schema(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return the JSON Schema of an object of fields; optional ones may be null or absent."""
    properties: dict[str, Any] = {}
    for field in fields:
        schema = field_schema(field)
        properties[field.name] = schema if field.required else {"anyOf": [schema, {"type": "null"}]}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in fields if field.required],
        "properties": properties,
    }


def describe(collection: Collection, *, may_write: bool) -> dict[str, Any]:
    """Return what ``GET /v1/schema`` says of one collection.

    Args:
        collection: the collection.
        may_write: whether the asking device's roles may push it.
    """
    return {
        "name": collection.name,
        "title": collection.title,
        "version": collection.version,
        "direction": collection.direction,
        "conflict": collection.conflict,
        "kind": collection.kind,
        "key": list(collection.key),
        "deletable": collection.deletable,
        "writable": may_write and collection.direction != "down",
        "fields": [field.name for field in collection.fields],
        "schema": object_schema(collection.fields),
    }
