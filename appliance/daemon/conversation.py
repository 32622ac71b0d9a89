r"""Conversations: what a command and the daemon say to each other, one connection each.

One request is one line of JSON, ``{"op": NAME, "params": {...}, "actor": TEXT}``; its answer is
lines of JSON: any number of ``{"progress": {...}}`` and ``{"rows": [...]}``, then exactly one of

    {"result": {...}}                   done; a result with rows lacks them here
    {"refused": {"text", "code"}}       not done; see `operation.REFUSALS`
    {"error": {"text", "reference"}}    the box failed; the daemon's log has the reference

A connection's requests are answered one after another; imports keep their state in it. Who asks is
what the kernel says of the peer (``SO_PEERCRED``); ``actor`` counts only from root, which may ask
for somebody else.
"""

from __future__ import annotations

import secrets
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import structlog
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.internet.threads import deferToThreadPool
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer  # type: ignore[import-untyped]

from appliance.daemon.control_socket import CHUNK, MAX_LINE
from appliance.daemon.operations.actor import actor_of
from appliance.daemon.operations.catalogue import perform
from appliance.daemon.operations.desk import Desk, Serving
from appliance.daemon.operations.operation import Listing, OperationRefused
from appliance.store.box import Box

STALL_S = 60.0
"""How long an answer waits for a command that does not read it."""

EXPORT_IDLE_S = 300.0
EXPORT_MOST_S = 3_600.0
"""How long exports stay open that nobody reads on, and how long in any case: while one is open, the
write-ahead log of the store grows."""

_log = structlog.get_logger("appliance.control")


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request."""

    op: str
    params: Any = {}
    actor: str = ""


class _Gone(Exception):
    """Nobody waits for the answer any more."""


@implementer(IPushProducer)
class _Tap:
    """Tells a thread whether the other side takes what is written."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()

    def pauseProducing(self) -> None:
        """Hold writing; the transport's buffer is full."""
        self.open.clear()

    def resumeProducing(self) -> None:
        """Go on; the buffer is empty."""
        self.open.set()

    def stopProducing(self) -> None:
        """Go on and find the connection gone."""
        self.open.set()


