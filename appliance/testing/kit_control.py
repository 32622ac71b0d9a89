"""The way to a running virtual kit: a Unix socket in its folder, one line of JSON each way."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAME = "control.sock"
ANSWER_S = 10.0
"""Seconds within which a line comes, and its answer."""

_MOST = 65_536


class NoKit(Exception):
    """No virtual kit answers there; the text is for people."""


class KitControl:
    """Answers on the socket, from `start` to `close`."""

    def __init__(
        self, folder: Path, answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> None:
        """Prepare; `answer` is asked on a thread and raises nothing."""
        self._folder = folder
        self._answer = answer
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._run, name="kit control", daemon=True)

    def start(self) -> None:
        """Begin to listen. Raises `OSError`."""
        (self._folder / NAME).unlink(missing_ok=True)
        with _reachable(self._folder) as path:
            self._listener.bind(path)
        (self._folder / NAME).chmod(0o600)
        self._listener.listen(4)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        (self._folder / NAME).unlink(missing_ok=True)

    def _run(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError, ValueError, RecursionError):
                line.settimeout(ANSWER_S)
                asked = json.loads(_read(line))
                if isinstance(asked, dict):
                    line.sendall(json.dumps(self._answer(asked)).encode() + b"\n")


def ask(folder: Path, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the kit of a folder.

    Raises:
        NoKit: none answers.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(ANSWER_S)
            with _reachable(folder) as path:
                line.connect(path)
            line.sendall(json.dumps(asked).encode() + b"\n")
            found = json.loads(_read(line))
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        raise NoKit(f"no virtual kit runs in {folder}; start it without --do") from error
    except (OSError, ValueError) as error:
        raise NoKit(f"no virtual kit answers in {folder}: {error or 'it said nothing'}") from error
    if not isinstance(found, dict):
        raise NoKit(f"what answers in {folder} is no virtual kit")
    return found


def _read(line: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) < _MOST:
        more = line.recv(_MOST)
        if not more:
            break
        data += more
    return data


@contextmanager
def _reachable(folder: Path) -> Iterator[str]:
    """Give a path to the socket that is short enough for the system, however deep the folder is."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)
