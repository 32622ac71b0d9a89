"""``GET /v1/live``: a device learns that something it may see has changed. It says nothing else.

Commits are gathered for a moment, so that a burst is one event. Each stream keeps its buckets as a
packed array, because hundreds of devices hold hundreds of buckets each.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable

import orjson
from twisted.internet.defer import Deferred

from appliance.http.deadline import Clock
from appliance.http.events import EventStream
from appliance.http.identity import DeviceIdentity, device_of
from appliance.http.request import ApiRequest
from appliance.http.response import EVENTS, Response
from appliance.http.route import Answer, Route
from appliance.http.store_calls import read, side_read, written
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.pages import PullReader
from appliance.store.writer import Commit

GATHER_S = 0.2
"""Commits of so many seconds make one event."""

REGRANT_S = 1.0
"""After data that decides grants changed, how long until devices that listen are looked at."""


class _Listener:
    __slots__ = ("buckets", "identity", "stream")

    def __init__(self, stream: EventStream, identity: DeviceIdentity) -> None:
        self.stream = stream
        self.identity = identity
        self.buckets: array[int] | None = None


class LiveHub:
    """Every open live stream."""

    def __init__(self, box: Box, clock: Clock) -> None:
        self._box = box
        self._clock = clock
        self._listeners: dict[int, set[_Listener]] = {}
        self._changed: set[int] = set()
        self._head = 0
        self._gathering = False
        self._checks: deque[int] = deque()
        self._checking = False
        self._regranting = False

    def __len__(self) -> int:
        return sum(len(those) for those in self._listeners.values())

    def open(self, request: ApiRequest) -> Response:
        """Open a stream; its first event tells the head."""
        identity = device_of(request)
        number = identity.number
        stream = EventStream(closed=lambda: self._drop(number, listener))
        listener = _Listener(stream, identity)
        self._listeners.setdefault(number, set()).add(listener)
        self._load(listener, greet=True)
        return Response(body=stream, media_type=EVENTS)

    def _drop(self, number: int, listener: _Listener) -> None:
        those = self._listeners.get(number)
        if those is not None:
            those.discard(listener)
            if not those:
                del self._listeners[number]

    def _load(self, listener: _Listener, *, greet: bool) -> None:
        number = listener.identity.number

        def look(connection: Connection) -> tuple[int, list[int]]:
            reader = PullReader(connection, frozenset())
            return reader.head(), reader.granted(number, reader.head())

        def loaded(found: tuple[int, list[int]]) -> None:
            head, buckets = found
            listener.buckets = array("q", buckets)
            if greet:
                _tell(listener, head)

        read(self._box.store, look).addCallback(loaded).addErrback(
            lambda _failure: listener.stream.close()
        )

    def committed(self, commit: Commit) -> None:
        """Take note of a commit."""
        self._head = max(self._head, commit.head)
        for number in commit.regranted:
            for listener in self._listeners.get(number, ()):
                self._load(listener, greet=True)
        if not self._listeners:
            return
        self._changed.update(entry.bucket for entry in commit.changes)
        if self._changed and not self._gathering:
            self._gathering = True
            self._clock.callLater(GATHER_S, self._flush)
        if not self._regranting and self._box.sources and self._decides_grants(commit):
            self._regranting = True
            self._clock.callLater(REGRANT_S, self._regrant)

    def _decides_grants(self, commit: Commit) -> bool:
        return any(
            entry.change is not None and entry.change.collection in self._box.sources
            for entry in commit.changes
        )

    def _flush(self) -> None:
        self._gathering = False
        changed, self._changed = self._changed, set()
        for those in list(self._listeners.values()):
            for listener in list(those):
                if listener.buckets is None or not changed.isdisjoint(listener.buckets):
                    _tell(listener, self._head)

    # --- grants that may have changed ----------------------------------------------------------

    def _regrant(self) -> None:
        self._regranting = False
        waiting = set(self._checks)
        self._checks.extend(number for number in self._listeners if number not in waiting)
        if not self._checking:
            self._check_next()

    def _check_next(self) -> None:
        """Look at one device: computed on a reader, written only where it differs."""
        self._checking = bool(self._checks)
        if not self._checks:
            return
        number = self._checks.popleft()
        if number not in self._listeners:
            self._clock.callLater(0, self._check_next)
            return

        def differs(connection: Connection) -> bool:
            enrolled = IdentityBook(connection).enrolled_by_number(number)
            if enrolled is None:
                return False
            reader = PullReader(connection, self._box.sources)
            if reader.grants_current(number):
                return False
            named = self._box.reading_hooks(connection).device_buckets(enrolled)
            names = {
                name
                for (name,) in connection.rows(
                    "SELECT b.name FROM box_grants g JOIN box_buckets b ON b.num = g.bucket"
                    " WHERE g.device = ? AND g.since <= ? AND g.until > ?",
                    (number, reader.head(), reader.head()),
                )
            }
            return named.buckets != names if named.complete else not named.buckets <= names

        def found(different: bool) -> Deferred[bool] | None:
            if not different:
                return None
            return written(self._box.store, lambda tx: self._box.refresh_grants(tx, number))

        side_read(self._box.store, differs).addCallback(found).addBoth(
            lambda _result: self._check_next()
        )

    def close_revoked(self, active: Callable[[str], bool]) -> None:
        """Close the streams of devices that may not listen any more."""
        for those in list(self._listeners.values()):
            for listener in list(those):
                if not active(listener.identity.subject):
                    listener.stream.close()

    def close(self) -> None:
        """Close every stream."""
        for those in list(self._listeners.values()):
            for listener in list(those):
                listener.stream.close()


def _tell(listener: _Listener, head: int) -> None:
    listener.stream.send("head", orjson.dumps({"head": head}).decode())


def live_routes(hub: LiveHub) -> tuple[Route, ...]:
    """Make the routes."""
    return (
        Route(
            method="GET",
            path="/v1/live",
            handler=hub.open,
            summary="Be told of changes",
            description=(
                'Server-sent events. `event: head` with `{"head": n}` first and whenever '
                "something this device may see has changed; a comment line every 20 s. Pull then."
            ),
            responses={200: Answer(description="The stream.", media={EVENTS: {"type": "string"}})},
            head=False,
            tags=("sync",),
        ),
    )
