"""Responses: what a handler answers, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.http.problem import MEDIA_TYPE, Problem
from appliance.http.stream import AnswerBody

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An answer.

    Attributes:
        status: 200-599.
        body: all of it, or something that produces it piece by piece.
        media_type: the Content-Type; None for an answer without content.
        headers: further headers, one value each; names in any case.
        compress: True to encode `body` bytes as the client accepts, where that pays or where the
            client takes nothing else. A streamed body brings its own encoding and sets
            Content-Encoding itself.
        close: True to close the connection afterwards.
    """

    status: int = 200
    body: bytes | AnswerBody = b""
    media_type: str | None = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    compress: bool = False
    close: bool = False


def json_response(
    value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer of one JSON value, encoded by msgspec and compressed where that pays."""
    return Response(
        status=status,
        body=msgspec.json.encode(value),
        media_type=JSON,
        headers=dict(headers or {}),
        compress=True,
    )


def problem_response(problem: Problem, request_id: str | None = None) -> Response:
    """The answer of a problem."""
    return Response(
        status=problem.status,
        body=problem.encode(request_id),
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
        compress=True,
        close=problem.close,
    )
