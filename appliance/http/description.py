"""``GET /v1/openapi.json``: the description of every operation, made from the routing table."""

from __future__ import annotations

import msgspec

from appliance import __version__
from appliance.http.openapi import openapi
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, Response
from appliance.http.route import Answer, Route


def with_description(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return the routes and the one that describes them all."""
    text = b""

    def describe(_request: ApiRequest) -> Response:
        return Response(body=text, media_type=JSON, compress=True)

    whole = (
        *routes,
        Route(
            method="GET",
            path="/v1/openapi.json",
            handler=describe,
            summary="This description",
            description="OpenAPI 3.1 of this very box, with the endpoints of its plugins.",
            auth="none",
            responses={200: Answer(description="OpenAPI 3.1.", media={JSON: {"type": "object"}})},
            tags=("enrollment",),
        ),
    )
    text = msgspec.json.encode(openapi(whole, __version__))
    return whole
