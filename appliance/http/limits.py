"""Limits of connections: how many, how long, how slow; and the TLS transport that keeps them."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
import termios
from collections import Counter
from typing import Any, cast

import msgspec
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOFactory
from twisted.python.failure import Failure

from appliance.http.deadline import Clock
from appliance.http.tls import ContextSwitch


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection, one address and all of them may take.

    Attributes:
        max_connections: open at once; further ones are closed when accepted.
        max_per_address: of one IPv4 address or one IPv6 /64, which one host can hold alone.
        max_requests_per_device: of one device at the same time, streams that it holds open
            included: each may cost megabytes of buffers.
        handshake_s: from accept to the end of the TLS handshake.
        headers_s: from the first byte of a request (or the handshake) to the end of its headers.
        idle_s: between requests.
        body_stall_s: without a byte of a body that is being read.
        stall_s: without progress of a client that does not take its answer.
        linger_s, linger_bytes: how long, and how much, a connection being closed is still read
            from, so that the client can take the last answer in (RFC 9112, 9.6).
        max_headers: header lines of one request.
        max_headers_bytes: request line and headers of one request.
        max_line_bytes: one of these lines.
    """

    max_connections: int = 4096
    max_per_address: int = 256
    max_requests_per_device: int = 16
    handshake_s: float = 10.0
    headers_s: float = 15.0
    idle_s: float = 75.0
    body_stall_s: float = 30.0
    stall_s: float = 60.0
    linger_s: float = 5.0
    linger_bytes: int = 4 * 1024 * 1024
    max_headers: int = 100
    max_headers_bytes: int = 16 * 1024
    max_line_bytes: int = 8 * 1024


class ConnectionGate:
    """Counts open connections and says whether one more may come in."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()
        self.open = 0
        self.refused = 0

    def enter(self, host: str) -> bool:
        """Count a connection from `host`; False (and not counted) where it is one too many."""
        key = address_key(host)
        if (
            self.open >= self._limits.max_connections
            or self._by_address[key] >= self._limits.max_per_address
        ):
            self.refused += 1
            return False
        self.open += 1
        self._by_address[key] += 1
        return True

    def leave(self, host: str) -> None:
        """A connection that had entered is closed."""
        key = address_key(host)
        self.open -= 1
        self._by_address[key] -= 1
        if not self._by_address[key]:
            del self._by_address[key]


def address_key(host: str) -> str:
    """What counts as one address: IPv4 as it is, IPv6 by its /64, a mapped address as IPv4."""
    try:
        address = ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


class GuardedTransport(BufferingTLSTransport):
    """A TLS connection that can tell how much of its output the peer has not yet confirmed."""

    factory: GuardedFactory
    host = ""

    def makeConnection(self, transport: Any) -> None:
        """Set what the kernel should watch, then begin the handshake."""
        handle = transport.getHandle() if hasattr(transport, "getHandle") else None
        self._socket = handle if isinstance(handle, socket.socket) else None
        if self._socket is not None:
            milliseconds = int(self.factory.limits.stall_s * 1000)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            # Ends a connection whose peer vanished without a word, idle (with the keepalives)
            # or with data under way: RFC 5482.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20)
        super().makeConnection(transport)  # type: ignore[no-untyped-call]

    def unsent_bytes(self) -> int:
        """Bytes the peer has not confirmed: in user space and in the kernel (SIOCOUTQ)."""
        transport = cast(Any, self.transport)
        if transport is None or not self.connected or self._socket is None:
            return 0
        queued = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        try:
            answer = fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
        except (OSError, ValueError):
            return int(queued)
        return int(queued) + int(struct.unpack("i", answer)[0])

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Give the place of this connection back."""
        self.factory.gate.leave(self.host)
        super().connectionLost(reason)


class GuardedFactory(TLSMemoryBIOFactory):
    """Accepts TLS connections within the limits and hands them to an HTTP site.

    Args:
        contexts: where each connection's context comes from.
        site: the factory of the HTTP channels.
        clock: the reactor.
    """

    protocol = GuardedTransport

    def __init__(
        self,
        contexts: ContextSwitch,
        site: ServerFactory[Any],
        limits: ConnectionLimits,
        clock: Clock,
    ) -> None:
        # The types are zope interfaces, which mypy does not know to be provided.
        super().__init__(cast(Any, contexts), False, cast(Any, site), cast(Any, clock))
        self.limits = limits
        self.gate = ConnectionGate(limits)

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """The transport of a new connection; None closes it at once, before any handshake."""
        host = getattr(addr, "host", "")
        if not self.gate.enter(host):
            return None
        transport: Any = super().buildProtocol(addr)
        transport.host = host
        return transport
