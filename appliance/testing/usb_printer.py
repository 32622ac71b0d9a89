"""A virtual printer on an emulated USB: it answers the ioctls that libusb makes on Linux.

umockdev hands each ioctl of the program under test to a socket (see `usb_testbed`); here is the
other end, with as much of ``usbdevfs`` as a printer needs: claiming, the kernel's own driver, bulk
transfers that wait, fail half way or are taken back, and a device that goes. The messages are
those of umockdev 0.17's ``libumockdev-preload.c``; the numbers and structures those of Linux's
``include/uapi/linux/usbdevice_fs.h`` on 64 bits.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from appliance.testing.receipt_printer import Faults
from appliance.testing.running_printer import RunningPrinter
from appliance.testing.usb_testbed import UsbTestbed

_MESSAGE = struct.Struct("=QQQ")
_URB = struct.Struct("=BBxxiIxxxxQiiiiiIQ")
_IOCTL, _DONE, _READ_MEM, _WRITE_MEM = 1, 3, 5, 6

# The numbers of usbdevfs ioctls, of type "U".
_SET_INTERFACE, _GET_DRIVER, _SUBMIT, _DISCARD, _REAP, _REAP_NOW = 4, 8, 10, 11, 12, 13
_CLAIM, _RELEASE, _DRIVER, _RESET, _CLEAR_HALT, _DISCONNECT, _CONNECT = 15, 16, 18, 20, 21, 22, 23
_CAPABILITIES, _SPEED = 26, 31

_GONE = 3
"""Devices whose sockets are kept, the newest included."""

_HIGH_SPEED = 3
_CAN = 0x01 | 0x02 | 0x04 | 0x10
"""Zero packets, continued bulk transfers, no packet limit, reaping after a disconnect."""


@dataclass(slots=True)
class _Urb:
    """A transfer that the program asked for."""

    address: int
    endpoint: int
    buffer: int
    length: int
    data: bytes
    moved: int = 0
    status: int = 0


class _Program:
    """One opened device file of the program under test."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.there = True
        """Until the device is unplugged; plugged in again it is another device."""
        self.claimed = False
        self.pending: list[_Urb] = []
        self.done: deque[_Urb] = deque()

    def load(self, address: int, size: int) -> bytes:
        """Read the program's memory."""
        self.line.sendall(_MESSAGE.pack(_READ_MEM, address, size))
        return _exactly(self.line, size)

    def store(self, address: int, data: bytes) -> None:
        """Write into the program's memory."""
        self.line.sendall(_MESSAGE.pack(_WRITE_MEM, address, len(data)) + data)

    def complete(self, result: int, error: int = 0) -> None:
        """End its ioctl."""
        self.line.sendall(_MESSAGE.pack(_DONE, result & 0xFFFFFFFFFFFFFFFF, error))


