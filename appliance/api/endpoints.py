"""HTTP endpoints of a plugin, mounted at ``/v1/x/PLUGIN/PATH``."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from appliance.api.mutations import Write


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint.

    Attributes:
        name: unique in the plugin; `handle_request` gets it.
        method: ``GET`` or ``POST``.
        path: below ``/v1/x/PLUGIN/``, letters, digits, ``-``, ``_`` and ``/``.
        summary: one sentence for the API's description.
        roles: who may call it.
        request_schema: JSON Schema (2020-12) of the body of a ``POST``. Of a ``GET``, its
            ``properties`` are the query parameters; any other is refused. What does not fit is
            refused before `handle_request`; docs/plugins.md lists the keywords there are.
        response_schema: JSON Schema (2020-12) of the answer's body.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    summary: str
    roles: tuple[str, ...] = ("*",)
    request_schema: dict[str, Any] = {}
    response_schema: dict[str, Any] = {}


class EndpointRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a device sent to an endpoint, as its `request_schema` allows.

    Attributes:
        query: texts by name, each once.
        body: JSON; None where there was none.
    """

    query: dict[str, str] = {}
    body: Any = None


class EndpointResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint answers.

    Attributes:
        status: the HTTP status, 200 to 599.
        body: JSON.
        writes: changes that are stored before the answer leaves.

    A status of 400 or more becomes a problem document (RFC 9457): 400, 403, 404, 409 and 422 keep
    their status, other 4xx become 400 and 5xx 500; its ``detail`` is the body's member ``detail``.
    """

    status: int = 200
    body: Any = None
    writes: tuple[Write, ...] = ()
