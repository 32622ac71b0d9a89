from __future__ import annotations

import errno
import select
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock

from appliance.config.declared import Printer
from appliance.hardware.hotplug import (
    AGAIN_S,
    POLL_S,
    SETTLE_S,
    SLOW_POLL_S,
    Hotplug,
    kernel_messages,
)
from appliance.hardware.printers import is_plugged
from appliance.testing.usb_testbed import UsbTestbed

PLUGGED = b"add@/devices/usb1/1-1\0SUBSYSTEM=usb\0"


class Reactor(Clock):
    """A clock that also keeps who wants to read."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[Any] = []

    def addReader(self, reader: Any) -> None:
        self.readers.append(reader)

    def removeReader(self, reader: Any) -> None:
        self.readers.remove(reader)


class Messages:
    """The kernel's socket, as far as it is read."""

    def __init__(self, *messages: tuple[bytes, tuple[int, int]] | OSError) -> None:
        self.messages = list(messages)
        self.closed = False

    def recvfrom(self, _size: int) -> tuple[bytes, tuple[int, int]]:
        if not self.messages:
            raise BlockingIOError
        message = self.messages.pop(0)
        if isinstance(message, OSError):
            raise message
        return message

    def fileno(self) -> int:
        return 7

    def close(self) -> None:
        self.closed = True


class Bench:
    """A hot-plug over printers whose plugs are a set."""

    def __init__(self, messages: Messages | socket.socket | None) -> None:
        self.reactor = Reactor()
        self.there: set[str] = set()
        self.told: list[tuple[str, bool]] = []
        self.looks = 0
        self.fails = False

        def told(name: str, there: bool) -> None:
            self.told.append((name, there))
            if self.fails:
                raise ValueError(name)

        def connect() -> Any:
            if messages is None:
                raise OSError(errno.EPERM, "not here")
            return messages

        def run(look: Callable[[], set[str]]) -> Deferred[set[str]]:
            self.looks += 1
            return execute(look)

        self.hotplug = Hotplug(
            lambda: set(self.there),
            self.reactor,
            run,
            told,
            connect=connect,
        )
        self.hotplug.start()


def test_what_is_there_at_the_start_is_told() -> None:
    bench = Bench(None)
    bench.there = {"van"}
    bench.reactor.advance(POLL_S)
    assert bench.told == [("van", True)]
    assert bench.hotplug.there == {"van"}


def test_who_fails_when_told_does_not_end_the_looking() -> None:
    bench = Bench(None)
    bench.fails = True
    bench.there = {"van"}
    bench.reactor.advance(POLL_S)
    bench.there = {"van", "belt"}
    bench.reactor.advance(POLL_S)
    assert bench.told == [("van", True), ("belt", True)]


def test_a_message_of_the_kernel_makes_it_look_once_udev_has_done() -> None:
    bench = Bench(messages := Messages())
    bench.there = {"van", "belt"}
    messages.messages = [(PLUGGED, (0, 1))] * 30
    bench.hotplug.doRead()
    assert bench.told == []
    bench.reactor.advance(SETTLE_S)
    assert bench.told == [("belt", True), ("van", True)]
    assert bench.looks == 2


def test_a_message_of_another_program_or_about_another_thing_is_nothing() -> None:
    bench = Bench(messages := Messages())
    messages.messages = [(PLUGGED, (4711, 1)), (b"add@/x\0SUBSYSTEM=net\0", (0, 1)), (b"", (0, 1))]
    bench.hotplug.doRead()
    bench.reactor.advance(SLOW_POLL_S - 1)
    assert bench.looks == 1


def test_a_printer_is_gone_after_three_looks_and_not_before() -> None:
    bench = Bench(messages := Messages())
    bench.there = {"van"}
    bench.reactor.advance(SLOW_POLL_S)
    bench.there = set()
    messages.messages = [(b"remove@/devices/usb1/1-1\0SUBSYSTEM=usb\0", (0, 1))]
    bench.hotplug.doRead()
    bench.reactor.advance(SETTLE_S)
    bench.reactor.advance(AGAIN_S)
    assert bench.told == [("van", True)]
    bench.reactor.advance(AGAIN_S)
    assert bench.told == [("van", True), ("van", False)]


def test_lost_messages_make_it_look_and_a_broken_socket_leaves_polling() -> None:
    bench = Bench(messages := Messages(OSError(errno.ENOBUFS, "lost")))
    bench.there = {"van"}
    bench.hotplug.doRead()
    bench.reactor.advance(SETTLE_S)
    assert bench.told == [("van", True)]
    messages.messages = [OSError(errno.EIO, "broken")]
    bench.hotplug.doRead()
    assert bench.reactor.readers == []
    assert messages.closed
    bench.there = {"van", "belt"}
    bench.reactor.advance(SETTLE_S)
    assert bench.told[1:] == [("belt", True)]


def test_stopped_it_looks_no_more() -> None:
    bench = Bench(messages := Messages())
    bench.hotplug.stop()
    assert messages.closed
    assert bench.reactor.readers == []
    assert bench.reactor.getDelayedCalls() == []


def test_the_kernel_itself_makes_it_look() -> None:
    trigger = Path("/sys/class/tty/tty0/uevent")
    try:
        line = kernel_messages()
        # As `udevadm trigger` does: the kernel says "add" of a device that is there.
        trigger.write_text("add")
    except OSError as error:
        pytest.skip(f"no messages of the kernel here: {error}")
    bench = Bench(line)
    bench.there = {"van"}
    assert select.select([line], [], [], 10)[0]
    bench.hotplug.doRead()
    bench.reactor.advance(SETTLE_S)
    assert bench.told == [("van", True)]
    bench.hotplug.stop()
    assert line.fileno() == -1


def test_plugging_is_seen_in_sysfs_and_by_the_ports_name(tmp_path: Path) -> None:
    usb = Printer(transport="usb")
    testbed = UsbTestbed(tmp_path)
    assert is_plugged(usb, tmp_path / "sys") is False
    testbed.plug("usblp")
    assert is_plugged(usb, tmp_path / "sys") is True
    port = tmp_path / "ttyUSB0"
    serial = Printer(transport="serial", port=port)
    assert is_plugged(serial) is False
    port.touch()
    assert is_plugged(serial) is True
    assert is_plugged(Printer(folder=Path("/paper"))) is None
