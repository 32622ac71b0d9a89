"""Requests on the wire: twisted's request object, from its headers to the end of its answer.

A request with a body begins when its headers are complete, one without when it is complete. In
this order, each step can refuse: version, host, target, route, load, room on the disk, body, query,
credential.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.error import AlreadyCalled, AlreadyCancelled
from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure
from twisted.web.http import RESPONSES, Request
from zope.interface import implementer  # type: ignore[import-untyped]

from appliance.http.body import BodyFeed, BodyLost, WholeBody
from appliance.http.decoding import decoder
from appliance.http.encoding import ContentEncoding, encode, least
from appliance.http.headers import Headers
from appliance.http.problem import Problem
from appliance.http.query import parse_query
from appliance.http.request import ApiRequest, Identity
from appliance.http.response import Response, problem_response
from appliance.http.route import Encoding, Route
from appliance.http.stream import AnswerBody

if TYPE_CHECKING:
    from appliance.http.channel import ApiChannel
    from appliance.http.site import ApiSite

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::[0-9]{1,5})?\Z")
_ABSOLUTE = re.compile(rb"https?://[^/?#]+(.*)\Z", re.IGNORECASE)
_WITHOUT_CONTENT = (204, 304)
_COMPRESS_FROM = 1024


class WireRequest(Request):
    """One request of an `ApiChannel`."""

    channel: ApiChannel | None = None  # type: ignore[assignment]

    def __init__(self, channel: ApiChannel, queued: object = None) -> None:
        super().__init__(channel)
        self.site: ApiSite = channel.factory
        self.api: ApiRequest | None = None
        self.route: Route | None = None
        self.request_id = ""
        self.began = 0.0
        self.lost = False
        self._feed: BodyFeed | None = None
        self._body: AnswerBody | None = None
        self._answered = False
        self._entered: str | None = None

    @property
    def bytes_in(self) -> int:
        """Bytes of the body that have arrived."""
        return self._feed.received if self._feed is not None else 0

    # Called by the channel

    def begin(self, method: bytes, target: bytes, version: bytes, length: int | None) -> None:
        """Admit or refuse a request; `length` is 0 without a body and None for a chunked one."""
        self.method, self.uri, self.clientproto = method, target, version
        self.began = self.site.clock.seconds()
        self.request_id = self.site.new_request_id()
        try:
            self._admit(length)
        except Exception:
            self._failed(Failure())  # type: ignore[no-untyped-call]

    def handleContentChunk(self, data: bytes) -> None:
        """A piece of the body, off the wire."""
        if self._feed is not None:
            self._feed.arrived(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The request is complete."""
        if self.request_id:
            if self._feed is not None:
                self._feed.ended()
        else:
            self.begin(command, path, version, 0)

    def body_broken(self) -> None:
        """The framing of the body is wrong."""
        self._end_body(Problem("body_incomplete", "A chunk is malformed.", close=True))

    def body_stalled(self) -> None:
        """The body stopped coming."""
        self._end_body(Problem("request_timeout", "The body stopped coming.", close=True))

    def connectionLost(self, reason: Failure) -> None:
        """The client is gone."""
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        self.lost = True
        self._leave()
        if self._feed is not None:
            self._feed.close(BodyLost("the connection was lost"))
        body, self._body = self._body, None
        if body is not None:
            body.lost()
        if self.api is not None:
            self.api.lose()
        if self.request_id:
            self.site.log(self)

    # Admission

    def _admit(self, length: int | None) -> None:
        if self.clientproto != b"HTTP/1.1":
            raise Problem("http_version", "Only HTTP/1.1 is spoken here.", close=True)
        headers = Headers(self.requestHeaders)
        authorities = headers.get_all("Host")
        if len(authorities) != 1 or _HOST.match(authorities[0]) is None:
            # Two parties may see two requests here (RFC 9112, 3.2): nothing more is read.
            raise Problem(
                "bad_header", "There must be one Host header, HOST or HOST:PORT.", close=True
            )
        path, query = self._target()
        override = headers.get("X-HTTP-Method-Override")
        method = self.method.decode("ascii")
        match = self.site.table.match(method, path, override=override)
        route = self.route = match.route
        if method == "POST":
            method = route.method
        if route.limits.sheddable:
            seconds = self.site.overload()
            if seconds is not None:
                raise Problem(
                    "overloaded", f"Wait {seconds} s.", headers={"Retry-After": str(seconds)}
                )
        full = self.site.no_room(route.limits.takes) if route.limits.takes else None
        if full is not None:
            raise full
        encoding = _check_body(route, headers, length)
        _check_acceptable(route, headers)
        channel = self._channel()
        if length != 0 or route.limits.streaming:
            self._feed = BodyFeed(
                limit=route.limits.max_body,
                decoder=decoder(encoding),
                set_reading=channel.set_reading,
                failed=self._body_failed,
            )
            if length == 0:
                self._feed.ended()
        scheme = "https" if channel.secure else "http"
        self.api = ApiRequest(
            method=method,
            path=path,
            route=route,
            params=match.params,
            query=parse_query(query, route.query),
            headers=headers,
            peer=channel.peer,
            address=getattr(self.client, "host", ""),
            origin=f"{scheme}://{authorities[0]}",
            request_id=self.request_id,
            feed=self._feed,
            send=self._respond,
            cut=self._abort,
            cut_short=self._close_short,
        )
        self._authenticate(self.api, length)

    def _target(self) -> tuple[str, str]:
        target = self.uri
        if not target.startswith(b"/"):
            absolute = _ABSOLUTE.match(target)
            if absolute is None:
                raise Problem("bad_target", "The target must be a path.")
            target = absolute[1] or b"/"
        try:
            text = target.decode("ascii")
        except UnicodeDecodeError:
            raise Problem("bad_target", "The target must be percent-encoded ASCII.") from None
        path, _, query = text.partition("?")
        return path, query

    def _authenticate(self, api: ApiRequest, length: int | None) -> None:
        route = api.route
        assert route is not None
        if route.auth == "none":
            self._authenticated(None, api, length)
            return
        identity = self.site.authenticate(api)
        if isinstance(identity, Deferred):
            identity.addCallback(self._authenticated, api, length)
            identity.addErrback(self._failed)
        else:
            self._authenticated(identity, api, length)

    def _authenticated(
        self, identity: Identity | None, api: ApiRequest, length: int | None
    ) -> None:
        if self.lost or self._answered:
            return
        api.identity = identity
        if identity is not None:
            self.site.enter(identity.subject, api.method)
            self._entered = identity.subject
        route = api.route
        assert route is not None
        if length != 0 and _expects_continue(api.headers):
            self._channel().send_continue()
        if self._feed is not None and not route.limits.streaming:
            feed = self._feed
            feed.attach(WholeBody(self._whole))
            feed.resume()
        else:
            self._call(api, route)

    def _whole(self, body: bytes) -> None:
        api = self.api
        assert api is not None and api.route is not None
        api.body = body
        self._call(api, api.route)

    def _call(self, api: ApiRequest, route: Route) -> None:
        try:
            result = route.handler(api)
        except Exception:
            self._failed(Failure())  # type: ignore[no-untyped-call]
            return
        if isinstance(result, Deferred):
            result.addCallback(self._returned)
            result.addErrback(self._failed)
        else:
            self._returned(result)

    def _returned(self, result: Response | None) -> None:
        if result is not None:
            self._respond(result)

    # Answers

    def _failed(self, failure: Failure) -> None:
        problem = failure.value
        if not isinstance(problem, Problem):
            self.site.failed(self, failure)
            problem = Problem("internal", close=True)
        if self._answered:
            self._abort()
        else:
            self._respond(problem_response(problem, self.request_id))

    def _end_body(self, problem: Problem) -> None:
        if self._feed is not None:
            self._feed.fail(problem)
        channel = self.channel
        if channel is not None and not channel.closing:
            # The body had already been given up, or its answer is under way: nothing to say.
            channel.abort()

    def _body_failed(self, reason: Exception) -> None:
        if not self.lost:
            self._failed(Failure(reason))  # type: ignore[no-untyped-call]

    def _respond(self, response: Response) -> None:
        body = response.body
        if self._answered or self.lost:
            if not isinstance(body, bytes):
                body.lost()
            return
        self._answered = True
        channel = self._channel()
        self.code = response.status
        if response.close or (isinstance(body, bytes) and channel.reading_body):
            channel.persistent = False
        if isinstance(body, bytes):
            self._send_bytes(response, body)
        elif self._is_readable(response):
            self._send_body(response, body)
        else:
            body.lost()
            problem = Problem("not_acceptable", "This is sent without an encoding alone.")
            refused = problem_response(problem, self.request_id)
            self.code = refused.status
            self._send_bytes(refused, problem.encode(self.request_id))

    def _is_readable(self, response: Response) -> bool:
        """Tell whether the client takes a body that comes piece by piece; most that do are in the
        encoding it asked for."""
        if self.api is None or "Content-Encoding" in response.headers:
            return True
        return _encoding(self.api, pays=False) == "identity"

    def _send_bytes(self, response: Response, body: bytes) -> None:
        headers = response.headers
        if response.compress and body and self.api is not None:
            pays = len(body) >= _COMPRESS_FROM
            encoding = _encoding(self.api, pays=pays)
            if pays or encoding != "identity":
                headers = {**headers, "Vary": "Accept-Encoding"}
            if encoding != "identity":
                body = encode(encoding, body)
                headers = {**headers, "Content-Encoding": encoding}
        bare = response.status in _WITHOUT_CONTENT
        head = self._head(response, headers, None if bare else len(body))
        if bare or self.method == b"HEAD":
            body = b""
        self._channel().write(head + body)  # type: ignore[no-untyped-call]
        self.sentLength = len(body)
        self.complete()

    def _send_body(self, response: Response, body: AnswerBody) -> None:
        channel = self._channel()
        length = body.length
        headers = response.headers
        if length is None:
            headers = {**headers, "Transfer-Encoding": "chunked"}
        channel.write(self._head(response, headers, length))  # type: ignore[no-untyped-call]
        if self.method == b"HEAD":
            body.lost()
            self.complete()
            return
        self.chunked = int(length is None)
        self._body = body
        self.registerProducer(_Tap(body), True)  # type: ignore[no-untyped-call]
        if channel.waiting_for_client:
            body.pause()
        body.start(WireOutlet(self))

    def _head(self, response: Response, headers: Mapping[str, str], length: int | None) -> bytes:
        """The head of the answer as bytes.

        Written here and not through twisted's Headers, which costs as much as the rest of a small
        answer. ValueError for a name or a value that would end its line.
        """
        reason = RESPONSES.get(response.status, b"Other")
        lines = [b"HTTP/1.1 %d %b\r\n" % (response.status, reason), self.site.standing_headers()]
        more = {"X-Request-Id": self.request_id, **headers}
        if not any(name.lower() == "cache-control" for name in headers):
            more["Cache-Control"] = "no-store"
        if response.media_type is not None:
            more["Content-Type"] = response.media_type
        if length is not None:
            more["Content-Length"] = str(length)
        if not self._channel().persistent:
            more["Connection"] = "close"
        text = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        if text.count("\n") != len(more) or text.count("\r") != len(more):
            raise ValueError("a header of an answer holds a line break")
        lines += (text.encode("latin-1"), b"\r\n")
        self.startedWriting = 1
        return b"".join(lines)

    def complete(self) -> None:
        """The whole answer was written."""
        if self.lost or self.finished:
            return
        self._body = None
        self._leave()
        if self.producer is not None:
            self.unregisterProducer()  # type: ignore[no-untyped-call]
        if self._feed is not None:
            self._feed.close(BodyLost("the request was answered before its body ended"))
        self.finish()  # type: ignore[no-untyped-call]

    def _leave(self) -> None:
        entered, self._entered = self._entered, None
        if entered is not None:
            self.site.leave(entered)

    def _abort(self) -> None:
        if self.channel is not None:
            self.channel.abort()

    def _close_short(self) -> None:
        channel = self.channel
        if channel is None or self.lost or self.finished:
            return
        body, self._body = self._body, None
        if body is not None:
            body.lost()
        if self.producer is not None:
            self.unregisterProducer()  # type: ignore[no-untyped-call]
        channel.loseConnection()

    def _channel(self) -> ApiChannel:
        channel = self.channel
        if channel is None:
            raise RuntimeError("the connection of this request is gone")
        return channel


