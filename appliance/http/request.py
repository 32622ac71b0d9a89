"""Requests as handlers see them: plain values, and a few verbs.

An `ApiRequest` needs no server. A test builds one with the values its handler reads, calls the
handler, and looks at the returned `Response` or at `ApiRequest.answer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from appliance.http.body import BodyFeed, BodyFlow, BodySink, bytes_body
from appliance.http.encoding import ContentEncoding, least, negotiate
from appliance.http.headers import Headers
from appliance.http.peer import PeerCertificate
from appliance.http.problem import FieldError, Problem
from appliance.http.response import Response, json_response
from appliance.http.route import Route

T = TypeVar("T")

_PATH_IN_MESSAGE = re.compile(r" - at `(?:key in )?(\$[^`]*)`\Z")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


class Identity(Protocol):
    """Who an authenticated request comes from, as far as this room must know."""

    @property
    def subject(self) -> str:
        """The device's id, for the log and for closing what a revoked device holds open."""


class ApiRequest:
    """One request.

    Attributes:
        method: the method in effect, after an override; a HEAD that a GET route answers is HEAD.
        path: the raw path, still percent-encoded.
        route: the row of the table it matched.
        params: decoded parts of the path.
        query: decoded query parameters, each declared and checked.
        headers: see `Headers`.
        body: the decoded body, where the route does not stream; else empty.
        identity: who asks; None where the route needs no credential.
        peer: the TLS client certificate, which may have expired; None without one.
        address: the client's IP address.
        origin: scheme and authority the client used, ``https://box.local:8443``.
        request_id: names the request in log and problems.
        answer: what was given to `respond`, None before.
    """

    def __init__(
        self,
        *,
        method: str = "GET",
        path: str = "/",
        route: Route | None = None,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Headers | Mapping[str, str] | None = None,
        body: bytes = b"",
        identity: Identity | None = None,
        peer: PeerCertificate | None = None,
        address: str = "127.0.0.1",
        origin: str = "https://localhost",
        request_id: str = "test",
        feed: BodyFeed | None = None,
        send: Callable[[Response], None] | None = None,
        cut: Callable[[], None] | None = None,
        cut_short: Callable[[], None] | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.route = route
        self.params: Mapping[str, str] = {} if params is None else params
        self.query: Mapping[str, str] = {} if query is None else query
        self.headers = headers if isinstance(headers, Headers) else Headers.of(headers or {})
        self.body = body
        self.identity = identity
        self.peer = peer
        self.address = address
        self.origin = origin
        self.request_id = request_id
        self.answer: Response | None = None
        self._feed = feed
        self._send = send
        self._cut = cut
        self._cut_short = cut_short
        self._on_lost: list[Callable[[], None]] = []
        self._gone = False

    def __repr__(self) -> str:
        return f"<ApiRequest {self.request_id} {self.method} {self.path}>"

    @property
    def url(self) -> str:
        """The URL without query and fragment: the ``htu`` a DPoP proof must name (RFC 9449)."""
        return self.origin + self.path

    @property
    def gone(self) -> bool:
        """Whether the connection was lost before the answer was complete."""
        return self._gone

    def header(self, name: str) -> str | None:
        """The one value of a header; Problem ``bad_header`` where it came twice."""
        return self.headers.get(name)

    def encoding(self) -> ContentEncoding:
        """The content encoding of the answer that the client prefers; see `negotiate`."""
        return negotiate(self.headers.get_list("Accept-Encoding"))

    def least_encoding(self) -> ContentEncoding:
        """The content encoding of an answer that encoding does not pay for; see `least`."""
        return least(self.headers.get_list("Accept-Encoding"))

    def json(self, type_: type[T]) -> T:
        """The body decoded into a msgspec type, strictly.

        Raises:
            Problem: ``bad_json`` with a pointer to the fault; one that also closes the
                connection where the nesting is too deep.
        """
        try:
            return msgspec.json.decode(self.body, type=type_)
        except RecursionError:
            raise Problem("bad_json", "The body is nested too deeply.", close=True) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            text, pointer = _explain(str(fault))
            code = "schema_invalid" if isinstance(fault, msgspec.ValidationError) else "not_json"
            raise Problem(
                "bad_json", f"{text}.", errors=[FieldError(pointer, code, f"{text}.")]
            ) from None

    def stream_body(self, sink: BodySink) -> BodyFlow:
        """Have the body pushed into `sink` while it arrives (routes with ``limits.streaming``).

        The flow is closed at first: call `resume` on what is returned. An answer given before
        the body has ended closes the connection afterwards.
        """
        if self._feed is None:
            self._feed = bytes_body(self.body)
        self._feed.attach(sink)
        return self._feed

    def respond(self, response: Response) -> None:
        """Answer now. Only the first answer counts; later ones are dropped and released."""
        if self._send is not None:
            if self.answer is None:
                self.answer = response
            self._send(response)
        elif self.answer is None:
            self.answer = response

    def respond_json(
        self, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer with one JSON value."""
        self.respond(json_response(value, status=status, headers=headers))

    def abort(self) -> None:
        """Cut the connection at once, without an answer."""
        if self._cut is not None:
            self._cut()

    def cut_short(self) -> None:
        """Close the connection once what was written of the answer is sent, without its end."""
        if self._cut_short is not None:
            self._cut_short()

    def on_lost(self, call: Callable[[], None]) -> None:
        """Have `call` called once where the connection is lost before the answer is complete.

        A handler's Deferred is not cancelled then: what was begun is completed.
        """
        if self._gone:
            call()
        else:
            self._on_lost.append(call)

    def lose(self) -> None:
        """The connection is lost: called by the server, or by a test."""
        if self._gone:
            return
        self._gone = True
        calls, self._on_lost = self._on_lost, []
        for call in calls:
            call()


def _explain(message: str) -> tuple[str, str]:
    """A msgspec message as its text and the JSON Pointer of its place."""
    place = _PATH_IN_MESSAGE.search(message)
    if place is None:
        return message.rstrip("."), ""
    steps = []
    for name, index in _STEP.findall(place[1]):
        if index == "...":  # msgspec does not tell which item: point at the whole
            break
        steps.append((name or index).replace("~", "~0").replace("/", "~1"))
    return message[: place.start()].rstrip("."), "".join("/" + step for step in steps)
