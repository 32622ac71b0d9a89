"""A program under umockdev in which real `UsbTransport` objects run, used from outside.

libumockdev must be loaded before anything else of a process, so the transports of a test cannot
live in the test's own. `UsbProgram` starts another, and hands out stand-ins for its transports.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from appliance.config.usb_name import UsbName
from appliance.hardware.fault import PrinterFault
from appliance.hardware.transport import send
from appliance.hardware.usb import UsbTransport
from appliance.testing.usb_testbed import environment


class UsbProgram:
    """The program, from entering to leaving.

    Args:
        root: the testbed's folder.
        user: the number of the user that it becomes, which root alone can let it; None stays.
    """

    def __init__(self, root: Path, user: int | None = None) -> None:
        become = () if user is None else (str(user),)
        self._process = subprocess.Popen(
            (sys.executable, "-m", "appliance.testing.usb_program", *become),
            env=environment(root),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._asked: dict[int, Future[Any]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def transport(self, wanted: UsbName | None = None) -> RemoteTransport:
        """Make a transport there."""
        return RemoteTransport(self, next(self._numbers), wanted)

    def ask(self, transport: int, method: str, *arguments: Any) -> Any:
        """Call a method of a transport there. Raises `PrinterFault` as it does."""
        future: Future[Any] = Future()
        number = next(self._numbers)
        with self._lock:
            self._asked[number] = future
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps([number, transport, method, arguments]) + "\n")
            self._process.stdin.flush()
        return future.result(120)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            number, result, fault = json.loads(line)
            future = self._asked.pop(number)
            if fault is None:
                future.set_result(result)
            else:
                future.set_exception(PrinterFault(*fault))
        for future in self._asked.values():
            future.set_exception(RuntimeError("the program under umockdev ended"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


class RemoteTransport:
    """A stand-in for one transport of the program; see `appliance.hardware.transport.Transport`."""

    def __init__(self, program: UsbProgram, number: int, wanted: UsbName | None) -> None:
        self._program = program
        self._number = number
        self._ask("make", str(wanted or ""))

    def _ask(self, method: str, *arguments: Any) -> Any:
        return self._program.ask(self._number, method, *arguments)

    @property
    def identity(self) -> str:
        """See `Transport`."""
        return str(self._ask("identity"))

    def open(self, deadline: float) -> None:
        """See `Transport`."""
        self._ask("open", deadline)

    def write(self, data: bytes, deadline: float) -> int:
        """See `Transport`."""
        return int(self._ask("write", _packed(data), deadline))

    def send(self, data: bytes, deadline: float) -> float:
        """Send all, there; return the seconds it took of that process's processor time."""
        return float(self._ask("send", _packed(data), deadline))

    def read(self, most: int, deadline: float) -> bytes:
        """See `Transport`."""
        return base64.b64decode(self._ask("read", most, deadline))

    def flush_input(self) -> None:
        """See `Transport`."""
        self._ask("flush_input")

    def unsent(self) -> int:
        """See `Transport`."""
        return int(self._ask("unsent"))

    def drain(self, deadline: float) -> None:
        """See `Transport`."""
        self._ask("drain", deadline)

    def close(self) -> None:
        """See `Transport`."""
        self._ask("close")

    def interrupt(self) -> None:
        """See `Transport`."""
        self._ask("interrupt")


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


class _Far:
    """The program's side."""

    def __init__(self) -> None:
        self._transports: dict[int, UsbTransport] = {}
        self._threads: dict[int, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Obey until the input ends."""
        for line in sys.stdin:
            number, transport, method, arguments = json.loads(line)
            if method == "make":
                wanted = UsbName.parse(arguments[0]) if arguments[0] else None
                self._transports[transport] = UsbTransport(wanted)
                self._threads[transport] = ThreadPoolExecutor(1)
                self._answer(number, lambda: None)
            elif method == "interrupt":  # of all methods, it alone comes from another thread
                self._answer(number, self._transports[transport].interrupt)
            else:
                call = self._call(self._transports[transport], method, arguments)
                self._threads[transport].submit(self._answer, number, call)

    def _call(
        self, transport: UsbTransport, method: str, arguments: list[Any]
    ) -> Callable[[], Any]:
        if method == "identity":
            return lambda: transport.identity
        if method == "write":
            return lambda: transport.write(base64.b64decode(arguments[0]), arguments[1])
        if method == "send":
            return lambda: _timed(transport, base64.b64decode(arguments[0]), arguments[1])
        if method == "read":
            return lambda: _packed(transport.read(*arguments))
        return lambda: getattr(transport, method)(*arguments)

    def _answer(self, number: int, call: Callable[[], Any]) -> None:
        result, fault = None, None
        try:
            result = call()
        except PrinterFault as error:
            fault = (error.kind, str(error), error.accepted)
        except BaseException as error:
            fault = ("refused", f"{type(error).__name__}: {error}", 0)
        with self._lock:
            sys.stdout.write(json.dumps([number, result, fault]) + "\n")
            sys.stdout.flush()


def _timed(transport: UsbTransport, data: bytes, deadline: float) -> float:
    began = time.process_time()
    send(transport, data, deadline)
    return time.process_time() - began


def _become(user: int) -> None:
    """Once all is imported: the other user may not read what this one may."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


if __name__ == "__main__":
    for number in sys.argv[1:]:
        _become(int(number))
    _Far().serve()
