"""The ``tcp`` transport: a printer in the network, by raw bytes on a port, usually 9100.

"Accepted" means: taken by this machine's kernel for the connection. `unsent` counts those whose
arrival the printer has not confirmed, so after `drain` all have arrived at the printer.
"""

from __future__ import annotations

import errno
import fcntl
import select
import socket
import struct
import sys
import termios
import time

from appliance.hardware.fault import FaultKind, PrinterFault
from appliance.hardware.transport import Clock
from appliance.hardware.waiting import BROKEN, Waiting

RAW_PORT = 9100
"""Of raw printing ("AppSocket", "JetDirect"); no standard, and every printer's default."""

_CHUNK = 16_384
_BUFFER = 32_768
"""Bytes the kernel is asked to keep for one printer; a small one so that counts stay near what
is on paper."""
_RDHUP = 0x2000  # POLLRDHUP of Linux's <poll.h>; the select module lacks it
_LINGER_RESET = struct.pack("ii", 1, 0)
_NOWHERE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)


class TcpTransport:
    """A printer at an address.

    No TCP_USER_TIMEOUT: Linux ends a connection after it also where a printer without paper
    merely keeps its window shut. A dead printer shows by deadlines, and by keepalive.
    """

    def __init__(self, host: str, port: int = RAW_PORT, *, clock: Clock = time.monotonic) -> None:
        """`host`: an IP address; asking a name server could not be interrupted."""
        self._host = host
        self._port = port
        self._waiting = Waiting(clock)
        self._socket: socket.socket | None = None

    @property
    def identity(self) -> str:
        """``tcp:192.0.2.7:9100``."""
        return f"tcp:{self._where}"

    @property
    def _where(self) -> str:
        return f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"

    def open(self, deadline: float) -> None:
        """Connect. See `Transport.open`."""
        self.close()
        self._waiting.begin()
        line = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        try:
            line.setblocking(False)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = line.connect_ex((self._host, self._port))
            if code == errno.EINPROGRESS:
                if not self._waiting.until(line.fileno(), select.POLLOUT, deadline):
                    code = errno.ETIMEDOUT
                else:
                    code = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise self._unreachable(code)
        except BaseException as error:
            line.close()
            self._waiting.end()
            if isinstance(error, OSError):
                raise self._unreachable(error.errno or 0) from error
            raise
        self._socket = line

    def write(self, data: bytes, deadline: float) -> int:
        """Give bytes to the connection. See `Transport.write`."""
        line = self._open()
        while data:
            self._wait(line, select.POLLOUT, deadline)
            try:
                return line.send(data[:_CHUNK])
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone(error) from error
        return 0

    def read(self, most: int, deadline: float) -> bytes:
        """Read what the printer says. See `Transport.read`."""
        line = self._open()
        while True:
            if not self._waiting.until(line.fileno(), select.POLLIN, deadline):
                return b""
            try:
                found = line.recv(most)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone(error) from error
            if not found:
                raise self._gone(None)
            return found

    def flush_input(self) -> None:
        """Throw away what the printer said. See `Transport.flush_input`."""
        line = self._open()
        try:
            while line.recv(_CHUNK):
                self._waiting.check()
        except BlockingIOError:
            return
        except OSError as error:
            raise self._gone(error) from error
        raise self._gone(None)

    def unsent(self) -> int:
        """Bytes whose arrival the printer has not confirmed (SIOCOUTQ)."""
        # SIOCOUTQ has TIOCOUTQ's number; see tcp(7).
        answer = fcntl.ioctl(self._open().fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
        return int.from_bytes(answer, sys.byteorder)

    def drain(self, deadline: float) -> None:
        """Wait until all has arrived. See `Transport.drain`."""
        line = self._open()
        while left := self.unsent():
            if self._waiting.left(deadline) <= 0:
                raise PrinterFault(
                    "stalled", f"the printer at {self._where} does not take the last {left} bytes"
                )
            if self._waiting.until(line.fileno(), 0, self._waiting.soon(deadline)) & BROKEN:
                raise self._gone(_pending(line))
        # A reset empties what was unsent, too.
        if self._waiting.until(line.fileno(), 0, 0.0) & BROKEN:
            raise self._gone(_pending(line))

    def close(self) -> None:
        """Hang up; with a reset where bytes are on the way. See `Transport.close`."""
        line, self._socket = self._socket, None
        if line is None:
            return
        try:
            answer = fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
            if any(answer):
                # Else the kernel would go on printing them, perhaps minutes from now.
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        except OSError:  # it is broken already
            pass
        line.close()
        self._waiting.end()

    def interrupt(self) -> None:
        """See `Transport.interrupt`."""
        self._waiting.interrupt()

    def _open(self) -> socket.socket:
        self._waiting.check()
        if self._socket is None:
            raise PrinterFault("gone", f"the connection to {self._where} is closed")
        return self._socket

    def _wait(self, line: socket.socket, events: int, deadline: float) -> None:
        found = self._waiting.until(line.fileno(), events | _RDHUP, deadline)
        if found & (BROKEN | _RDHUP):
            # A printer that hung up would have the next bytes refused only after they were taken.
            raise self._gone(_pending(line))
        if not found:
            raise PrinterFault(
                "stalled",
                f"the printer at {self._where} takes no bytes; is it out of paper, open or busy?",
            )

    def _gone(self, error: OSError | None) -> PrinterFault:
        why = "it hung up" if error is None else error.strerror or str(error)
        return PrinterFault(
            "gone", f"the printer at {self._where} is gone ({why}); is it on, and in the network?"
        )

    def _unreachable(self, code: int) -> PrinterFault:
        kind: FaultKind = "absent"
        if code == errno.ECONNREFUSED:
            return PrinterFault(
                "busy",
                f"the printer at {self._where} refuses the connection: another computer is "
                "printing, or the port is not the printer's",
            )
        if code == errno.ETIMEDOUT:
            why = "no answer"
        elif code in _NOWHERE:
            why = "no way there"
        else:
            kind, why = "refused", errno.errorcode.get(code, str(code))
        return PrinterFault(
            kind,
            f"no printer at {self._where} ({why}); is it on, in this network, and is `host` the "
            "address on its self-test page?",
        )


def _pending(line: socket.socket) -> OSError | None:
    try:
        code = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    except OSError as error:
        return error
    return OSError(code, errno.errorcode.get(code, str(code))) if code else None
