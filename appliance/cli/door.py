"""The door: how a command reaches the box, through a running daemon or by opening it itself.

Both give the same answers, because both do the same operations; `open_door` picks.
"""

from __future__ import annotations

import os
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from appliance.cli.command_line import again_as
from appliance.cli.failure import Failure, WrongUse
from appliance.cli.owner import check_owner, explained, owner_of
from appliance.config.settings import Settings
from appliance.daemon.control_client import ANSWER_S, AskFailed, AskRefused, ControlClient
from appliance.daemon.control_socket import MAX_LINE, NAME, connect
from appliance.daemon.operations import operation
from appliance.daemon.operations.actor import actor_of

if TYPE_CHECKING:
    from appliance.daemon.operations.desk import Desk
    from appliance.store.box import Box

Progress = Callable[[Mapping[str, Any]], None]

STARTING_S = 10.0
"""How long a store in use is waited for: a daemon that starts, or another command."""


def _unseen(_state: Mapping[str, Any]) -> None:
    """Show no progress."""


class Door(ABC):
    """The way to the box; one conversation."""

    @abstractmethod
    def ask(
        self, name: str, params: Mapping[str, Any] | None = None, progress: Progress = _unseen
    ) -> Any:
        """Do an operation and return its result as plain data.

        Raises:
            Failure: it was not done.
        """

    @abstractmethod
    def close(self) -> None:
        """End the conversation."""


class SocketDoor(Door):
    """Through a daemon's control socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._client = ControlClient(connection)

    def ask(
        self, name: str, params: Mapping[str, Any] | None = None, progress: Progress = _unseen
    ) -> Any:
        """See `Door`."""
        try:
            return self._client.send(_line(name, params), progress)
        except AskRefused as refused:
            raise _refused(str(refused), refused.code) from refused
        except AskFailed as failed:
            raise Failure(str(failed)) from failed

    def close(self) -> None:
        """See `Door`."""
        self._client.close()


class OwnDoor(Door):
    """By opening the box in this process, where no daemon has it."""

    def __init__(self, box: Box) -> None:
        from appliance.daemon.operations.desk import Desk

        self._box = box
        self._progress: Progress = _unseen
        self._desk: Desk = Desk(box, progress=lambda state: self._progress(state))

    def ask(
        self, name: str, params: Mapping[str, Any] | None = None, progress: Progress = _unseen
    ) -> Any:
        """See `Door`."""
        from appliance.daemon.operations.catalogue import perform

        self._progress = progress
        # Through JSON, so that it is the same to the letter as through a daemon.
        request = msgspec.json.decode(_line(name, params))
        actor = actor_of(os.getuid(), os.environ.get("SUDO_USER", ""))
        try:
            result = perform(self._desk, name, request["params"], actor)
        except operation.OperationRefused as refused:
            raise _refused(str(refused), refused.code) from refused
        return msgspec.json.decode(msgspec.json.encode(result))

    def close(self) -> None:
        """See `Door`."""
        from appliance.store.errors import StoreError

        try:
            with suppress(StoreError):
                self._desk.close()
        finally:
            self._box.close()


def _line(name: str, params: Mapping[str, Any] | None) -> bytes:
    """Return a request as the line that a daemon reads.

    Raises:
        WrongUse: it cannot be one.
    """
    claimed = os.environ.get("SUDO_USER", "").encode("utf-8", "replace").decode()
    try:
        line = msgspec.json.encode({"op": name, "params": params or {}, "actor": claimed})
    except UnicodeEncodeError as error:
        text = error.object.encode("utf-8", "backslashreplace").decode()
        raise WrongUse(f"{text[:100]!r} is not UTF-8 text; type it again") from None
    if len(line) > MAX_LINE:
        raise WrongUse(
            f"what was given is too much at once: {len(line):,} bytes, and {MAX_LINE:,} is the most"
        )
    return line


def open_door(settings: Settings) -> Door:
    """Reach the box of some settings.

    Raises:
        Failure: it cannot be reached.
        ConfigError: a plugin's section is wrong.
    """
    deadline = time.monotonic() + STARTING_S
    while True:
        try:
            return SocketDoor(connect(settings.state_dir, timeout_s=ANSWER_S))
        except (FileNotFoundError, ConnectionRefusedError):
            pass  # no daemon runs
        except PermissionError as error:
            raise Failure(_not_allowed(settings)) from error
        except OSError as error:
            raise Failure(explained(error, settings.state_dir)) from error
        door = _open_own(settings)
        if door is not None:
            return door
        if time.monotonic() > deadline:
            raise Failure(
                f"the store in {settings.state_dir} is held by another process that does not "
                f"answer on {NAME} there: another fieldbox command, or a daemon that starts or "
                "hangs. Wait until it ends, or stop it"
            )
        time.sleep(0.2)


def _open_own(settings: Settings) -> Door | None:
    """Open the box here; None where another process holds it."""
    check_owner(settings.state_dir, daemon=False)
    from appliance.daemon.logs import configure
    from appliance.enrollment.errors import TechnicianError
    from appliance.store.box import Box
    from appliance.store.errors import StoreError, StoreInUse

    configure("warning", "console")
    try:
        return OwnDoor(Box(settings))
    except StoreInUse:
        return None
    except (StoreError, TechnicianError) as error:
        raise Failure(explained(error, settings.state_dir)) from error
    except OSError as error:
        raise Failure(explained(error, settings.state_dir)) from error


def _not_allowed(settings: Settings) -> str:
    name = owner_of(settings.state_dir) or "its owner"
    return (
        f"{settings.state_dir} belongs to {name}, and you may not talk to the daemon there: join "
        f"its group, or run this as {name}:\n  {again_as(name)}"
    )


def _refused(text: str, code: str) -> Failure:
    return WrongUse(text) if code in operation.WRONG_USE else Failure(text)
