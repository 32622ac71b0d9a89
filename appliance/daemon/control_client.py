"""The control socket from the other side: operations asked of a running daemon."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from appliance.daemon.control_socket import MAX_LINE

ANSWER_S = 300.0
"""How long a silent daemon is waited for."""


class AskRefused(Exception):
    """The operation was not done; `code` is one of `operation.REFUSALS`."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class AskFailed(Exception):
    """The daemon failed or is gone; what was asked may or may not be done."""


class ControlClient:
    """One conversation with a daemon; see `appliance.daemon.conversation`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.settimeout(ANSWER_S)
        self._lines = connection.makefile("rb")

    def ask(self, name: str, params: Mapping[str, Any]) -> Any:
        """Do an operation and return its result as plain data.

        Raises:
            AskRefused, AskFailed: it was not done.
        """
        return self.send(msgspec.json.encode({"op": name, "params": params}))

    def send(
        self,
        line: bytes,
        progress: Callable[[Mapping[str, Any]], None] = lambda _state: None,
    ) -> Any:
        """Send a request, one line without its end, and return its result as plain data.

        Raises:
            AskRefused, AskFailed: it was not done.
        """
        try:
            self._connection.sendall(line + b"\n")
            return self._answer(progress)
        except TimeoutError:
            raise AskFailed(
                f"the daemon has not answered for {ANSWER_S:.0f} s; look at its log, and start it "
                "again if it hangs"
            ) from None
        except (OSError, msgspec.DecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise AskFailed(
                f"the connection to the daemon broke ({reason}); it may have stopped: what was "
                "asked may or may not be done, so look before you ask again"
            ) from error

    def _answer(self, progress: Callable[[Mapping[str, Any]], None]) -> Any:
        rows: list[Any] | None = None
        while True:
            line = self._lines.readline(MAX_LINE + 1)
            if not line.endswith(b"\n"):
                raise ConnectionError("the answer ended early")
            answer = msgspec.json.decode(line, type=dict[str, Any])
            if "progress" in answer:
                progress(answer["progress"])
            elif "rows" in answer:
                rows = [*(rows or ()), *answer["rows"]] if rows else answer["rows"]
            elif "refused" in answer:
                raise AskRefused(answer["refused"]["text"], answer["refused"]["code"])
            elif "error" in answer:
                raise AskFailed(
                    f"internal error: {answer['error']['text']}; the daemon's log says more under "
                    f"the reference {answer['error']['reference']}"
                )
            else:
                result = answer["result"]
                return result if rows is None else {**result, "rows": rows}

    def close(self) -> None:
        """End the conversation."""
        self._lines.close()
        self._connection.close()
