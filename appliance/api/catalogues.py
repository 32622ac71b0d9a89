"""Gettext catalogues (``.po`` files) as text, read and written by Babel.

Babel takes much for granted: text without its quotes, a message twice, a ``msgstr`` that stands
alone. A translation would be lost or belong to another sentence, so that is refused here. There are
no plural forms: a sentence that holds a number is worded so that it stands whatever the number is
(``Lines: {count}``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import NamedTuple

_LINE = re.compile(r'(?:(msgctxt|msgid|msgstr)[ ]+)?"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_FOLLOWS = {"msgctxt": ("msgid",), "msgid": ("msgstr",), "msgstr": ("msgctxt", "msgid")}


class CatalogueError(Exception):
    """A catalogue cannot be read; the text names file, line and fault."""


class Entry(NamedTuple):
    """One message of a catalogue.

    Attributes:
        context: its ``msgctxt``, "" where it has none.
        source: its ``msgid``.
        translation: its ``msgstr``, "" where it is not translated.
        fuzzy: a tool guessed the translation, and nobody has looked at it.
        line: the line in the file where its ``msgid`` stands.
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
    # Babel takes a while to import, and most commands say nothing in another language.
    from babel.messages.catalog import Catalog, Message
    from babel.messages.pofile import PoFileError, PoFileParser

    found: dict[tuple[str, str], Entry] = {}

    class Messages(Catalog):
        """Takes each message as it is parsed: a catalogue of Babel's merges those of one name."""

        def __setitem__(self, _id: object, message: Message) -> None:
            line = message.lineno or 0
            entry = Entry(
                message.context or "", str(message.id), str(message.string), message.fuzzy, line
            )
            if entry[:2] in found:
                raise CatalogueError(f"{name}:{line}: the message is there a second time")
            found[entry[:2]] = entry

    try:
        PoFileParser(Messages(), ignore_obsolete=True, abort_invalid=True).parse(
            _checked(text, name)
        )
    except PoFileError as error:
        raise CatalogueError(f"{name}:{error.lineno + 1}: {error.args[0]}") from None
    found.pop(("", ""), None)
    return list(found.values())


def write_catalogue(language: str, entries: Iterable[Entry]) -> str:
    """Write a catalogue: a header for the language, and the messages in their order."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import normalize, write_po

    header = f"Language: {language}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
    header += "Content-Transfer-Encoding: 8bit\n"
    catalogue = Catalog(charset="utf-8")
    for entry in entries:
        message = catalogue.add(
            entry.source,
            entry.translation,
            context=entry.context or None,
            flags=("fuzzy",) if entry.fuzzy else (),
        )
        # Places are {name}; a per cent sign is one, and not every Babel marks places.
        message.flags -= {"python-format", "python-brace-format"}
    out = BytesIO()
    # Babel's own header holds the time, and knows only the languages that it has data of.
    write_po(out, catalogue, width=0, omit_header=True)
    return f'msgid ""\nmsgstr {normalize(header, width=0)}\n\n{out.getvalue().decode()}'


def _checked(text: str, name: str) -> Iterator[str]:
    """Yield the lines for Babel, after refusing what it would pass over."""
    last = "msgstr"
    number = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith("#~"):
            line = ""
        if line and not line.startswith("#"):
            last = _keyword(line, last, f"{name}:{number}") or last
        yield line
    if last != "msgstr":
        raise CatalogueError(f"{name}:{number}: the message has no {_FOLLOWS[last][0]}")


def _keyword(line: str, last: str, where: str) -> str | None:
    """Return the keyword of a line that may follow the one of earlier lines; None for text."""
    if line.startswith(("msgid_plural", "msgstr[")):
        raise CatalogueError(f"{where}: plural forms are not read here")
    found = _LINE.fullmatch(line)
    if found is None:
        if line.startswith(('"', *_FOLLOWS)):
            raise CatalogueError(f'{where}: the text does not begin and end with "')
        raise CatalogueError(f'{where}: not a comment, a msgid, or text in ""')
    for escape in _ESCAPE.finditer(found[2]):
        if escape[1] not in 'ntr"\\':
            raise CatalogueError(f"{where}: unknown escape {escape[0]}")
    keyword = found[1]
    if keyword and keyword not in _FOLLOWS[last]:
        raise CatalogueError(f"{where}: {keyword} is not expected here")
    return keyword
