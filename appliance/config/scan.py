"""Line numbers of the tables and keys of a TOML text.

`tomllib` gives values without their places. This scanner follows the same grammar (TOML 1.0,
https://toml.io/en/v1.0.0) as far as statements and keys go, and skips over values. It never
raises: at the first thing it cannot follow it stops with what it has, and `tomllib`, which reads
the same text, says what is wrong. Every loop moves forward, so the time is linear in the text.
"""

from __future__ import annotations

import re
import tomllib

import msgspec

KeyPath = tuple[str, ...]

DEPTH_LIMIT = 16
"""Parts of a dotted key, and brackets within a value. Configurations need five; a bound here keeps
`tomllib`, which recurses and copies keys, away from hostile nesting."""

_GAP = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_PLAIN = re.compile(r"""[^\[\]{}"'#,\n.=]+""")
_LONG_BASIC = re.compile(r'\\.|"""', re.DOTALL)


class Repeat(msgspec.Struct, frozen=True):
    """A key or table that is written twice: its path and both lines."""

    path: KeyPath
    first: int
    again: int


class Scan(msgspec.Struct):
    """What the scanner found.

    Attributes:
        lines: the line (from 1) of each table and key; a table that is only implied has the line
            of the first key or header that implies it. Keys inside inline tables and arrays are
            not here.
        repeats: keys and tables written twice.
        too_deep: the line where `DEPTH_LIMIT` was passed, None where it was not.
    """

    lines: dict[KeyPath, int]
    repeats: list[Repeat]
    too_deep: int | None = None


def scan(text: str) -> Scan:
    """Find the lines of `text`, whose line ends are ``\\n`` alone (as `tomllib` makes them)."""
    scanner = _Scanner(text)
    while scanner.statement():
        pass
    return scanner.found


class _Stop(Exception):
    """The text is not TOML from here on, or nested beyond the limit."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.line = 1
        self.counted = 0
        self.table: KeyPath = ()
        self.arrays: set[KeyPath] = set()
        self.explicit: dict[KeyPath, int] = {}
        self.found = Scan({}, [])

    def statement(self) -> bool:
        """Read one header or key; False at the end or where the text cannot be followed."""
        try:
            self._skip(_GAP)
            if self.pos >= len(self.text):
                return False
            line = self._line_here()
            if self.text.startswith("[[", self.pos):
                self._header(line, "[[", "]]")
            elif self.text.startswith("[", self.pos):
                self._header(line, "[", "]")
            else:
                path = self.table + self._key("=")
                self._skip(_BLANK)
                self._note(path, line, depth=len(self.table))
                self._value()
            self._skip(_BLANK)
            if self.pos < len(self.text) and self.text[self.pos] not in "#\n":
                return False
        except _Stop:
            return False
        return True

    def _header(self, line: int, opening: str, closing: str) -> None:
        self.pos += len(opening)
        path = self._key(closing)
        self.table = path
        if opening == "[[":
            self.arrays.add(path)
        self._note(path, line, depth=0)

    def _note(self, path: KeyPath, line: int, depth: int) -> None:
        """Record `path`, and the tables it implies below the first `depth` parts."""
        lines = self.found.lines
        for end in range(depth + 1, len(path)):
            lines.setdefault(path[:end], line)
        if any(path[:end] in self.arrays for end in range(1, len(path) + 1)):
            # Each element of an array of tables has these keys anew: the first one counts.
            lines.setdefault(path, line)
        elif path in self.explicit:
            self.found.repeats.append(Repeat(path, self.explicit[path], line))
        else:
            self.explicit[path] = lines[path] = line

    def _key(self, closing: str) -> KeyPath:
        """A dotted key and the `closing` mark after it."""
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            parts.append(self._part())
            if len(parts) > DEPTH_LIMIT:
                self._too_deep()
            self._skip(_BLANK)
            if self.text.startswith(closing, self.pos):
                self.pos += len(closing)
                return tuple(parts)
            if not self.text.startswith(".", self.pos):
                raise _Stop
            self.pos += 1

    def _part(self) -> str:
        if bare := _BARE.match(self.text, self.pos):
            self.pos = bare.end()
            return bare[0]
        if literal := _LITERAL.match(self.text, self.pos):
            self.pos = literal.end()
            return literal[0][1:-1]
        basic = _BASIC.match(self.text, self.pos)
        if basic is None:
            raise _Stop
        self.pos = basic.end()
        try:
            return str(tomllib.loads(f"key = {basic[0]}")["key"])
        except tomllib.TOMLDecodeError:
            raise _Stop from None

    def _value(self) -> None:
        """Skip a value, which ends at the line's end or at a comment outside all brackets."""
        depth = dots = 0
        while self.pos < len(self.text):
            char = self.text[self.pos]
            if char in "\"'":
                self._string(char)
                continue
            if char in "#\n" and depth == 0:
                return
            if char == "#":
                end = self.text.find("\n", self.pos)
                self.pos = len(self.text) if end < 0 else end
                continue
            if char in "[{":
                depth, dots = depth + 1, 0
            elif char in "]}":
                depth -= 1
            elif char in ",=":
                dots = 0
            elif char == ".":
                dots += 1
            if depth < 0:
                raise _Stop
            if depth > DEPTH_LIMIT or dots >= DEPTH_LIMIT:
                self._too_deep()
            plain = _PLAIN.match(self.text, self.pos)
            self.pos = plain.end() if plain else self.pos + 1

    def _string(self, quote: str) -> None:
        if not self.text.startswith(quote * 3, self.pos):
            short = (_BASIC if quote == '"' else _LITERAL).match(self.text, self.pos)
            if short is None:
                raise _Stop
            self.pos = short.end()
            return
        start = self.pos + 3
        if quote == "'":
            end = self.text.find("'''", start)
        else:
            end = next(
                (m.start() for m in _LONG_BASIC.finditer(self.text, start) if m[0] == '"""'), -1
            )
        if end < 0:
            raise _Stop
        self.pos = end + 3
        # Up to two quotes may stand right before the closing three.
        for _ in range(2):
            if self.text.startswith(quote, self.pos):
                self.pos += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.pos)
        if match:
            self.pos = match.end()

    def _line_here(self) -> int:
        self.line += self.text.count("\n", self.counted, self.pos)
        self.counted = self.pos
        return self.line

    def _too_deep(self) -> None:
        self.found.too_deep = self._line_here()
        raise _Stop
