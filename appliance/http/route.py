"""Routes: the one table that says which requests the box answers.

Requests are matched against it, limits are read from it before a body is read, and the OpenAPI
file is generated from it. A path template is literal text with ``{name}`` for one whole segment.
Matching is exact: no trailing slash, no percent-decoding of literal segments, no empty segment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import unquote_to_bytes

import msgspec

from appliance.http.problem import CATALOGUE, Problem

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from appliance.http.request import ApiRequest
    from appliance.http.response import Response

Auth = Literal["none", "device", "renew", "metrics"]
"""Who may call: anybody; an enrolled device; a device whose certificate may have expired within
the grace period; whoever may read metrics."""

Encoding = Literal["identity", "gzip", "zstd"]
Takes = Literal["", "documents", "files"]
Schema = Mapping[str, object]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}\Z")
_LITERAL = re.compile(r"[A-Za-z0-9._~-]+\Z")
_DEFAULT_PARAMETER = r"[A-Za-z0-9._~-]{1,200}"


class Handler(Protocol):
    """What answers a request.

    It returns the answer, a Deferred of it, or None when it answers later through
    `ApiRequest.respond`. It raises (or fails with) `Problem` for an expected error; whatever else
    it raises becomes a 500 with a logged traceback.
    """

    def __call__(self, request: ApiRequest, /) -> Response | Deferred[Response] | None:
        """Answer `request`."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter or a part of the path.

    Attributes:
        name: as it stands in the query or the template.
        description: one sentence for the OpenAPI file.
        schema: JSON Schema, for the OpenAPI file.
        pattern: regular expression the whole decoded text must match, enforced.
        required: for the query; a path parameter is always required.
    """

    name: str
    description: str
    schema: Schema = msgspec.field(default_factory=lambda: {"type": "string"})
    pattern: str = r"[^\x00-\x1f\x7f]{0,1000}"
    required: bool = False


class RequestBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a request carries.

    Attributes:
        media: JSON Schema by media type (empty where the content is opaque). A request with
            another Content-Type gets 415.
        description: one sentence for the OpenAPI file.
        required: False where the request may come without a body.
    """

    media: Mapping[str, Schema]
    description: str = ""
    required: bool = True


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One successful answer, for the OpenAPI file.

    Attributes:
        description: one sentence.
        media: JSON Schema by media type; none for an answer without a body.
        headers: description by header name.
    """

    description: str
    media: Mapping[str, Schema] = msgspec.field(default_factory=dict)
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


class RouteLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a request may cost before its handler says more.

    Attributes:
        max_body: bytes of body, on the wire and again after decoding; 0 for none at all.
        streaming: True where the handler takes the body through a sink while it arrives; False
            where it is called with the whole body.
        encodings: content encodings of the body that are taken.
        sheddable: False for what must be answered even by an overloaded box (health).
        takes: what it adds to the disk; refused before its body is read while the disk has no
            room for it. Empty for what adds nothing to speak of.
    """

    max_body: int = 0
    streaming: bool = False
    encodings: tuple[Encoding, ...] = ("identity",)
    sheddable: bool = True
    takes: Takes = ""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the API.

    Attributes:
        method: one of `METHODS`. A GET also answers HEAD unless `head` is False.
        path: the template, ``/v1/blobs/{sha256}``.
        handler: see `Handler`.
        summary: a few words; `description`: what a device developer must know.
        auth: see `Auth`.
        parameters: patterns and descriptions of path parameters (by name; a missing one takes
            unreserved characters, at most 200).
        query: the query parameters; others are refused.
        request_body: what the request carries; None for nothing.
        responses: the successful answers by status.
        problems: codes of the catalogue this operation answers beside the general ones.
        limits: see `RouteLimits`.
        tags: groups of the OpenAPI file.
        head: whether HEAD is answered by a GET route.
        method_override: whether ``X-HTTP-Method-Override`` on a POST may choose this route.
        documented: False keeps it out of the OpenAPI file (for tests of the server alone).
    """

    method: str
    path: str
    handler: Handler
    summary: str
    description: str = ""
    auth: Auth = "device"
    parameters: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    request_body: RequestBody | None = None
    responses: Mapping[int, Answer] = msgspec.field(default_factory=dict)
    problems: tuple[str, ...] = ()
    limits: RouteLimits = RouteLimits()
    tags: tuple[str, ...] = ()
    head: bool = True
    method_override: bool = False
    documented: bool = True

    def __post_init__(self) -> None:
        """Refuse a route that could not be served: a programming error (ValueError)."""
        if self.method not in METHODS:
            raise ValueError(f"{self.path}: unknown method {self.method!r}")
        names = {segment[1:-1] for segment in _segments(self.path) if segment.startswith("{")}
        unknown = {parameter.name for parameter in self.parameters} - names
        if unknown:
            raise ValueError(f"{self.path}: parameters not in the path: {sorted(unknown)}")
        for code in self.problems:
            if code not in CATALOGUE:
                raise ValueError(f"{self.path}: problem {code!r} is not in the catalogue")
        if self.request_body is not None and not self.limits.max_body:
            raise ValueError(f"{self.path}: a request body needs limits.max_body")
        if self.limits.max_body and self.request_body is None:
            raise ValueError(f"{self.path}: limits.max_body needs a request_body")

    def parameter(self, name: str) -> Parameter:
        """The declared path parameter, or the default one."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        return Parameter(name=name, description="", pattern=_DEFAULT_PARAMETER)


