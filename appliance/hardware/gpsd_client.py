"""A client of gpsd on the reactor: connects, listens, and connects again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ReconnectingClientFactory
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from appliance.config.address import Address
from appliance.vehicle.fix import Fix
from appliance.vehicle.gpsd import MAX_LINE, WATCH, GpsdParser

LONGEST_WAIT_S = 30
"""Seconds from a lost connection to the next try, at most; it grows from one second."""

CONNECT_S = 5.0


class _Reports(LineOnlyReceiver):
    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE
    transport: Any

    def __init__(self, client: GpsdClient) -> None:
        self._client = client

    def connectionMade(self) -> None:
        self.transport.write(WATCH)
        self._client.connected()

    def lineReceived(self, line: bytes) -> None:
        self._client.told(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        self._client.parser.corrupt += 1
        self.transport.abortConnection()


class GpsdClient(ReconnectingClientFactory):
    """Follows one gpsd.

    Attributes:
        parser: reads its reports.
    """

    noisy = False
    maxDelay = LONGEST_WAIT_S  # noqa: N815 - twisted's name

    def __init__(
        self,
        address: Address,
        reactor: Any,
        take: Callable[[Fix | None], None],
        stands: Callable[[str | None], None],
    ) -> None:
        """Prepare; `start` begins.

        Args:
            address: where gpsd listens.
            reactor: twisted's.
            take: gets each fix, None for "no fix yet".
            stands: hears that gpsd answers (None), or in words why it does not.
        """
        self.clock = reactor
        self.parser = GpsdParser()
        self._address = address
        self._reactor = reactor
        self._take = take
        self._stands = stands
        self._connector: Any = None

    def start(self) -> None:
        """Connect."""
        self._connector = self._reactor.connectTCP(
            self._address.host, self._address.port, self, timeout=CONNECT_S
        )

    def stop(self) -> None:
        """End it."""
        self.stopTrying()  # type: ignore[no-untyped-call]
        if self._connector is not None:
            self._connector.disconnect()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """For twisted."""
        return _Reports(self)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        """For twisted."""
        self._lost(f"no gpsd answers at {self._address}: {reason.getErrorMessage()}")
        super().clientConnectionFailed(connector, reason)  # type: ignore[no-untyped-call]

    def clientConnectionLost(self, connector: Any, unused_reason: Failure) -> None:
        """For twisted."""
        self._lost(f"gpsd at {self._address} ended the connection")
        super().clientConnectionLost(connector, unused_reason)  # type: ignore[no-untyped-call]

    def connected(self) -> None:
        """The connection is there."""
        self.resetDelay()  # type: ignore[no-untyped-call]
        self.parser.restart()
        self._stands(None)

    def told(self, line: bytes) -> None:
        """Gpsd said something."""
        fixes = self.parser.feed(line)
        if self.parser.trouble:
            self._stands(self.parser.trouble)
        elif fixes:
            self._stands(None)
        for fix in fixes:
            self._take(fix)

    def _lost(self, why: str) -> None:
        if self.continueTrying:
            self._stands(why)
