"""JSON Schemas of what the report operations answer, for the OpenAPI file."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_CHART = {"enum": ["none", "bars", "line", "pie"]}
_COLUMNS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "title", "unit"],
        "properties": {
            "name": _TEXT,
            "title": _TEXT,
            "unit": {
                "description": "How an integer is to be read; see docs/plugins.md.",
                "enum": [
                    *("text", "int", "money", "price", "quantity"),
                    *("percent", "date", "timestamp"),
                ],
            },
        },
    },
}
_PARAMETER = {
    "type": "object",
    "required": ["name", "doc", "default"],
    "properties": {
        "name": _TEXT,
        "doc": _TEXT,
        "default": {"type": ["string", "integer", "null"]},
    },
}
_REPORT = {
    "type": "object",
    "required": ["name", "title", "plugin", "scope", "chart", "parameters", "columns"],
    "properties": {
        "name": _TEXT,
        "title": _TEXT,
        "plugin": _TEXT,
        "scope": {
            "description": "Of which records: those this device may pull, or all of the box.",
            "enum": ["caller", "everything"],
        },
        "chart": _CHART,
        "parameters": {"type": "array", "items": _PARAMETER},
        "columns": _COLUMNS,
    },
}
LIST: dict[str, Any] = {
    "type": "object",
    "required": ["reports"],
    "properties": {"reports": {"type": "array", "items": _REPORT}},
}
"""Of the list of reports."""

TABLE: dict[str, Any] = {
    "type": "object",
    "required": ["name", "title", "chart", "columns", "rows"],
    "properties": {
        "name": _TEXT,
        "title": _TEXT,
        "chart": _CHART,
        "columns": _COLUMNS,
        "rows": {
            "type": "array",
            "description": "One value for each column, in their order.",
            "items": {"type": "array", "items": {"type": ["string", "integer", "null"]}},
        },
    },
}
"""Of a report that was run."""
