"""The control socket: a Unix socket in the state directory, for its owner and group only.

Whoever holds the store holds the socket, so of two daemons on one state directory only one gets
this far; a socket file that nobody answers on was left by a daemon that died.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "control.sock"
MODE = 0o660
MAX_LINE = 4 * 1024 * 1024
"""Bytes of a request or of one line of an answer, its line feed not counted."""

CHUNK = 1024 * 1024
"""Bytes of rows after which a line of an answer is ended."""


class SocketTaken(OSError):
    """A live process answers on the socket, or something else is in its place."""


@contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """Give a path to the socket that is short enough for the system, however deep the folder is.

    Linux takes 107 bytes for a socket's path; the folder is named by an open descriptor instead.

    Raises:
        OSError: the folder cannot be opened.
    """
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


def connect(folder: Path, timeout_s: float | None = None) -> socket.socket:
    """Connect to the daemon of a state directory.

    Raises:
        FileNotFoundError: there is no socket.
        ConnectionRefusedError: nobody answers; the daemon that made it is gone.
        PermissionError: this user may not talk to the daemon.
        OSError: anything else.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        with reachable(folder) as path:
            connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def clear_place(folder: Path) -> None:
    """Remove a socket that a dead daemon left.

    Raises:
        SocketTaken: a live process answers on it, or the file is no socket.
        OSError: it cannot be looked at or removed.
    """
    path = folder / NAME
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise SocketTaken(f"{path} is in the way and no socket: move it away")
        connect(folder, timeout_s=5.0).close()
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
        return
    raise SocketTaken(f"another fieldbox answers on {path}: stop it first")