class Conversation(LineReceiver):
    """One command's connection."""

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE

    def __init__(
        self,
        reactor: Any,
        box: Box,
        pool: ThreadPool,
        serving: Serving,
        registered: set[Conversation],
    ) -> None:
        """Begin.

        Args:
            reactor: twisted's.
            box: what is asked about.
            pool: operations run in its threads.
            serving: where devices reach the daemon.
            registered: holds the conversation while it lasts.
        """
        self._reactor = reactor
        self._pool = pool
        self._registered = registered
        self._desk = Desk(box, serving=serving, running=True, progress=self._progress)
        self._tap = _Tap()
        self._uid = -1
        self._gone = False
        self._busy = False
        self._settling = False
        self._idle: list[Deferred[None]] = []
        self._exporting_since: float | None = None
        self._watch: Any = None

    # --- the connection, on the reactor's thread -----------------------------------------------

    @property
    def _wire(self) -> Any:
        """The transport; twisted's types say of it less than it is."""
        return self.transport

    def connectionMade(self) -> None:
        """Learn who is at the other end."""
        self._registered.add(self)
        self._wire.registerProducer(self._tap, True)
        self._uid = _peer_of(self._wire.getHandle())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Let a thread that writes find out."""
        self._gone = True
        self._tap.open.set()
        self._unwatch()
        if not self._busy:
            self._ended()

    def lineReceived(self, line: bytes) -> None:
        """Answer a request in a thread; the next one is read when that is done."""
        self._unwatch()
        self._work(self._answer, line)

    def _work(self, call: Callable[..., None], *arguments: Any) -> None:
        self._busy = True
        self.pauseProducing()  # type: ignore[no-untyped-call]
        done = deferToThreadPool(self._reactor, self._pool, call, *arguments)
        done.addErrback(self._broken)
        done.addCallback(self._answered)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a request that is too long; what follows it cannot be told apart from it."""
        text = f"a request has more than {MAX_LINE} bytes"
        self._write_line(_encoded({"refused": {"text": text, "code": "invalid"}}))
        self._hang_up()

    def close(self) -> Deferred[None]:
        """Close; fires when the operation under way has ended."""
        if not self._busy and not self._desk.imports and not self._desk.exports:
            if not self._gone:
                self._hang_up()
            return succeed(None)
        if not self._busy and not self._gone:
            self._hang_up()
        idle: Deferred[None] = Deferred()
        self._idle.append(idle)
        return idle

    def _answered(self, _result: object) -> None:
        self._busy = False
        if self._gone:
            self._ended()
        elif self._idle:
            self._hang_up()
            self._ended()
        else:
            self._watch_exports()
            self.resumeProducing()  # type: ignore[no-untyped-call]

    def _watch_exports(self) -> None:
        """See to it that an export that nobody reads on is closed."""
        if not self._desk.exports:
            self._exporting_since = None
            return
        now: float = self._reactor.seconds()
        if self._exporting_since is None:
            self._exporting_since = now
        left = self._exporting_since + EXPORT_MOST_S - now
        wait = max(0.0, min(EXPORT_IDLE_S, left))
        self._watch = self._reactor.callLater(wait, self._give_up_exports)

    def _unwatch(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None and watch.active():
            watch.cancel()

    def _give_up_exports(self) -> None:
        _log.warning("exports_left_open", count=len(self._desk.exports))
        self._work(self._desk.close_exports)

    def _broken(self, failure: Failure) -> None:
        _log.error("control_answer", exc_info=failure.value)
        self._abort()

    def _ended(self) -> None:
        if self._settling:
            return
        if self._desk.imports or self._desk.exports:
            self._settling = True
            # What is half done is settled before anybody counts on the store being still.
            done = deferToThreadPool(self._reactor, self._pool, self._desk.close)
            done.addErrback(self._unsettled)
            done.addCallback(lambda _result: self._left())
        else:
            self._left()

    def _unsettled(self, failure: Failure) -> None:
        _log.warning("import_unsettled", reason=str(failure.value))
        self._desk.imports.clear()

    def _left(self) -> None:
        self._settling = False
        self._registered.discard(self)
        waiting, self._idle = self._idle, []
        for idle in waiting:
            idle.callback(None)

    def _hang_up(self) -> None:
        # While a producer is registered the transport would wait for it.
        self._wire.unregisterProducer()
        self._wire.loseConnection()

    def _abort(self) -> None:
        if not self._gone:
            self._wire.abortConnection()

    def _write_line(self, line: bytes) -> None:
        if not self._gone:
            self._wire.writeSequence((line, b"\n"))

    # --- the operation, on a thread of the pool ------------------------------------------------

    def _answer(self, line: bytes) -> None:
        try:
            request = msgspec.json.decode(line, type=Request)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._send({"refused": {"text": f"no request: {error}", "code": "invalid"}})
            return
        try:
            actor = actor_of(self._uid, request.actor)
            for answer in _lines(perform(self._desk, request.op, request.params, actor)):
                self._write(answer)
        except OperationRefused as refused:
            self._send({"refused": {"text": str(refused), "code": refused.code}})
        except _Gone:
            return
        except Exception as error:
            reference = secrets.token_hex(4)
            _log.error("operation_failed", op=request.op, reference=reference, exc_info=error)
            text = f"{request.op} failed: {type(error).__name__}"
            self._send({"error": {"text": text, "reference": reference}})

    def _progress(self, state: dict[str, Any]) -> None:
        self._write(_encoded({"progress": state}))

    def _send(self, answer: dict[str, Any]) -> None:
        try:
            self._write(_encoded(answer))
        except _Gone:
            return

    def _write(self, line: bytes) -> None:
        """Write a line once the other side takes it."""
        if not self._tap.open.wait(STALL_S):
            self._reactor.callFromThread(self._abort)
            raise _Gone
        if self._gone:
            raise _Gone
        self._reactor.callFromThread(self._write_line, line)


def _encoded(answer: dict[str, Any]) -> bytes:
    return msgspec.json.encode(answer)


def _lines(result: Any) -> Iterator[bytes]:
    """Cut a result into lines of an answer.

    Raises:
        OperationRefused: a single part of it is larger than a line may be.
    """
    if not isinstance(result, Listing):
        yield _bounded(_encoded({"result": result}))
        return
    head = msgspec.to_builtins(msgspec.structs.replace(result, rows=[]))
    del head["rows"]
    yield from _row_lines(result.rows)
    yield _bounded(_encoded({"result": head}))


def _row_lines(rows: Iterable[Any]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for row in rows:
        held.append(msgspec.json.encode(row))
        size += len(held[-1]) + 1
        if size >= CHUNK:
            yield _bounded(b'{"rows":[' + b",".join(held) + b"]}")
            held, size = [], 0
    yield _bounded(b'{"rows":[' + b",".join(held) + b"]}")


def _bounded(line: bytes) -> bytes:
    if len(line) > MAX_LINE:
        raise OperationRefused(
            f"the answer holds a part of {len(line)} bytes; {MAX_LINE} is the most", "unavailable"
        )
    return line


def _peer_of(handle: socket.socket) -> int:
    """Return the user id of the process at the other end; see ``unix(7)``."""
    packed = handle.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", packed)
    return int(uid)