class UsbPrinter(RunningPrinter):
    """A printer on emulated USB; see `RunningPrinter`.

    Attributes:
        driver: the kernel's driver that has it now, or "".
        error: the number of the error with which each transfer to it fails once it took
            `error_after` bytes in all; 0 is none.
    """

    def __init__(
        self, testbed: UsbTestbed, faults: Faults | None = None, driver: str = "usblp"
    ) -> None:
        super().__init__(faults)
        self._testbed = testbed
        self.driver = driver
        self.error = 0
        self.error_after = 0
        self._listeners: deque[socket.socket] = deque()
        """The newest is the device's that is plugged in; others are of devices that went."""
        self._programs: list[_Program] = []
        self._said = b""

    def _plug(self) -> None:
        self._said = b""
        self._testbed.plug(self.driver, self._listen)

    def _listen(self, path: Path) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        # Whether a user may open the printer is decided by the device file alone.
        path.chmod(0o666)
        listener.listen()
        self._listeners.append(listener)
        if len(self._listeners) > _GONE:
            self._listeners.popleft().close()

    def _unplug(self) -> None:
        self._testbed.unplug()
        for program in self._programs:
            program.there = program.claimed = False
            for urb in program.pending:
                urb.status = -errno.ESHUTDOWN
            program.done.extend(program.pending)
            program.pending.clear()

    def close(self) -> None:
        """End it; programs that have it open still must have ended before."""
        super().close()
        for program in self._programs:
            program.line.close()
        for listener in self._listeners:
            listener.close()

    def _run(self) -> None:
        while not self._ended:
            poll = select.poll()
            poll.register(self._wake, select.POLLIN)
            with self._changed:
                self._follow_plug()
                for listener in self._listeners:
                    poll.register(listener, select.POLLIN)
                for program in self._programs:
                    poll.register(program.line, select.POLLIN)
                wakes_at = self._printer.wakes_at(time.monotonic())
            wait = None if wakes_at is None else max(0.0, wakes_at - time.monotonic()) * 1000
            self._turn({descriptor for descriptor, _ in poll.poll(wait)})

    def _turn(self, ready: set[int]) -> None:
        with self._changed:
            if self._wake in ready:
                os.eventfd_read(self._wake)
            for listener in self._listeners:
                if listener.fileno() in ready:
                    program = _Program(listener.accept()[0])
                    program.there = self._line_up and listener is self._listeners[-1]
                    self._programs.append(program)
            for program in list(self._programs):
                if program.line.fileno() in ready:
                    self._serve(program)
            self._move()
            self._changed.notify_all()

    def _serve(self, program: _Program) -> None:
        try:
            command, request, argument = _MESSAGE.unpack(_exactly(program.line, _MESSAGE.size))
            if command != _IOCTL:
                program.complete(-1, errno.EINVAL)
            else:
                self._ioctl(program, request & 0xFF, argument)
        except (ConnectionError, EOFError):  # the program closed the device
            program.line.close()
            self._programs.remove(program)

    def _ioctl(self, program: _Program, number: int, argument: int) -> None:
        if number in (_REAP, _REAP_NOW):
            self._reap(program, argument)
        elif not program.there:
            program.complete(-1, errno.ENODEV)
        elif number == _SUBMIT:
            self._submit(program, argument)
        elif number == _DISCARD:
            self._discard(program, argument)
        elif number == _CAPABILITIES:
            program.store(argument, _CAN.to_bytes(4, "little"))
            program.complete(0)
        elif number == _SPEED:
            program.complete(_HIGH_SPEED)
        elif number in (_CLAIM, _RELEASE):
            self._claim(program, claim=number == _CLAIM)
        elif number in (_GET_DRIVER, _DRIVER):
            self._drivers(program, number, argument)
        elif number in (_SET_INTERFACE, _RESET, _CLEAR_HALT):
            program.complete(0)
        else:
            program.complete(-1, errno.ENOTTY)

    def _claim(self, program: _Program, *, claim: bool) -> None:
        others = any(other.claimed for other in self._programs if other is not program)
        if claim and (others or self.driver):
            program.complete(-1, errno.EBUSY)
            return
        program.claimed = claim
        program.complete(0)

    def _drivers(self, program: _Program, number: int, argument: int) -> None:
        if number == _GET_DRIVER:
            claimed = any(other.claimed for other in self._programs)
            name = "usbfs" if claimed else self.driver
            if name:
                program.store(argument + 4, name.encode().ljust(256, b"\0"))
            program.complete(0 if name else -1, 0 if name else errno.ENODATA)
            return
        _, code, _ = struct.unpack("=iIQ", program.load(argument, 16))
        if code & 0xFF == _DISCONNECT and not self.driver:
            program.complete(-1, errno.ENODATA)
            return
        self.driver = "" if code & 0xFF == _DISCONNECT else "usblp"
        self._testbed.set_driver(self.driver)
        program.complete(0)

    def _submit(self, program: _Program, argument: int) -> None:
        if not program.claimed:
            program.complete(-1, errno.EINVAL)
            return
        fields = _URB.unpack(program.load(argument, _URB.size))
        endpoint, buffer, length = fields[1], fields[4], fields[5]
        data = program.load(buffer, length) if endpoint < 0x80 and length else b""
        program.pending.append(_Urb(argument, endpoint, buffer, length, data))
        self._move()
        program.complete(0)

    def _discard(self, program: _Program, argument: int) -> None:
        for urb in program.pending:
            if urb.address == argument:
                urb.status = -errno.ENOENT
                program.pending.remove(urb)
                program.done.append(urb)
                program.complete(0)
                return
        program.complete(-1, errno.EINVAL)

    def _reap(self, program: _Program, argument: int) -> None:
        self._move()
        if not program.done:
            program.complete(-1, errno.EAGAIN if program.there else errno.ENODEV)
            return
        urb = program.done.popleft()
        if urb.endpoint >= 0x80 and urb.moved:
            program.store(urb.buffer, urb.data)
        program.store(urb.address + 4, struct.pack("=i", urb.status))
        program.store(urb.address + 28, struct.pack("=i", urb.moved))
        program.store(argument, struct.pack("=Q", urb.address))
        program.complete(0)

    def _move(self) -> None:
        """Move bytes between the transfers that wait and the printer, as far as it does."""
        now = time.monotonic()
        self._printer.advance(now)
        for program in self._programs:
            for urb in list(program.pending):
                ended = self._fill(urb, now) if urb.endpoint >= 0x80 else self._empty(urb, now)
                if ended and urb in program.pending:
                    program.pending.remove(urb)
                    program.done.append(urb)
        self._follow_plug()

    def _fill(self, urb: _Urb, now: float) -> bool:
        """Give a transfer what the printer says; whether that ends it."""
        self._said += self._printer.answers(now)
        urb.data, self._said = self._said[: urb.length], self._said[urb.length :]
        urb.moved = len(urb.data)
        return urb.moved > 0

    def _empty(self, urb: _Urb, now: float) -> bool:
        """Give the printer what a transfer holds; whether that ends it."""
        while urb.moved < urb.length:
            room = self._printer.room
            if self.error:
                room = min(room, self.error_after - self._printer.received)
                if room <= 0:
                    urb.status = -self.error
                    return True
            if not room:
                return False
            part = urb.data[urb.moved : urb.moved + room]
            urb.moved += len(part)
            self._printer.receive(part, now)
        return True


def _exactly(line: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = line.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
