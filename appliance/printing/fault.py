"""What is wrong with a template."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN = 15


class TemplateFault(Exception):
    """A template cannot be used; the text names file and line, and says what to do."""

    def __init__(self, file: str, line: int, text: str) -> None:
        super().__init__(f"{file}:{line}: {text}" if line else f"{file}: {text}")
        self.file = file
        self.line = line
        self.text = text


class Wrong(Exception):
    """What is wrong at a place that whoever catches it knows."""


def choices(name: str, known: Iterable[str]) -> str:
    """Say what could be meant instead of a name: the nearest, else all there are."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if not names:
        return "there are none"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"there are: {', '.join(names[:_SHOWN])}{more}"
