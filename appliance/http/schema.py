"""What there is to sync: ``GET /v1/schema``."""

from __future__ import annotations

from appliance.http.identity import device_of
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, Response, json_response
from appliance.http.route import Answer, Route
from appliance.store.box import Box
from appliance.sync.schema import describe

_SCHEMA = {
    "type": "object",
    "required": ["collections"],
    "properties": {
        "collections": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "version", "direction", "conflict", "fields", "schema"],
                "properties": {
                    "name": {"type": "string"},
                    "title": {"type": "string"},
                    "version": {"type": "integer"},
                    "direction": {"enum": ["down", "up", "both"]},
                    "conflict": {"enum": ["server_wins", "append_only", "field_merge", "hook"]},
                    "kind": {"enum": ["master", "request", "fact"]},
                    "key": {"type": "array", "items": {"type": "string"}},
                    "deletable": {"type": "boolean"},
                    "writable": {"type": "boolean"},
                    "fields": {"type": "array", "items": {"type": "string"}},
                    "schema": {"type": "object", "description": "JSON Schema of a row."},
                },
            },
        }
    },
}


class SchemaHandlers:
    """Describes the collections that the asking device may read or write."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def schema(self, request: ApiRequest) -> Response:
        """List them by name."""
        rights = device_of(request).rights
        return json_response(
            {
                "collections": [
                    describe(collection.spec, may_write=collection.name in rights.writable)
                    for collection in sorted(self._box.plugins.registry, key=lambda c: c.name)
                    if collection.name in rights.readable or collection.name in rights.writable
                ]
            }
        )


def schema_routes(box: Box) -> tuple[Route, ...]:
    """Make the routes."""
    return (
        Route(
            method="GET",
            path="/v1/schema",
            handler=SchemaHandlers(box).schema,
            summary="The collections of this device",
            description=(
                "For each collection its JSON Schema and the ordered list of fields. A device "
                "ignores collections and fields that it does not know."
            ),
            responses={200: Answer(description="The collections.", media={JSON: _SCHEMA})},
            tags=("sync",),
        ),
    )
