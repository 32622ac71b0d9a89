"""The ``serial`` transport: a printer on a serial port or behind a USB serial cable.

"Accepted" means: taken by the kernel's buffer of the port, a few kilobytes. `unsent` counts those
that have not gone out of the port yet; a USB cable's own buffer (some hundred bytes) is not seen.

pyserial opens and sets up the port; reading and writing are done here, because pyserial's use
select(2), wait for a first write that may never end, and have no way to tell what was taken.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat
import termios
import time
from pathlib import Path
from typing import Literal

import serial

from appliance.hardware.fault import FaultKind, PrinterFault
from appliance.hardware.holder import holder, refusal
from appliance.hardware.transport import Clock
from appliance.hardware.waiting import BROKEN, Waiting

Parity = Literal["none", "even", "odd"]
Flow = Literal["none", "rts_cts", "xon_xoff"]

_PARITIES = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
}
_CHUNK = 4_096
_ABSENT = (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR)
_BUSY = (errno.EBUSY, errno.EAGAIN)
_RULE = "serial ports belong to the group dialout: see SupplementaryGroups= of the unit"


class SerialTransport:
    """A printer at a serial port."""

    def __init__(
        self,
        port: Path,
        *,
        baud: int = 9_600,
        parity: Parity = "none",
        flow: Flow = "none",
        clock: Clock = time.monotonic,
    ) -> None:
        """Name the port; nothing is opened yet.

        Args:
            port: absolute; best below ``/dev/serial/by-id``, which names the cable and not the
                order in which cables were plugged in.
            baud: bits a second; eight data bits and one stop bit.
            parity: of each byte.
            flow: how the printer says that it takes no more.
            clock: that deadlines are on.
        """
        self._path = port
        self._baud = baud
        self._parity: Parity = parity
        self._flow: Flow = flow
        self._waiting = Waiting(clock)
        self._port: serial.Serial | None = None

    @property
    def identity(self) -> str:
        """``serial:/dev/serial/by-id/...``."""
        return f"serial:{self._path}"

    def open(self, deadline: float) -> None:
        """Open the port for this transport alone. See `Transport.open`."""
        self.close()
        self._waiting.begin()
        try:
            self._port = self._opened()
        except BaseException:
            self._waiting.end()
            raise
        try:
            fcntl.ioctl(self._port.fileno(), termios.TIOCEXCL)
        except OSError as error:
            self.close()
            raise self._gone(error) from error

    def _opened(self) -> serial.Serial:
        try:
            if not stat.S_ISCHR(self._path.stat().st_mode):
                raise PrinterFault("refused", f"{self._path} is no serial port; see `port`")
            return serial.Serial(
                str(self._path),
                self._baud,
                parity=_PARITIES[self._parity],
                rtscts=self._flow == "rts_cts",
                xonxoff=self._flow == "xon_xoff",
                timeout=0,
                write_timeout=0,
                exclusive=True,  # an advisory lock; TIOCEXCL keeps those out who ask for none
            )
        except OSError as error:  # pyserial's own errors too
            raise self._unusable(error) from error
        except (ValueError, termios.error) as error:
            raise PrinterFault(
                "refused", f"{self._path} cannot be set to {self._baud} baud: {error}"
            ) from error

    def write(self, data: bytes, deadline: float) -> int:
        """Give bytes to the port. See `Transport.write`."""
        descriptor = self._open().fileno()
        while data:
            # Asked before each write: a port whose cable was pulled may take the first bytes.
            found = self._waiting.until(descriptor, select.POLLOUT, deadline)
            if found & BROKEN:
                raise self._gone(None)
            if not found:
                raise PrinterFault("stalled", self._stalled())
            try:
                taken = os.write(descriptor, data[:_CHUNK])
            except BlockingIOError:
                # Ready and yet not: some drivers say so while flow control holds them.
                if not self._waiting.pause(deadline):
                    raise PrinterFault("stalled", self._stalled()) from None
                continue
            except OSError as error:
                raise self._gone(error) from error
            if self._waiting.until(descriptor, 0, 0.0) & BROKEN:
                raise self._gone(None, taken)
            return taken
        return 0

    def read(self, most: int, deadline: float) -> bytes:
        """Read what the printer says. See `Transport.read`."""
        descriptor = self._open().fileno()
        while self._waiting.until(descriptor, select.POLLIN, deadline):
            try:
                found = os.read(descriptor, most)
            except BlockingIOError:
                if not self._waiting.pause(deadline):
                    break
                continue
            except OSError as error:
                raise self._gone(error) from error
            if not found:
                raise self._gone(None)
            return found
        return b""

    def flush_input(self) -> None:
        """Throw away what the printer said. See `Transport.flush_input`."""
        try:
            termios.tcflush(self._open().fileno(), termios.TCIFLUSH)
        except (OSError, termios.error) as error:
            raise self._gone(error) from error

    def unsent(self) -> int:
        """Bytes that have not gone out of the port (TIOCOUTQ)."""
        try:
            return self._open().out_waiting
        except OSError as error:
            raise self._gone(error) from error

    def drain(self, deadline: float) -> None:
        """Wait until all has gone out. See `Transport.drain`."""
        descriptor = self._open().fileno()
        while self.unsent():
            if not self._waiting.pause(deadline):
                raise PrinterFault("stalled", self._stalled())
        if self._waiting.until(descriptor, 0, 0.0) & BROKEN:
            raise self._gone(None)

    def close(self) -> None:
        """Let go of the port. See `Transport.close`."""
        port, self._port = self._port, None
        if port is None:
            return
        # With bytes left, close(2) would wait for them, 30 s where flow control holds the port.
        for end in (_discard, _release, serial.Serial.close):
            try:
                end(port)
            except (OSError, termios.error):  # the port is gone
                continue
        self._waiting.end()

    def interrupt(self) -> None:
        """See `Transport.interrupt`."""
        self._waiting.interrupt()

    def _open(self) -> serial.Serial:
        self._waiting.check()
        if self._port is None:
            raise PrinterFault("gone", f"{self._path} is closed")
        return self._port

    def _stalled(self) -> str:
        return (
            f"the printer on {self._path} takes no bytes; is it on, with paper and closed? "
            f"`flow` must be what its self-test page says, now {self._flow!r}"
        )

    def _gone(self, error: Exception | None, accepted: int = 0) -> PrinterFault:
        why = f" ({error})" if error is not None and str(error) else ""
        return PrinterFault(
            "gone", f"the port {self._path} is gone{why}; is the cable plugged in?", accepted
        )

    def _unusable(self, error: OSError) -> PrinterFault:
        kind: FaultKind = "refused"
        text = f"{self._path} cannot be opened: {error.strerror or error}"
        if error.errno in _ABSENT:
            kind = "absent"
            text = f"there is no {self._path}; is the cable plugged in, and `port` its name?"
        elif error.errno in _BUSY:
            kind, text = "busy", f"{self._path} is in use by {holder(self._path)}"
        elif error.errno in (errno.EACCES, errno.EPERM):
            kind, text = "forbidden", refusal(self._path, _RULE)
        return PrinterFault(kind, text)


def _discard(port: serial.Serial) -> None:
    termios.tcflush(port.fileno(), termios.TCOFLUSH)


def _release(port: serial.Serial) -> None:
    fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
