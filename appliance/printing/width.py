"""Width: how many columns of a fixed-width font a text takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

NO_BREAK = "\u00a0"
"""A space at which no line is broken, such as that between the thousands of an amount."""

UNKNOWN = "\ufffd"
"""Stands for what cannot be printed; never a "?", which people write themselves."""

_NO_BREAKS = frozenset("\u00a0\u2007\u202f")
_INVISIBLE = re.compile(
    # Unicode's default ignorable characters: soft hyphens, joiners, marks of direction, and what
    # chooses between forms of a letter.
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)
_MARKED = re.compile("[^\\W\\d_][\u0300-\u036f]{1,3}")
"""A letter and the first marks on it: composing a longer run takes the square of its length."""
_BREAKS = re.compile(
    # Not between a number and its unit: "500 ml", "45 %".
    r"(?<![0-9])[^\S\u00a0]+|(?<=[0-9])[^\S\u00a0]+(?!(?:%|[^\W\d_]{1,2})(?:\W|$))"
)


def width(text: str) -> int:
    """Return how many columns a text takes (Unicode Annex 11: wide and fullwidth take two)."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def printable(text: str) -> str:
    """Return a text in which nothing acts on a printer or a terminal.

    Line breaks and `NO_BREAK` stay, other white space becomes a space, and what does not print
    (control characters, lone surrogates, characters of no alphabet) becomes `UNKNOWN`. Characters
    that only steer others and have no ink are left out. A letter and the mark on it become one
    character where there is one (Unicode's NFC), so that a printer's font may have it.
    """
    if text.isascii() and text.isprintable():
        return text
    whole = _MARKED.sub(_composed, text)
    whole = _INVISIBLE.sub("", whole)
    if not whole.isprintable():
        whole = whole.replace("\r\n", "\n").replace("\r", "\n")
        whole = "".join(map(_harmless, whole))
    return whole


def _composed(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found[0])


def _harmless(character: str) -> str:
    if character == "\n" or character.isprintable():
        return character
    if character in _NO_BREAKS:
        return NO_BREAK
    return " " if character.isspace() else UNKNOWN


def words(text: str) -> list[str]:
    """Return the parts of a text between which a line may be broken."""
    return [word for word in _BREAKS.split(text) if word]


def wrapped(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most so many columns, between words where that can be.

    Nothing but white space at the breaks is lost. An empty text is one empty line. A character
    that is itself wider than the line, two columns into one, becomes `UNKNOWN`. What `NO_BREAK`
    joins stays together where it fits a line; it is a usual space in the answer.

    Args:
        text: printable; its own line breaks are kept.
        columns: 1 or more.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_paragraph(paragraph, columns))
    return lines


def _paragraph(text: str, columns: int) -> Iterator[str]:
    line = ""
    taken = 0
    parts_between = words(text)
    for word in parts_between:
        for part in _cut(word.replace(NO_BREAK, " "), columns):
            size = width(part)
            if line and taken + 1 + size > columns:
                yield line
                line, taken = "", 0
            line, taken = (f"{line} {part}", taken + 1 + size) if line else (part, size)
            if taken >= columns:
                yield line
                line, taken = "", 0
    if line or not parts_between:
        yield line


def _cut(word: str, columns: int) -> Iterator[str]:
    """Cut a word that is longer than a line into parts that each fill one."""
    if width(word) <= columns:
        yield word
        return
    part = ""
    taken = 0
    for character in word:
        size = _columns(character)
        if size > columns:
            character, size = UNKNOWN, 1
        if taken + size > columns:
            yield part
            part, taken = "", 0
        part += character
        taken += size
    yield part


def aligned(text: str, columns: int, align: str) -> str:
    """Fill a text up to so many columns: ``left``, ``center`` or ``right``."""
    rest = columns - width(text)
    before = {"left": 0, "center": rest // 2, "right": rest}[align]
    return " " * before + text + " " * (rest - before)
