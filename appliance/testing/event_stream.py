"""EventStream: server-sent events, read as they arrive.

Source: WHATWG HTML, "Server-sent events", section "Interpreting an event stream". Only what the
protocol uses is kept: the event's name and its data; `id` and `retry` are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from appliance.testing.link import ProtocolBroken

MAX_EVENT_BYTES = 65_536
"""Longest event accepted; a `head` event holds one number."""

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `name` is ``message`` where the stream gives none."""

    name: str
    data: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that only keeps the connection alive."""

    text: str


class EventStream:
    """Cuts the bytes of an event stream into events and comments."""

    def __init__(self) -> None:
        self._rest = b""
        self._name = ""
        self._data: list[str] = []
        self._size = 0
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[Event | Comment]:
        """Yield what `chunk` completes; `ProtocolBroken` on bytes that are no UTF-8 or no end."""
        self._rest += chunk
        while (end := _LINE_END.search(self._rest)) is not None:
            # A carriage return at the very end may be half of CR LF: wait for what follows.
            if end.group() == b"\r" and end.end() == len(self._rest):
                break
            line, self._rest = self._rest[: end.start()], self._rest[end.end() :]
            item = self._line(self._text(line))
            if item is not None:
                yield item
        if len(self._rest) > MAX_EVENT_BYTES:
            raise ProtocolBroken(f"an event line of more than {MAX_EVENT_BYTES} bytes")

    def _text(self, line: bytes) -> str:
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise ProtocolBroken(f"an event stream that is not UTF-8: {error}") from error
        if not self._begun:
            self._begun = True
            text = text.removeprefix("\ufeff")
        return text

    def _line(self, line: str) -> Event | Comment | None:
        if not line:
            name, data = self._name or "message", self._data
            self._name, self._data, self._size = "", [], 0
            return Event(name, "\n".join(data)) if data else None
        if line.startswith(":"):
            return Comment(line[1:].removeprefix(" "))
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        self._size += len(line)
        if self._size > MAX_EVENT_BYTES:
            raise ProtocolBroken(f"an event of more than {MAX_EVENT_BYTES} bytes")
        if key == "event":
            self._name = value
        elif key == "data":
            self._data.append(value)
        return None


def head_of(event: Event) -> int:
    """Return the head that a ``head`` event tells; `ProtocolBroken` if it tells none."""
    try:
        value = orjson.loads(event.data)
    except orjson.JSONDecodeError as error:
        raise ProtocolBroken(f"a head event with {event.data[:80]!r}: {error}") from error
    head = value.get("head") if isinstance(value, dict) else None
    if not isinstance(head, int):
        raise ProtocolBroken(f"a head event without head: {event.data[:80]!r}")
    return head