def _segments(template: str) -> list[str]:
    """The segments of a path template; ValueError where it is not one."""
    if not template.startswith("/"):
        raise ValueError(f"{template}: a path starts with a slash")
    segments = template[1:].split("/")
    for segment in segments:
        if not (_PARAMETER.match(segment) or _LITERAL.match(segment)):
            raise ValueError(f"{template}: bad segment {segment!r}")
    return segments


class Match(msgspec.Struct, frozen=True):
    """A route and the decoded values of its path parameters."""

    route: Route
    params: Mapping[str, str]


class _Node:
    """One segment of the tree of routes; literal children win over the parameter."""

    __slots__ = ("literals", "parameter", "routes")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.routes: dict[str, tuple[Route, tuple[tuple[str, Callable[[str], object]], ...]]] = {}


class RouteTable:
    """All routes of a box. Built once; two routes of one method and path are a ValueError."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._root = _Node()
        for route in self.routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        parameters: list[tuple[str, Callable[[str], object]]] = []
        for segment in _segments(route.path):
            if segment.startswith("{"):
                name = segment[1:-1]
                parameters.append((name, re.compile(route.parameter(name).pattern).fullmatch))
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.path} is in the table twice")
        node.routes[route.method] = (route, tuple(parameters))

    def match(self, method: str, path: str, *, override: str | None = None) -> Match:
        """The route of a request.

        Args:
            method: the method on the wire.
            path: the raw, still percent-encoded path without the query.
            override: the value of ``X-HTTP-Method-Override``, used only with POST and only
                for a route that allows it.

        Raises:
            Problem: ``not_found``, ``method_not_allowed`` (with ``Allow``).
        """
        node, values = self._find(path)
        routes = node.routes
        if override is not None and method == "POST":
            # Not HEAD: the client sent a POST and would wait for the body that HEAD leaves out.
            wanted = override.upper()
            overridden = routes.get(wanted) if wanted != "HEAD" else None
            if overridden is not None and overridden[0].method_override:
                return self._checked(*overridden, values)
        entry = routes.get(method)
        if entry is None and method == "HEAD":
            entry = routes.get("GET")
            if entry is not None and not entry[0].head:
                entry = None
        if entry is None:
            allowed = set(routes)
            if "GET" in routes and routes["GET"][0].head:
                allowed.add("HEAD")
            raise Problem(
                "method_not_allowed",
                f"{method[:20]} is not one of {', '.join(sorted(allowed))}.",
                headers={"Allow": ", ".join(sorted(allowed))},
            )
        return self._checked(*entry, values)

    def _find(self, path: str) -> tuple[_Node, list[str]]:
        found = _descend(self._root, path[1:].split("/"), 0) if path.startswith("/") else None
        if found is None:
            raise Problem("not_found", "No operation has this path.")
        return found

    @staticmethod
    def _checked(
        route: Route,
        parameters: tuple[tuple[str, Callable[[str], object]], ...],
        values: list[str],
    ) -> Match:
        params: dict[str, str] = {}
        for (name, fits), raw in zip(parameters, values, strict=True):
            try:
                value = unquote_to_bytes(raw).decode("utf-8") if "%" in raw else raw
            except UnicodeDecodeError:
                raise Problem("not_found", f"The part {name!r} of the path is not UTF-8.") from None
            if not fits(value):
                raise Problem("not_found", f"The part {name!r} of the path has a wrong form.")
            params[name] = value
        return Match(route, params)


def _descend(node: _Node, segments: list[str], index: int) -> tuple[_Node, list[str]] | None:
    """The node that holds routes for these segments; literal text is tried first."""
    if index == len(segments):
        return (node, []) if node.routes else None
    segment = segments[index]
    child = node.literals.get(segment)
    if child is not None:
        found = _descend(child, segments, index + 1)
        if found is not None:
            return found
    if node.parameter is None or not segment:
        return None
    found = _descend(node.parameter, segments, index + 1)
    if found is None:
        return None
    found[1].insert(0, segment)
    return found
