"""JSON Schemas of printing, for the OpenAPI file."""

from __future__ import annotations

from typing import Any

from appliance.printing.collection import PRINT_JOBS
from appliance.printing.job import ANSWERS, MAX_PRIORITY, MIN_PRIORITY, USUAL_PRIORITY
from appliance.sync.schema import describe

_UUID = {"type": "string", "format": "uuid"}

_RECORD: dict[str, Any] = describe(PRINT_JOBS, may_write=False)["schema"]

JOB: dict[str, Any] = {
    **_RECORD,
    "properties": {"id": _UUID, **_RECORD["properties"]},
    "required": ["id", *_RECORD["required"]],
}
"""A job: its record in ``print_jobs``, and its id."""

REQUEST: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "kind", "record_id"],
    "properties": {
        "id": {**_UUID, "description": "The device makes it, and sends it again as it is."},
        "kind": {"type": "string", "description": "Of document, such as `order_copy`."},
        "record_id": {"type": "string", "description": "The record that the document shows."},
        "printer": {
            "type": "string",
            "description": "Its name; without one, that of the device, of its van, "
            "of the user, or the first.",
        },
        "language": {
            "type": "string",
            "description": "BCP 47; without one the user's, else as the plugin chooses.",
        },
        "priority": {
            "type": "integer",
            "minimum": MIN_PRIORITY,
            "maximum": MAX_PRIORITY,
            "default": USUAL_PRIORITY,
            "description": "The larger comes first.",
        },
    },
}

COPY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {"id": {**_UUID, "description": "Of the copy."}},
}

VERDICT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["answer"],
    "properties": {
        "answer": {"enum": list(ANSWERS)},
        "id": {**_UUID, "description": "Of the copy, for `again`."},
    },
}

PRINTERS: dict[str, Any] = {
    "type": "object",
    "required": ["printers"],
    "properties": {
        "printers": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "title", "columns", "usual", "state", "reasons", "detail"],
                "properties": {
                    "name": {"type": "string"},
                    "title": {"type": "string", "description": "Maker and model."},
                    "columns": {"type": "integer"},
                    "usual": {"type": "boolean"},
                    "state": {"enum": ["idle", "processing", "stopped"]},
                    "reasons": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "As `media-empty`, `cover-open`; empty where all is well.",
                    },
                    "detail": {"type": "string", "description": "The reasons in words."},
                },
            },
        }
    },
}
