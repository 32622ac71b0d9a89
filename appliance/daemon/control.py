"""Control: operations for commands, over the socket in the state directory.

What is said on it is in `appliance.daemon.conversation`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from appliance.config.address import Address
from appliance.daemon.control_socket import MODE, NAME, clear_place, reachable
from appliance.daemon.conversation import Conversation
from appliance.daemon.kit import Kit
from appliance.daemon.operations.desk import Serving
from appliance.hardware.print_shop import PrintShop
from appliance.store.box import Box

MAX_CONNECTIONS = 64

_log = structlog.get_logger("appliance.control")


class _Conversations(ServerFactory):
    noisy = False

    def __init__(self, begin: Callable[[], Conversation | None]) -> None:
        self._begin = begin

    def buildProtocol(self, addr: IAddress | None) -> Any:
        return self._begin()


class ControlServer:
    """Serves operations on the control socket.

    Attributes:
        serving: where devices reach the daemon; None while that is not so.
    """

    def __init__(self, reactor: Any, box: Box, pool: ThreadPool) -> None:
        """Prepare; `start` listens.

        Args:
            reactor: twisted's.
            box: what is asked about.
            pool: started; operations run in its threads, and it must outlive `stop`.
        """
        self._reactor = reactor
        self._box = box
        self._pool = pool
        self._state = Serving()
        self._open: set[Conversation] = set()
        self._port: Any = None
        self._path: AbstractContextManager[str] | None = None

    @property
    def serving(self) -> Address | None:
        """Where devices reach the daemon: a host they can use, and the real port."""
        return self._state.address

    @serving.setter
    def serving(self, address: Address | None) -> None:
        self._state.address = address

    @property
    def shop(self) -> PrintShop | None:
        """What prints, None while that is not so."""
        return self._state.shop

    @shop.setter
    def shop(self, shop: PrintShop) -> None:
        self._state.shop = shop

    @property
    def kit(self) -> Kit | None:
        """The kit of the van."""
        return self._state.kit

    @kit.setter
    def kit(self, kit: Kit) -> None:
        self._state.kit = kit

    def start(self) -> None:
        """Listen.

        Raises:
            SocketTaken: another process answers on the socket.
            CannotListenError, OSError: it cannot be made.
        """
        folder = self._box.state_dir
        clear_place(folder)
        self._path = reachable(folder)
        factory = _Conversations(self._converse)
        try:
            # The mode is set before the socket listens, so nobody else gets in meanwhile.
            self._port = self._reactor.listenUNIX(self._path.__enter__(), factory, mode=MODE)
        except BaseException:
            self._path.__exit__(None, None, None)
            raise
        self._state.started_at = self._box.now_ms()

    def stop(self) -> Deferred[None]:
        """Stop listening; fires when every operation under way has ended."""
        if self._port is None:
            return succeed(None)
        port, self._port = self._port, None
        # Twisted removes the file when the port closes, and never ends if somebody else did.
        (self._box.state_dir / NAME).touch()
        waiting = [maybeDeferred(port.stopListening)]
        waiting += [conversation.close() for conversation in list(self._open)]
        left = [len(waiting)]
        done: Deferred[None] = Deferred()

        def ended(result: object) -> None:
            if isinstance(result, Failure):
                _log.error("control_stop", exc_info=result.value)
            left[0] -= 1
            if not left[0]:
                assert self._path is not None
                self._path.__exit__(None, None, None)
                done.callback(None)

        for one in waiting:
            one.addBoth(ended)
        return done

    def _converse(self) -> Conversation | None:
        if len(self._open) >= MAX_CONNECTIONS:
            return None
        return Conversation(self._reactor, self._box, self._pool, self._state, self._open)
