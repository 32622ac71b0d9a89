"""Channels: one HTTP/1.1 connection, its deadlines, its end and its back-pressure.

twisted's `HTTPChannel` parses. This subclass decides what twisted leaves open:

- a request with a body is handed over as soon as its headers are complete, so that it can be
  refused before the body is read;
- reading stops while a body's taker pauses it, and only then: a client that does not take its
  answer must not keep the rest of its own body from being read (it would wait for us, we for it);
- a pipelined request waits until the client has taken the answer before it;
- each phase of a connection has a deadline, and no state waits for the client forever;
- a connection is closed by sending the close alert and then reading on for a while: closing a
  socket with unread input resets it and may destroy the answer before the client has read it.

It uses twisted's `_command`, `_path`, `_version`, `_handlingRequest`, `_dataBuffer`,
`_waitingForTransport`, `_networkProducer` and `_requestProducer`, which twisted's own HTTP/1.1
tests pin down; tests/unit/http/test_channel.py fails when they change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from twisted.internet.interfaces import IHandshakeListener
from twisted.protocols.basic import LineReceiver
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from twisted.web.http import RESPONSES, HTTPChannel
from zope.interface import implementer  # type: ignore[import-untyped]

from appliance.http.deadline import Deadline
from appliance.http.peer import PeerCertificate
from appliance.http.problem import MEDIA_TYPE, Problem
from appliance.http.tls import peer_certificate

if TYPE_CHECKING:
    from appliance.http.site import ApiSite
    from appliance.http.wire import WireRequest

_PROGRESS = 1024  # bytes a client must take within a deadline for it to start again
_LONGEST_LENGTH = 15  # digits of Content-Length that are still parsed


@implementer(IHandshakeListener)
class ApiChannel(HTTPChannel):
    """One connection of an `ApiSite`."""

    requests: list[WireRequest]
    factory: ApiSite
    transport: Any
    timeOut = None  # noqa: N815 - twisted's idle timer; the deadline replaces it
    _command: Any
    _networkProducer: Any  # noqa: N815
    _requestProducer: Any  # noqa: N815

    def __init__(self, site: ApiSite) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.factory = site
        limits = site.limits
        self.maxHeaders = limits.max_headers
        self.totalHeadersSize = limits.max_headers_bytes
        self.MAX_LENGTH = limits.max_line_bytes
        self._limits = limits
        self._deadline = Deadline(site.clock, self._deadline_passed)
        self.secure = False
        self._handshaking = False
        self._reading_headers = True
        self._reading_body = False
        self._body_paused = False
        self._replay_due = False
        self._closing = False
        self._refused = False
        self._buffered = 0
        self._discarded = 0
        self._unsent = 0
        self._peer: PeerCertificate | None = None
        self._peer_known = False

    # Life of the connection

    def connectionMade(self) -> None:
        """Begin the deadline of the handshake, or of the first request without TLS."""
        super().connectionMade()  # type: ignore[no-untyped-call]
        self.secure = self._handshaking = isinstance(self.transport, TLSMemoryBIOProtocol)
        self.factory.channels.add(self)
        self._watch()

    def handshakeCompleted(self) -> None:
        """TLS is up; the first request is due."""
        self._handshaking = False
        self._watch()

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """Tell the request under way, release the timer."""
        self._deadline.stop()
        self._closing = True
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        self.factory.closed(self)

    def loseConnection(self) -> None:
        """Close after what was written, and read on for a while; see the module's text."""
        if self._closing:
            return
        self._closing = True
        self._dataBuffer = []
        self._networkProducer.resumeProducing()
        super().loseConnection()  # type: ignore[no-untyped-call]
        self._watch()

    def abort(self) -> None:
        """Reset the connection at once."""
        self._closing = True
        if self.transport is not None:
            self.transport.abortConnection()

    @property
    def closing(self) -> bool:
        """Whether nothing that arrives is looked at any more."""
        return self._closing

    @property
    def reading_body(self) -> bool:
        """Whether a body is under way that has not arrived whole."""
        return self._reading_body

    @property
    def waiting_for_client(self) -> bool:
        """Whether the send buffer is full because the client does not take what was sent."""
        return self._waitingForTransport

    @property
    def peer(self) -> PeerCertificate | None:
        """The client certificate of this connection, read once."""
        if not self._peer_known:
            self._peer = peer_certificate(self.transport)
            self._peer_known = True
        return self._peer

    # Input

    def dataReceived(self, data: bytes) -> None:
        """Parse, or discard while closing."""
        if self._closing:
            self._discarded += len(data)
            if self._discarded > self._limits.linger_bytes:
                self.abort()
            return
        if self._reading_body:
            if not self._body_paused:
                self._deadline.set(self._limits.body_stall_s)
        elif not self._reading_headers and not self._handlingRequest:
            self._reading_headers = True
            self._watch()
        LineReceiver.dataReceived(self, data)  # type: ignore[no-untyped-call]

    def lineReceived(self, line: bytes) -> None:
        """Take a line of the head of a request, unless the request is already refused."""
        if self._closing:
            return
        if self._receivedHeaderSize + len(line) > self.totalHeadersSize:
            self._refuse_head(
                "headers_too_large",
                f"The headers are larger than {self.totalHeadersSize} bytes.",
            )
            return
        if line[:1] in (b" ", b"\t"):
            self._refuse_head("bad_request", "A header line begins with white space.")
            return
        super().lineReceived(line)  # type: ignore[no-untyped-call]

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a line without an end in sight."""
        code = "headers_too_large" if self._receivedHeaderSize else "target_too_long"
        self._refuse_head(code, f"A line is longer than {self.MAX_LENGTH} bytes.")

    def headerReceived(self, line: bytes) -> bool:
        """Take one header."""
        if self._closing:
            return False
        if self._receivedHeaderCount >= self.maxHeaders:
            self._refuse_head(
                "headers_too_large", f"There are more than {self.maxHeaders} headers."
            )
            return False
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and len(value.strip()) > _LONGEST_LENGTH:
            self._refuse_head("bad_request", "Content-Length is not a length.")
            return False
        return bool(super().headerReceived(line))  # type: ignore[no-untyped-call]

    def allHeadersReceived(self) -> None:
        """Hand a request with a body over now; one without is complete in a moment."""
        if self._closing:
            return
        request = self.requests[-1]
        self.persistent = self.checkPersistence(request, self._version)  # type: ignore[no-untyped-call]
        self._reading_headers = False
        if self.length != 0:
            self._reading_body = True
            self._watch()
            request.begin(self._command, cast(bytes, self._path), self._version, self.length)

    def rawDataReceived(self, data: bytes) -> None:
        """Take a piece of a body, or keep a little of what a client pipelines."""
        if self._closing:
            return
        if self._handlingRequest:
            # twisted goes on reading here while the client does not take the answer, and keeps
            # whatever it sends.
            self._dataBuffer.append(data)
            self._buffered += len(data)
            if self._buffered > self._optimisticEagerReadSize:
                self._networkProducer.pauseProducing()
            return
        super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        """The request is complete."""
        if self._closing:
            return
        self._reading_body = False
        self._body_paused = False
        super().allContentReceived()  # type: ignore[no-untyped-call]
        self._watch()

    def _respondToBadRequestAndDisconnect(self) -> None:
        if self._reading_body:
            self.requests[-1].body_broken()
        else:
            self._refuse_head("bad_request", "The request line, a header or the framing is wrong.")

    def _refuse_head(self, code: str, detail: str) -> None:
        """Answer a request whose head cannot be used, and close."""
        if self._closing or self._refused:
            return
        self._refused = True
        problem = Problem(code, detail)
        body = problem.encode(self.factory.new_request_id())
        reason = RESPONSES.get(problem.status, b"Refused")
        self.transport.write(
            b"HTTP/1.1 %d %b\r\nServer: fieldbox\r\nContent-Type: %b\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n%b"
            % (problem.status, reason, MEDIA_TYPE.encode(), len(body), body)
        )
        self.factory.refused_head(self, problem)
        self.loseConnection()

    def finish_up(self) -> None:
        """Close when the answer under way, if there is one, is written."""
        if self.requests and (self._handlingRequest or self._reading_body):
            self.persistent = False
        else:
            self.loseConnection()

    # From one request to the next

    def send_continue(self) -> None:
        """Tell a client that waits for it to send its body (RFC 9110, 10.1.1)."""
        self._send100Continue()  # type: ignore[no-untyped-call]

    def requestDone(self, request: Any) -> None:
        """The answer was written: close, or go on with what the client has pipelined."""
        del self.requests[0]
        if self._reading_body or not self.persistent:
            self.persistent = False
            self.loseConnection()
        elif self._waitingForTransport:
            self._replay_due = True
            self._watch()
        else:
            self._next_request()

    def _next_request(self) -> None:
        self._replay_due = False
        self._handlingRequest = False
        data = b"".join(self._dataBuffer)
        self._dataBuffer = []
        self._buffered = 0
        self._reading_headers = bool(data)
        self._watch()
        self._networkProducer.resumeProducing()
        self.setLineMode(data)  # type: ignore[no-untyped-call]

    # Back-pressure

    def set_reading(self, reading: bool) -> None:
        """Stop reading the body under way, or go on."""
        if self._closing or not self._reading_body:
            return
        self._body_paused = not reading
        if reading:
            self._networkProducer.resumeProducing()
        else:
            self._networkProducer.pauseProducing()
        self._watch()

    def pauseProducing(self) -> None:
        """The send buffer is full: stop the answer, and do not take further requests."""
        self._waitingForTransport = True
        if self._requestProducer is not None:
            self._requestProducer.pauseProducing()
        if not self._handlingRequest and not self._reading_body:
            self._networkProducer.pauseProducing()
        self._watch()

    def resumeProducing(self) -> None:
        """The send buffer is empty: go on with the answer, or with the next request."""
        self._waitingForTransport = False
        if self._requestProducer is not None:
            self._requestProducer.resumeProducing()
        if self._replay_due:
            self._next_request()
            return
        if not self._handlingRequest and not self._body_paused:
            self._networkProducer.resumeProducing()
        self._watch()

    # Deadlines

    def _watch(self) -> None:
        """Set the deadline of the state the connection is in now."""
        seconds = self._seconds()
        if seconds is None:
            self._deadline.clear()
        else:
            self._unsent = self._unsent_bytes() if self._answer_under_way() else 0
            self._deadline.set(seconds)

    def _seconds(self) -> float | None:
        limits = self._limits
        if self._closing:
            return limits.linger_s
        if self._handshaking:
            return limits.handshake_s
        if self._reading_body and not self._body_paused:
            return limits.body_stall_s
        if self._reading_body or self._handlingRequest:
            # The box's own work has no deadline here; a client that takes nothing has one.
            return limits.stall_s if self._waitingForTransport else None
        return limits.headers_s if self._reading_headers else limits.idle_s

    def _answer_under_way(self) -> bool:
        return self._closing or self._waitingForTransport

    def _unsent_bytes(self) -> int:
        measure = getattr(self.transport, "unsent_bytes", None)
        return int(measure()) if measure is not None else 0

    def _deadline_passed(self) -> None:
        if self._progressing():
            seconds = self._seconds()
            if seconds is not None:
                self._deadline.set(seconds)
        elif self._reading_body and not self._body_paused and not self._closing:
            self.requests[-1].body_stalled()
        elif self._closing or self._handshaking or self._handlingRequest or self._reading_body:
            self.abort()
        elif self._reading_headers and self.requests:
            self._refuse_head("request_timeout", "The headers took too long to arrive.")
        else:
            self.loseConnection()

    def _progressing(self) -> bool:
        """Whether the client has taken a little more since the deadline was last set."""
        if self._reading_body and not self._body_paused and not self._closing:
            return False
        before, self._unsent = self._unsent, self._unsent_bytes()
        return self._unsent > 0 and before - self._unsent >= _PROGRESS
