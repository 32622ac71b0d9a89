"""The OpenAPI 3.1 description of the box, generated from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from appliance.http.problem import CATALOGUE, MEDIA_TYPE, SCHEMA
from appliance.http.route import Auth, Parameter, Route

_SECURITY: Mapping[Auth, list[dict[str, list[str]]]] = {
    "none": [],
    "device": [{"certificate": []}, {"dpop": []}],
    "renew": [{"certificate": []}, {"dpop": []}],
    "metrics": [],
}
_GENERAL = ("bad_target", "bad_header", "internal")
_LOAD = ("too_many_requests", "overloaded")
_DEVICE = ("unauthenticated", "credential_revoked", "use_dpop_nonce")
_BODY = (
    "bad_request",
    "body_incomplete",
    "body_too_large",
    "media_type_unsupported",
    "request_timeout",
)


def openapi(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Describe the documented routes.

    Args:
        routes: the table.
        version: of the daemon, the `info.version`.

    Returns:
        A document that validates against the OpenAPI 3.1 schema, ready for JSON.
    """
    paths: dict[str, dict[str, Any]] = {}
    tags: set[str] = set()
    for route in routes:
        if route.documented:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
            tags.update(route.tags)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fieldbox sync protocol",
            "version": version,
            "summary": "Pull, push, live, blobs and enrollment of one box",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "tags": [{"name": tag} for tag in sorted(tags)],
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "schemas": {"Problem": dict(SCHEMA)},
            "securitySchemes": {
                "certificate": {
                    "type": "mutualTLS",
                    "description": "The device certificate that enrollment issued.",
                },
                "dpop": {
                    "type": "http",
                    "scheme": "DPoP",
                    "description": "RFC 9449: an access token bound to the device's key, with a "
                    "proof in the header DPoP.",
                },
            },
        },
    }


def operation_id(route: Route) -> str:
    """A stable id: the method and the words of the path, ``getBlobsSha256``."""
    words = re.findall(r"[A-Za-z0-9]+", route.path.removeprefix("/v1/"))
    return route.method.lower() + "".join(word[:1].upper() + word[1:] for word in words)


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": list(route.tags),
        "security": _SECURITY[route.auth],
        "responses": _responses(route),
    }
    if route.description:
        operation["description"] = route.description
    parameters = [
        _parameter(route.parameter(name), "path") for name in re.findall(r"\{(\w+)\}", route.path)
    ] + [_parameter(parameter, "query") for parameter in route.query]
    if parameters:
        operation["parameters"] = parameters
    if route.request_body is not None:
        body = route.request_body
        limit = f"At most {route.limits.max_body} bytes."
        encodings = [one for one in route.limits.encodings if one != "identity"]
        if encodings:
            limit += f" Content-Encoding may be {' or '.join(encodings)}."
        operation["requestBody"] = {
            "description": f"{body.description} {limit}".strip(),
            "required": body.required,
            "content": _content(body.media),
        }
    return operation


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": place,
        "required": place == "path" or parameter.required,
        "schema": dict(parameter.schema),
    }
    if parameter.description:
        described["description"] = parameter.description
    return described


def _content(media: Mapping[str, Mapping[str, object]]) -> dict[str, Any]:
    return {kind: {"schema": dict(schema)} for kind, schema in media.items()}


def _responses(route: Route) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, answer in sorted(route.responses.items()):
        described: dict[str, Any] = {"description": answer.description}
        if answer.media:
            described["content"] = _content(answer.media)
        if answer.headers:
            described["headers"] = {
                name: {"description": text, "schema": {"type": "string"}}
                for name, text in answer.headers.items()
            }
        responses[str(status)] = described
    for status, codes in sorted(_problems(route).items()):
        responses[str(status)] = {
            "description": " ".join(
                f"`{code}`: {CATALOGUE[code].title}. {CATALOGUE[code].advice}" for code in codes
            ),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return responses


def _problems(route: Route) -> dict[int, list[str]]:
    """The codes this operation can answer with, by status."""
    codes = [*route.problems, *_GENERAL]
    if route.limits.sheddable:
        codes += _LOAD
    if route.auth != "none":
        codes += _DEVICE if route.auth != "metrics" else ("forbidden",)
    if route.auth == "device":
        codes.append("credential_expired")
    if route.limits.max_body:
        codes += _BODY
    if len(route.limits.encodings) > 1:
        codes += ("encoding_unsupported", "bad_encoding")
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(CATALOGUE[code].status, []).append(code)
    return by_status
