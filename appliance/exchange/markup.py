"""Markup: the XML of a workbook's parts, read as it comes, within limits.

A document type is refused, and with it every entity: none of these parts has one. What the parser
would have to keep in memory (one tag, open elements) is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NoReturn
from xml.parsers import expat

from appliance.exchange.refusal import FileRefused

MAX_TOKEN_BYTES = 1024 * 1024
"""The longest tag or comment."""

MAX_DEPTH = 64
"""How deep elements may be nested."""

Start = Callable[[str, dict[str, str]], None]
"""Takes a local name and attributes by local name, or by ``namespace name`` where they have one."""

End = Callable[[str], None]
"""Takes a local name."""

Text = Callable[[str], None]
"""Takes a piece of text; a text comes in several."""


class Markup:
    """One part's parser. Give it chunks with `feed`, then call `close`.

    The handlers are called with local names: parts in the strict and in the transitional form
    (ECMA-376, parts 1 and 4) differ by their namespaces only.
    """

    def __init__(self, part: str, start: Start, end: End, text: Text | None = None) -> None:
        """Take the part's name, for errors, and the handlers."""
        self._part = part
        self._fed = 0
        self._depth = 0
        self._start = start
        self._end = end
        self._names: dict[str, str] = {}
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._started
        parser.EndElementHandler = self._ended
        parser.StartDoctypeDeclHandler = self._doctype
        if text is not None:
            parser.CharacterDataHandler = text

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        """Parse on.

        Raises:
            FileRefused: it is no XML, or beyond a limit; and whatever a handler raises.
        """
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise FileRefused(
                f"the part {self._part!r} of the workbook is damaged ({error}); open the file in "
                "a spreadsheet and save it again."
            ) from None
        self._fed += len(chunk)
        # What is not yet a whole token waits in the parser's memory.
        if self._fed - self._parser.CurrentByteIndex > MAX_TOKEN_BYTES:
            self._refuse(f"a tag of more than {MAX_TOKEN_BYTES} bytes")

    def close(self) -> None:
        """Take note that no chunk follows."""
        self.feed(b"", last=True)

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(f"elements nested deeper than {MAX_DEPTH}")
        local = self._names.get(name)
        if local is None:
            local = self._local(name)
        self._start(local, attributes)

    def _ended(self, name: str) -> None:
        self._depth -= 1
        self._end(self._names.get(name) or self._local(name))

    def _local(self, name: str) -> str:
        local = name.rpartition(" ")[2]
        if len(self._names) < 200:
            self._names[name] = local
        return local

    def _doctype(self, *_declared: object) -> NoReturn:
        self._refuse("a document type")

    def _refuse(self, what: str) -> NoReturn:
        raise FileRefused(
            f"the part {self._part!r} of the workbook has {what}, which no spreadsheet writes."
        )


def read_part(
    part: str, chunks: Iterable[bytes], start: Start, end: End, text: Text | None = None
) -> None:
    """Parse a whole part; see `Markup`."""
    markup = Markup(part, start, end, text)
    for chunk in chunks:
        markup.feed(chunk)
    markup.close()