class WireOutlet:
    """The `Outlet` of one answer."""

    def __init__(self, request: WireRequest) -> None:
        self._request = request

    def write(self, data: bytes) -> None:
        """Send bytes; ignored once the request is over."""
        if not self._request.lost and not self._request.finished:
            self._request.write(data)  # type: ignore[no-untyped-call]

    def finish(self) -> None:
        """The body is complete."""
        self._request.complete()

    def abort(self) -> None:
        """Cut the connection."""
        self._request._abort()

    def later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` in `seconds`, unless cancelled."""
        delayed = self._request.site.clock.callLater(seconds, call)

        def cancel() -> None:
            try:
                delayed.cancel()
            except (AlreadyCalled, AlreadyCancelled):
                return

        return cancel


@implementer(IPushProducer)
class _Tap:
    """What twisted's transport pauses and resumes: passes it on to the body."""

    def __init__(self, body: AnswerBody) -> None:
        self._body = body

    def pauseProducing(self) -> None:
        """The send buffer is full."""
        self._body.pause()

    def resumeProducing(self) -> None:
        """The send buffer is empty."""
        self._body.resume()

    def stopProducing(self) -> None:
        """The transport is gone; `WireRequest.connectionLost` tells the body."""


def _check_body(route: Route, headers: Headers, length: int | None) -> Encoding:
    """Refuse a body that the route does not take, by what its headers say."""
    limits = route.limits
    if length == 0:
        if route.request_body is not None and route.request_body.required:
            raise Problem("bad_request", "This operation needs a body.")
        return "identity"
    if route.request_body is None:
        raise Problem("body_too_large", "This operation takes no body.", close=True)
    if length is not None and length > limits.max_body:
        raise Problem(
            "body_too_large",
            f"The body has {length} bytes, at most {limits.max_body} are taken.",
            close=True,
        )
    media = headers.get("Content-Type")
    kind = (media or "").partition(";")[0].strip().lower()
    if kind not in route.request_body.media:
        raise Problem(
            "media_type_unsupported",
            f"Content-Type must be {' or '.join(sorted(route.request_body.media))}.",
        )
    encoding = (headers.get_list("Content-Encoding") or "identity").strip().lower()
    for known in limits.encodings:
        if encoding == known:
            return known
    raise Problem(
        "encoding_unsupported",
        f"Content-Encoding must be {' or '.join(limits.encodings)}.",
        headers={"Accept-Encoding": ", ".join(limits.encodings)},
    )


def _check_acceptable(route: Route, headers: Headers) -> None:
    """Refuse a request whose answer the client would not take in any encoding, before it has had
    an effect.

    A header that makes no sense is no reason here: see `_encoding`.
    """
    try:
        least(headers.get_list("Accept-Encoding"))
    except Problem as problem:
        if problem.code != "not_acceptable":
            return
        if any(answer.media for answer in route.responses.values()):
            raise


def _encoding(api: ApiRequest, *, pays: bool) -> ContentEncoding:
    """What the client accepts; identity where its header makes no sense, to answer at all."""
    try:
        return api.encoding() if pays else api.least_encoding()
    except Problem:
        return "identity"


def _expects_continue(headers: Headers) -> bool:
    expected: Any = headers.get("Expect")
    if expected is None:
        return False
    if expected.strip().lower() != "100-continue":
        raise Problem("expectation_failed", "The only expectation known is 100-continue.")
    return True
