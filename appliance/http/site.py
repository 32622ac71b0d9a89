"""Sites: the factory of HTTP channels, and everything one request needs that is not its own."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count

import msgspec
import structlog
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory
from twisted.python.failure import Failure
from twisted.web.http import datetimeToString

from appliance.http.channel import ApiChannel
from appliance.http.deadline import Clock
from appliance.http.limits import ConnectionLimits, GuardedFactory
from appliance.http.problem import Problem
from appliance.http.request import ApiRequest, Identity
from appliance.http.route import Route, RouteTable, Takes
from appliance.http.tls import ContextSwitch
from appliance.http.wire import WireRequest
from appliance.store.system_clock import system_now_ms

Authenticate = Callable[[ApiRequest], "Identity | Deferred[Identity]"]
"""Who a request comes from, by its `route.auth`; raises or fails with Problem. While a Deferred
is pending nothing of the body is read."""

Overload = Callable[[], int | None]
"""Seconds a device should wait, or None while the box keeps up. Asked before a body is read."""


NoRoom = Callable[[Takes], "Problem | None"]
"""Why the disk cannot take more of something, or None while it can. Asked before a body is read."""


class AccessRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One answered or lost request.

    Attributes:
        request_id: as in the header ``X-Request-Id``.
        method: on the wire, at most 20 characters.
        route: the path template, or empty where no route matched; fit for a metric's label.
        path: the raw path, at most 200 characters.
        status: of the answer; 0 where the connection was lost before there was one.
        bytes_in: of the body, on the wire.
        bytes_out: of the answer's body, before transfer coding.
        seconds: from the end of the request's headers to the end of its answer.
        address: the client's.
        subject: the device's id, or None.
        lost: whether the connection was lost before the answer was complete.
    """

    request_id: str
    method: str
    route: str
    path: str
    status: int
    bytes_in: int
    bytes_out: int
    seconds: float
    address: str
    subject: str | None
    lost: bool


