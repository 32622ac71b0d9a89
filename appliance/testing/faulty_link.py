"""FaultyLink: a TCP proxy that breaks connections where a plan says.

It stands between a device and an appliance and forwards bytes until a direction reached the
number of bytes at which its fault is due. It sees TLS records only; nothing is decrypted. One
thread serves all connections of one link.
"""

from __future__ import annotations

import random
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]
"""``up``: device to appliance; ``down``: appliance to device."""

Kind = Literal["reset", "close", "stall", "delay"]
"""``reset``: a TCP reset both ways. ``close``: an orderly end both ways. ``stall``: nothing moves
for `seconds`, then a reset. ``delay``: nothing moves for `seconds`, then all goes on."""

_CHUNK = 65_536
_LINGER_RESET = struct.pack("ii", 1, 0)  # closing sends RST


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one connection.

    Attributes:
        after: bytes forwarded in `direction` before it happens; 0 is before the first.
        direction: whose bytes are counted.
        kind: see `Kind`.
        seconds: how long a stall or delay lasts.
    """

    after: int
    direction: Direction = "down"
    kind: Kind = "reset"
    seconds: float = 0.0


Plan = Callable[[int], Fault | None]
"""Gives the fault of a connection by its number, which counts from 0; None for none."""


def scripted(faults: Iterable[Fault | None]) -> Plan:
    """A plan that gives the first connections these faults and leaves later ones alone."""
    listed = list(faults)
    return lambda number: listed[number] if number < len(listed) else None


def random_faults(
    seed: int | str,
    *,
    most: int,
    longest: int = 1 << 20,
    kinds: Sequence[Kind] = ("reset", "close", "delay"),
    seconds: float = 0.05,
) -> Plan:
    """A plan of `most` faults at random bytes, the same for the same seed.

    Half of the cuts are due within some kilobytes, where handshakes and heads are; the exponent
    of the rest is uniform up to `longest` bytes.
    """
    source = random.Random(seed)  # a repeatable plan, not a secret
    faults = [
        Fault(
            after=int(2 ** source.uniform(0, source.choice((12, longest.bit_length() - 1)))),
            direction=source.choice(("up", "down")),
            kind=source.choice(kinds),
            seconds=seconds,
        )
        for _ in range(most)
    ]
    return scripted(faults)


class _Pair:
    """One connection: two sockets, what was forwarded, what waits to be written."""

    def __init__(self, device: socket.socket, appliance: socket.socket, fault: Fault | None):
        self.sockets = {"up": device, "down": appliance}  # read from, by direction
        self.targets = {"up": appliance, "down": device}
        self.waiting: dict[Direction, bytearray] = {"up": bytearray(), "down": bytearray()}
        self.ended: dict[Direction, bool] = {"up": False, "down": False}
        self.forwarded: dict[Direction, int] = {"up": 0, "down": 0}
        self.fault = fault
        self.resume_at: float | None = None
        self.stalled = False

    def room(self, direction: Direction) -> int:
        """Bytes of a direction that may be taken before the fault is due."""
        if self.fault is None or self.fault.direction != direction:
            return _CHUNK
        taken = self.forwarded[direction] + len(self.waiting[direction])
        return min(_CHUNK, self.fault.after - taken)

    def due(self) -> bool:
        """Whether everything before the fault was forwarded."""
        return self.fault is not None and self.forwarded[self.fault.direction] >= self.fault.after


class FaultyLink:
    """A running proxy; use it as a context manager or call `close`.

    Args:
        host, port: the appliance.
        plan: the fault of each connection.

    Attributes:
        port: where it listens on 127.0.0.1.
        connections: accepted so far.
        faults: that happened so far.
        forwarded: bytes by direction, as on the wire.
    """

    def __init__(self, host: str, port: int, plan: Plan = lambda _: None) -> None:
        self._target = (host, port)
        self._plan = plan
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setblocking(False)
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._pairs: set[_Pair] = set()
        self._closing = False
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.faults = 0
        self.forwarded: dict[Direction, int] = {"up": 0, "down": 0}
        self._thread = threading.Thread(target=self._run, name="faulty-link", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address a device uses in place of the appliance's."""
        return f"https://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Cut every connection and stop listening; it may be called again."""
        if not self._closing:
            # In this order: the thread closes the other end as soon as it sees the flag. The
            # byte is never taken, so the thread keeps waking until it does.
            self._waker.send(b"x")
            self._closing = True
            self._thread.join()
            self._waker.close()

    def __enter__(self) -> FaultyLink:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Everything below runs in the proxy's thread.

    def _run(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        try:
            while not self._closing:
                now = time.monotonic()
                pauses = [p.resume_at - now for p in self._pairs if p.resume_at is not None]
                for key, events in self._selector.select(max(0.0, min(pauses, default=60.0))):
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.data is not None and key.data in self._pairs:
                        self._move(key.data, key.fileobj, events)
                for pair in list(self._pairs):
                    self._resume(pair)
        finally:
            for pair in list(self._pairs):
                self._end(pair, reset=True)
            self._listener.close()
            self._wake.close()
            self._selector.close()

    def _accept(self) -> None:
        try:
            device, _ = self._listener.accept()
        except OSError:
            return  # the device gave up before it was accepted
        number, self.connections = self.connections, self.connections + 1
        try:
            appliance = socket.create_connection(self._target, timeout=5.0)
        except OSError:
            device.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
            device.close()
            return
        for side in (device, appliance):
            side.setblocking(False)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = _Pair(device, appliance, self._plan(number))
        self._pairs.add(pair)
        self._watch(pair)

    def _watch(self, pair: _Pair) -> None:
        """Do the fault if it is due, else wait for whatever can move."""
        if pair.due() and not self._strike(pair):
            return
        wanted = {pair.sockets["up"]: 0, pair.sockets["down"]: 0}
        directions: tuple[Direction, Direction] = ("up", "down")
        if pair.resume_at is None:
            for direction in directions:
                if pair.waiting[direction]:
                    wanted[pair.targets[direction]] |= selectors.EVENT_WRITE
                elif not pair.ended[direction] and pair.room(direction) > 0:
                    wanted[pair.sockets[direction]] |= selectors.EVENT_READ
            if all(pair.ended.values()) and not any(pair.waiting.values()):
                self._end(pair)
                return
        registered = self._selector.get_map()
        for side, events in wanted.items():
            if side in registered:
                if events:
                    self._selector.modify(side, events, pair)
                else:
                    self._selector.unregister(side)
            elif events:
                self._selector.register(side, events, pair)

    def _strike(self, pair: _Pair) -> bool:
        """Carry out the fault; returns whether the connection lives."""
        fault, pair.fault = pair.fault, None
        assert fault is not None
        self.faults += not pair.stalled
        if fault.kind in ("reset", "close"):
            self._end(pair, reset=fault.kind == "reset")
            return False
        pair.resume_at = time.monotonic() + fault.seconds
        if fault.kind == "stall":
            pair.stalled = True
            pair.fault = Fault(0, fault.direction)  # when time is up: a reset
        return True

    def _resume(self, pair: _Pair) -> None:
        if pair.resume_at is not None and time.monotonic() >= pair.resume_at:
            pair.resume_at = None
            self._watch(pair)

    def _move(self, pair: _Pair, side: object, events: int) -> None:
        try:
            for direction in pair.waiting:
                waiting = pair.waiting[direction]
                if side is pair.sockets[direction] and events & selectors.EVENT_READ:
                    data = pair.sockets[direction].recv(pair.room(direction))
                    if data:
                        waiting += data
                    else:
                        pair.ended[direction] = True
                        pair.targets[direction].shutdown(socket.SHUT_WR)
                if waiting and side in (pair.sockets[direction], pair.targets[direction]):
                    sent = pair.targets[direction].send(waiting)
                    del waiting[:sent]
                    pair.forwarded[direction] += sent
                    self.forwarded[direction] += sent
        except BlockingIOError:
            pass  # the other side is full: it is watched for writing below
        except OSError:
            self._end(pair, reset=True)
            return
        self._watch(pair)

    def _end(self, pair: _Pair, *, reset: bool = False) -> None:
        self._pairs.discard(pair)
        for side in pair.sockets.values():
            if side in self._selector.get_map():
                self._selector.unregister(side)
            if reset:
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
            side.close()
