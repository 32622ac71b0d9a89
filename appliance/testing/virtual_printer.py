"""A virtual receipt printer on a pseudo terminal or a TCP port, with faults.

In a test::

    with VirtualPrinter.on_pty(Faults(paper_out_at=500)) as printer:
        transport = SerialTransport(printer.port)
        ...
    assert printer.printed.startswith(receipt[:500])

By hand, with a line for what happens and the paper in a file::

    python -m appliance.testing.virtual_printer --pty /tmp/printer --paper /tmp/paper.bin
    python -m appliance.testing.virtual_printer --tcp 127.0.0.1:9100 --unplug-at 2000
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from appliance.testing.receipt_printer import Faults
from appliance.testing.running_printer import RunningPrinter

_RESET = struct.pack("ii", 1, 0)
_IDLE_S = 3600.0


class Line(Protocol):
    """What the printer hangs on."""

    def descriptors(self) -> list[int]:
        """What is to be polled for input; none while nobody is connected."""
        ...

    def receive(self, descriptor: int, most: int) -> bytes:
        """Take what came, `most` bytes at most."""
        ...

    def answer(self, data: bytes) -> None:
        """Send an answer; what does not fit is lost."""
        ...

    def plug(self) -> None:
        """Make the line."""
        ...

    def unplug(self) -> None:
        """Break the line."""
        ...


class PtyLine:
    """A pseudo terminal; it looks like a serial cable.

    Attributes:
        port: where to open it: the link where there is one, the terminal else.
    """

    def __init__(self, link: Path | None) -> None:
        self._link = link
        self._master: int | None = None
        self._slave = -1
        self.port = Path()

    def descriptors(self) -> list[int]:
        """See `Line`."""
        return [] if self._master is None else [self._master]

    def receive(self, descriptor: int, most: int) -> bytes:
        """See `Line`."""
        try:
            return os.read(descriptor, most)
        except OSError:
            return b""

    def answer(self, data: bytes) -> None:
        """See `Line`."""
        if self._master is not None:
            try:
                os.write(self._master, data)
            except OSError:
                return

    def plug(self) -> None:
        """See `Line`. Raises `OSError`; what is no link of the name is left alone."""
        if self._link is not None and self._link.exists() and not self._link.is_symlink():
            raise FileExistsError(f"{self._link} is there and no serial port; choose another place")
        # The other end stays open here, or the line would hang up whenever nobody has it open.
        self._master, self._slave = os.openpty()
        os.set_blocking(self._master, False)
        tty.setraw(self._slave)
        self.port = Path(os.ttyname(self._slave))
        if self._link is not None:
            new = self._link.with_name(f".{self._link.name}.new")
            new.unlink(missing_ok=True)
            new.symlink_to(self.port)
            new.replace(self._link)
            self.port = self._link

    def unplug(self) -> None:
        """See `Line`."""
        if self._master is not None:
            if self._link is not None:
                self._link.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)
            self._master = None


class TcpLine:
    """A TCP port that serves one connection at a time, as printers do.

    Attributes:
        address: host and port.
    """

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None

    def descriptors(self) -> list[int]:
        """See `Line`."""
        if self._client is not None:
            return [self._client.fileno()]
        return [] if self._listener is None else [self._listener.fileno()]

    def receive(self, descriptor: int, most: int) -> bytes:
        """See `Line`."""
        if self._client is None:
            if self._listener is not None:
                self._client, _ = self._listener.accept()
                self._client.setblocking(False)
            return b""
        try:
            data = self._client.recv(most)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._client.close()
            self._client = None
        return data

    def answer(self, data: bytes) -> None:
        """See `Line`."""
        if self._client is not None:
            try:
                self._client.send(data)
            except OSError:
                return

    def plug(self) -> None:
        """See `Line`."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Small, so that bytes stay with the sender while the printer takes none.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listener.bind(self.address)
        self._listener.listen(1)
        host, port = self._listener.getsockname()[:2]
        self.address = (str(host), int(port))

    def unplug(self) -> None:
        """See `Line`."""
        if self._client is not None:
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._client.close()
            self._client = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None


class VirtualPrinter(RunningPrinter):
    """A printer on a line; see `RunningPrinter`."""

    def __init__(
        self,
        line: Line,
        faults: Faults | None = None,
        told: Callable[[str], None] = lambda _text: None,
    ) -> None:
        super().__init__(faults, told)
        self._line = line

    @classmethod
    def on_pty(cls, faults: Faults | None = None, link: Path | None = None) -> VirtualPrinter:
        """A printer on a pseudo terminal; `link` leads to it, also when it is replugged."""
        return cls(PtyLine(link), faults)

    @classmethod
    def on_tcp(
        cls, faults: Faults | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> VirtualPrinter:
        """A printer in the network; port 0 takes a free one."""
        return cls(TcpLine(host, port), faults)

    @property
    def port(self) -> Path:
        """The serial port of a printer on a pseudo terminal."""
        if isinstance(self._line, PtyLine):
            return self._line.port
        raise TypeError("this printer is on no pseudo terminal")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a printer in the network."""
        if isinstance(self._line, TcpLine):
            return self._line.address
        raise TypeError("this printer is not in the network")

    def _plug(self) -> None:
        self._line.plug()

    def _unplug(self) -> None:
        self._line.unplug()

    def _run(self) -> None:
        while not self._ended:
            with self._changed:
                self._follow_plug()
                room = self._printer.room
                wakes_at = self._printer.wakes_at(time.monotonic())
            poll = select.poll()
            poll.register(self._wake, select.POLLIN)
            if room:
                for descriptor in self._line.descriptors():
                    poll.register(descriptor, select.POLLIN)
            wait = _IDLE_S if wakes_at is None else max(0.0, wakes_at - time.monotonic())
            found = [descriptor for descriptor, _ in poll.poll(wait * 1000)]
            if self._wake in found:
                os.eventfd_read(self._wake)
            self._turn([descriptor for descriptor in found if descriptor != self._wake])

    def _turn(self, ready: list[int]) -> None:
        with self._changed:
            printed, offline = len(self._printer.printed), self._printer.offline
            for descriptor in ready:
                if room := self._printer.room:
                    data = self._line.receive(descriptor, room)
                    self._printer.receive(data, time.monotonic())
            now = time.monotonic()
            self._printer.advance(now)
            if self._line_up and (said := self._printer.answers(now)):
                self._line.answer(said)
            self._follow_plug()
            self._changed.notify_all()
            self._tell(printed, offline)


if __name__ == "__main__":
    from appliance.testing.virtual_printer_command import main

    sys.exit(main())