class ApiSite(ServerFactory[ApiChannel]):
    """Makes a channel of each connection and answers its requests from a table of routes.

    Made by `make_site`. Listen with `tls_factory`, or with the site itself where plain HTTP is
    enough: metrics on loopback.

    Attributes:
        channels: the open connections.
    """

    noisy = False

    def __init__(
        self,
        table: RouteTable,
        *,
        clock: Clock,
        authenticate: Authenticate,
        overload: Overload,
        no_room: NoRoom,
        limits: ConnectionLimits,
        observe: Callable[[AccessRecord], None] | None,
        now_ms: Callable[[], int],
        request_ids: Callable[[], str],
        log_all: bool,
    ) -> None:
        self.table = table
        self.clock = clock
        self.authenticate = authenticate
        self.overload = overload
        self.no_room = no_room
        self.limits = limits
        self.new_request_id = request_ids
        self.channels: set[ApiChannel] = set()
        self._observe = observe
        self._now_ms = now_ms
        self._log_all = log_all
        self._log = structlog.get_logger("appliance.http")
        self._date_second = -1
        self._standing = b""
        self._drained: list[Deferred[None]] = []
        self._under_way: Counter[str] = Counter()

    def buildProtocol(self, addr: IAddress | None) -> ApiChannel:
        """The channel of a new connection."""
        channel = ApiChannel(self)
        channel.requestFactory = WireRequest  # type: ignore[assignment]
        return channel

    def tls_factory(self, contexts: ContextSwitch) -> GuardedFactory:
        """What to listen with: TLS around this site, within its limits."""
        return GuardedFactory(contexts, self, self.limits, self.clock)

    def standing_headers(self) -> bytes:
        """The header lines every answer begins with, rendered once a second."""
        second = self._now_ms() // 1000
        if second != self._date_second:
            self._date_second = second
            date = datetimeToString(second)  # type: ignore[no-untyped-call]
            self._standing = (
                b"Server: fieldbox\r\nDate: %b\r\nX-Content-Type-Options: nosniff\r\n" % date
            )
        return self._standing

    # Requests under way

    def enter(self, subject: str, method: str) -> None:
        """Count a request of a device.

        Raises:
            Problem: it is one too many; 503 on HEAD, because clients of tus forget an upload
                whose HEAD is answered 4xx.
        """
        most = self.limits.max_requests_per_device
        if self._under_way[subject] >= most:
            raise Problem(
                "overloaded" if method == "HEAD" else "too_many_requests",
                f"{most} requests of this device are under way; await the end of some.",
                headers={"Retry-After": "1"},
            )
        self._under_way[subject] += 1

    def leave(self, subject: str) -> None:
        """A request that had entered is over."""
        self._under_way[subject] -= 1
        if not self._under_way[subject]:
            del self._under_way[subject]

    # The log

    def log(self, request: WireRequest) -> None:
        """Record a request whose answer is complete or whose connection is lost.

        Rendering a line costs as much as a small answer, so successes are logged only where the
        site was asked to.
        """
        worth_a_line = self._log_all or request.lost or request.code >= 400
        if self._observe is None and not worth_a_line:
            return
        api = request.api
        identity = api.identity if api is not None else None
        record = AccessRecord(
            request_id=request.request_id,
            method=request.method[:20].decode("ascii", "replace"),
            route=request.route.path if request.route is not None else "",
            path=request.uri.partition(b"?")[0][:200].decode("ascii", "replace"),
            status=request.code if request.startedWriting else 0,
            bytes_in=request.bytes_in,
            bytes_out=request.sentLength,
            seconds=self.clock.seconds() - request.began,
            address=getattr(request.client, "host", ""),
            subject=identity.subject if identity is not None else None,
            lost=request.lost,
        )
        if self._observe is not None:
            self._observe(record)
        if worth_a_line:
            say = self._log.warning if record.status >= 500 else self._log.info
            say("request", **msgspec.structs.asdict(record))

    def refused_head(self, channel: ApiChannel, problem: Problem) -> None:
        """Record a request that was refused before it could be told what it is."""
        self._log.info(
            "request_refused",
            code=problem.code,
            detail=problem.detail,
            address=getattr(channel.getPeer(), "host", ""),  # type: ignore[no-untyped-call]
        )

    def failed(self, request: WireRequest, failure: Failure) -> None:
        """Record what a handler raised: our fault, with its traceback."""
        self._log.error(
            "request_failed",
            request_id=request.request_id,
            method=request.method[:20].decode("ascii", "replace"),
            path=request.uri.partition(b"?")[0][:200].decode("ascii", "replace"),
            exc_info=failure.value,
        )

    # Ending connections

    def drop(self, revoked: Callable[[Identity], bool]) -> int:
        """Cut every connection on which a request of such an identity is under way.

        Idle connections stay: their next request is authenticated anew. Returns how many.
        """
        dropped = 0
        for channel in list(self.channels):
            for request in channel.requests:
                identity = request.api.identity if request.api is not None else None
                if identity is not None and revoked(identity):
                    channel.abort()
                    dropped += 1
                    break
        return dropped

    def drain(self) -> Deferred[None]:
        """Close each connection after the answer under way; fires when none is left.

        Stop listening first. Open streams must be ended by their owners, or by `abort`.
        """
        drained: Deferred[None] = Deferred()
        self._drained.append(drained)
        for channel in list(self.channels):
            channel.finish_up()
        self._check_drained()
        return drained

    def abort(self) -> None:
        """Cut every connection at once."""
        for channel in list(self.channels):
            channel.abort()

    def closed(self, channel: ApiChannel) -> None:
        """A channel's connection is gone."""
        self.channels.discard(channel)
        self._check_drained()

    def _check_drained(self) -> None:
        if not self.channels:
            drained, self._drained = self._drained, []
            for waiting in drained:
                waiting.callback(None)


def make_site(
    routes: Iterable[Route],
    *,
    clock: Clock,
    authenticate: Authenticate,
    overload: Overload = lambda: None,
    no_room: NoRoom = lambda _takes: None,
    limits: ConnectionLimits | None = None,
    observe: Callable[[AccessRecord], None] | None = None,
    now_ms: Callable[[], int] = system_now_ms,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
    log_all: bool = False,
) -> ApiSite:
    """Build a site.

    Args:
        routes: every operation; two of one method and path are a ValueError.
        clock: the reactor.
        authenticate: see `Authenticate`; never called for routes of `auth` ``none``.
        overload: see `Overload`.
        no_room: see `NoRoom`; asked for routes that take something.
        limits: of connections; the defaults where None.
        observe: called with the record of each request, for metrics; must not raise.
        now_ms: the time that answers are dated with, UTC milliseconds.
        entropy: random bytes, for the prefix of the request ids.
        log_all: log successes too; refusals, failures and lost requests always are.
    """
    prefix = entropy(4).hex()
    numbers = count(1)
    return ApiSite(
        RouteTable(routes),
        clock=clock,
        authenticate=authenticate,
        overload=overload,
        no_room=no_room,
        limits=limits or ConnectionLimits(),
        observe=observe,
        now_ms=now_ms,
        request_ids=lambda: f"{prefix}-{next(numbers):x}",
        log_all=log_all,
    )
