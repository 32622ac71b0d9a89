"""What is wrong with a configuration: every problem with its file, line and key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

_BARE = re.compile(r"[A-Za-z0-9_-]+")

PROBLEM_LIMIT = 100
"""Problems collected before reading stops: enough to mend a file, bounded for a hostile one."""


class Place(msgspec.Struct, frozen=True):
    """Where a key was written.

    Attributes:
        file: the name of the file as the caller gave it, or ``environment``.
        line: counted from 1; None where no single line is at fault (a key that is missing).
    """

    file: str
    line: int | None = None


class ConfigProblem(msgspec.Struct, frozen=True):
    """One thing a technician has to change.

    Attributes:
        file: the file at fault.
        line: counted from 1, None where it cannot be had.
        key: the dotted key, ``http.listen``; empty where the whole file is at fault.
        reason: what is wrong, in plain words.
        allowed: what is allowed, empty where that says nothing more.
        hint: what to do next, ``did you mean "listen"?`` for instance; may be empty.
    """

    file: str
    line: int | None
    key: str
    reason: str
    allowed: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """``FILE:LINE: key: what is wrong (allowed: ...; hint)``, on one line."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        notes = [f"allowed: {self.allowed}"] if self.allowed else []
        if self.hint:
            notes.append(self.hint)
        text = f"{self.key}: {self.reason}" if self.key else self.reason
        return f"{where}: {text}" + (f" ({'; '.join(notes)})" if notes else "")


class ConfigError(Exception):
    """The configuration cannot be used; the technician's to mend.

    Attributes:
        problems: all that was found, in the order of files and lines; at most `PROBLEM_LIMIT`.

    Its text holds one line a problem.
    """

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems: tuple[ConfigProblem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        if len(self.problems) >= PROBLEM_LIMIT:
            lines.append(f"stopped after {PROBLEM_LIMIT} problems; there may be more")
        return "\n".join(lines)


class Wrong(Exception):
    """A value does not fit; whoever knows its key and place turns it into a `ConfigProblem`.

    Attributes:
        reason, allowed, hint: as in `ConfigProblem`.
    """

    def __init__(self, reason: str, allowed: str = "", hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.allowed = allowed
        self.hint = hint


def problem(place: Place, path: Sequence[str], wrong: Wrong) -> ConfigProblem:
    """The problem of the key `path` at `place`."""
    return ConfigProblem(
        place.file, place.line, dotted(path), wrong.reason, wrong.allowed, wrong.hint
    )


class Problems:
    """Collects problems while reading goes on, so that all of them can be shown at once."""

    def __init__(self, files: Sequence[str]) -> None:
        """`files`: the names of all files in reading order; problems are shown in that order."""
        self._order = tuple(files)
        self._found: list[ConfigProblem] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, place: Place, path: Sequence[str], wrong: Wrong) -> None:
        """Note that the key `path` at `place` is wrong.

        Raises:
            ConfigError: `PROBLEM_LIMIT` is reached.
        """
        self._found.append(problem(place, path, wrong))
        if len(self._found) >= PROBLEM_LIMIT:
            self.raise_found()

    def raise_found(self) -> None:
        """Raise a `ConfigError` with everything found; do nothing where nothing was."""
        if self._found:
            raise ConfigError(in_order(self._found, self._order))


def in_order(problems: Iterable[ConfigProblem], files: Sequence[str]) -> list[ConfigProblem]:
    """Problems in the order of files and lines; those of other files last."""
    order = {name: index for index, name in enumerate(files)}
    return sorted(problems, key=lambda p: (order.get(p.file, len(order)), p.line or 0))


def dotted(path: Sequence[str]) -> str:
    """The key as it would be written in TOML, parts that need quotes quoted."""
    return ".".join(
        part if len(part) <= 60 and _BARE.fullmatch(part) else quoted(part) for part in path
    )


def quoted(text: str, limit: int = 60) -> str:
    """`text` in double quotes, safe for a terminal: nothing unprintable, `limit` characters."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    body = "".join(
        f"\\{char}"
        if char in '"\\'
        else char
        if char.isprintable()
        else f"\\u{ord(char):04X}"
        if ord(char) < 0x10000
        else f"\\U{ord(char):08X}"
        for char in cut
    )
    return f'"{body}"'
