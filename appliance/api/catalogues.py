"""Gettext catalogues (``.po`` files) as text: read strictly, written as translators expect them.

The format is that of the GNU gettext manual, section "The Format of PO Files", without plural
forms: a sentence that holds a number is worded so that it stands whatever the number is
(``Lines: {count}``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_KEYWORD = re.compile(r"(msgctxt|msgid_plural|msgid|msgstr)(\[\d+\])?[ \t]+(.*)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPES = {character: f"\\{letter}" for letter, character in _ESCAPED.items()}
_ORDER = ("msgctxt", "msgid", "msgstr")


class CatalogueError(Exception):
    """A catalogue cannot be read; the text names file, line and fault."""


class Entry(NamedTuple):
    """One message of a catalogue.

    Attributes:
        context: its ``msgctxt``, "" where it has none.
        source: its ``msgid``.
        translation: its ``msgstr``, "" where it is not translated.
        fuzzy: a tool guessed the translation, and nobody has looked at it.
        line: the line in the file where it begins.
    """

    context: str
    source: str
    translation: str
    fuzzy: bool = False
    line: int = 0


def read_catalogue(text: str, name: str) -> list[Entry]:
    """Read the messages of a catalogue, its header left out.

    Args:
        text: of the file.
        name: of the file, for errors.

    Raises:
        CatalogueError: it is no catalogue, names a message twice, or has plural forms.
    """
    entries: list[Entry] = []
    seen: set[tuple[str, str]] = set()
    for entry in _entries(text, name):
        if not entry.context and not entry.source:
            continue
        if entry[:2] in seen:
            raise CatalogueError(f"{name}:{entry.line}: the message is there a second time")
        seen.add(entry[:2])
        entries.append(entry)
    return entries


def write_catalogue(language: str, entries: Iterable[Entry]) -> str:
    """Write a catalogue: a header for the language, and the messages in their order."""
    header = f"Language: {language}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
    header += "Content-Transfer-Encoding: 8bit\n"
    parts = [f'msgid ""\nmsgstr ""\n{_lines(header)}']
    for entry in entries:
        lines = ["#, fuzzy"] if entry.fuzzy else []
        if entry.context:
            lines.append(f"msgctxt {_quoted(entry.context)}")
        lines += [f"msgid {_quoted(entry.source)}", f"msgstr {_quoted(entry.translation)}"]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _entries(text: str, name: str) -> Iterator[Entry]:
    parts: dict[str, str] = {}
    begun, fuzzy, keyword = 0, False, ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith("#~") or not line:
            continue
        if line.startswith("#"):
            if "msgstr" in parts:
                yield _entry(parts, fuzzy, begun, name)
                parts, fuzzy = {}, False
            flags = line[2:].split(",") if line.startswith("#,") else ()
            fuzzy = fuzzy or any(flag.strip() == "fuzzy" for flag in flags)
            continue
        found = _KEYWORD.fullmatch(line)
        if found is None:
            if not line.startswith('"') or not parts:
                raise CatalogueError(f'{name}:{number}: not a comment, a msgid, or text in ""')
            parts[keyword] += _unquoted(line, name, number)
            continue
        word, plural, rest = found.groups()
        if plural or word == "msgid_plural":
            raise CatalogueError(f"{name}:{number}: plural forms are not read here")
        if "msgstr" in parts:
            yield _entry(parts, fuzzy, begun, name)
            parts, fuzzy = {}, False
        if any(_ORDER.index(word) <= _ORDER.index(earlier) for earlier in parts):
            raise CatalogueError(f"{name}:{number}: {word} is not expected here")
        if not parts:
            begun = number
        keyword = word
        parts[word] = _unquoted(rest, name, number)
    if parts:
        yield _entry(parts, fuzzy, begun, name)


def _entry(parts: dict[str, str], fuzzy: bool, line: int, name: str) -> Entry:
    for word in ("msgid", "msgstr"):
        if word not in parts:
            raise CatalogueError(f"{name}:{line}: the message has no {word}")
    return Entry(parts.get("msgctxt", ""), parts["msgid"], parts["msgstr"], fuzzy, line)


def _unquoted(text: str, name: str, number: int) -> str:
    inner = text[1:-1]
    ends = len(text) >= 2 and text[0] == text[-1] == '"'
    if not ends or '"' in _ESCAPE.sub("", inner) or _ESCAPE.sub("", inner).endswith("\\"):
        raise CatalogueError(f'{name}:{number}: the text does not begin and end with "')

    def plain(escape: re.Match[str]) -> str:
        letter = escape[1]
        if letter not in _ESCAPED:
            raise CatalogueError(f"{name}:{number}: unknown escape \\{letter}")
        return _ESCAPED[letter]

    return _ESCAPE.sub(plain, inner)


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


def _lines(text: str) -> str:
    return "\n".join(_quoted(line) for line in text.splitlines(keepends=True))
