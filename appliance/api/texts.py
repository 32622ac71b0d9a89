"""Words that people read, each person in his own language.

A plugin keeps its sentences in one table, in English and by keys, and their translations as
gettext catalogues (``.po``) in its package, ``locale/LANGUAGE/LC_MESSAGES/DOMAIN.po``, where each
message has the key as its ``msgctxt`` and the English sentence as its ``msgid``. The files are data
of the package and read when it is imported: there is no ``.mo`` file and nothing to compile.

    TEXTS = Texts.load("my_plugin", "my_plugin", {"guests_many": "More than {most} guests?"})
    language = TEXTS.language(*languages_of(context, mutation.user_id))
    text = TEXTS.say(language, "guests_many", most=200)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from string import Formatter
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from appliance.api.amounts import Amount, decimal_sign
from appliance.api.catalogues import CatalogueError, Entry, read_catalogue, write_catalogue
from appliance.api.context import Reader

SOURCE_LANGUAGE = "en"
"""The language of the table in the code, and what is spoken where nothing else is known."""

_I18N = msgspec.json.Decoder(dict[str, str])

_NOTHING: Mapping[str, object] = MappingProxyType({})

_LANGUAGES = """
SELECT users.language, org_units.language FROM users
LEFT JOIN org_units ON org_units.id = users.org_id WHERE users.id = ?
"""


class Text(NamedTuple):
    """A sentence that is not said yet, because it is not known in which language.

    As a value of another sentence it is said in the language of that one.

    Attributes:
        key: of the table.
        values: for its places.
    """

    key: str
    values: Mapping[str, object] = _NOTHING


class Texts:
    """The sentences of a plugin in all their languages.

    Attributes:
        english: the sentences in English by key. A place for a value is ``{name}``, as of
            `str.format`.
    """

    def __init__(
        self, english: Mapping[str, str], catalogues: Mapping[str, Iterable[Entry]] | None = None
    ) -> None:
        """Take the sentences, and the messages of each catalogue by language (BCP 47 tag)."""
        self.english = MappingProxyType(dict(english))
        self._entries = {
            language: tuple(entries) for language, entries in (catalogues or {}).items()
        }
        self._said = {
            language: dict(self.english)
            | {
                entry.context: entry.translation
                for entry in entries
                if entry.translation
                and not entry.fuzzy
                and self.english.get(entry.context) == entry.source
            }
            for language, entries in self._entries.items()
        }
        self._said[SOURCE_LANGUAGE] = dict(self.english)
        self._decimal_signs = {language: decimal_sign(language) for language in self._entries}

    @classmethod
    def load(cls, package: str, domain: str, english: Mapping[str, str]) -> Texts:
        """Read the catalogues of a package.

        Args:
            package: the name of the package that has the folder ``locale``.
            domain: the name of the files, without ``.po``.
            english: as of the class.

        Raises:
            CatalogueError: a catalogue cannot be read.
        """
        catalogues = {}
        folder = files(package) / "locale"
        for place in folder.iterdir() if folder.is_dir() else ():
            file = place / "LC_MESSAGES" / f"{domain}.po"
            if not file.is_file():
                continue
            name = f"{package}/locale/{place.name}/LC_MESSAGES/{domain}.po"
            try:
                text = file.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise CatalogueError(f"{name}: not UTF-8: {error}") from None
            catalogues[place.name.replace("_", "-")] = read_catalogue(text, name)
        return cls(english, catalogues)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are spoken, as BCP 47 tags, in order."""
        return tuple(sorted(self._said))

    @property
    def catalogues(self) -> dict[str, list[Entry]]:
        """The messages of each catalogue by language, for a table made from this one."""
        return {language: list(entries) for language, entries in self._entries.items()}

    def language(self, *wanted: str | None) -> str:
        """Return the language to speak to somebody.

        Args:
            wanted: BCP 47 tags, the preferred one first. Of each, what it says beyond a language
                that is spoken is cut off (RFC 4647, lookup): ``ru-KZ`` is answered in ``ru``.

        Returns:
            One of `languages`; English where none fits.
        """
        known = {language.lower(): language for language in self._said}
        for tag in wanted:
            parts = (tag or "").lower().replace("_", "-").split("-")
            for end in range(len(parts), 0, -1):
                found = known.get("-".join(parts[:end]))
                if found is not None:
                    return found
        return SOURCE_LANGUAGE

    def say(self, language: str, key: str, **values: object) -> str:
        """Return a sentence, in English where it has no translation.

        Args:
            language: one of `languages`.
            key: of the table.
            values: for its places; a `Text`, or a tuple of them with commas between, is said in
                the same language, and an `Amount` with its decimal sign.

        Raises:
            KeyError: there is no such language or sentence, or a value for a place is missing.
        """
        said = self._said[language][key]
        return said.format_map(
            {name: self._value(language, value) for name, value in values.items()}
        )

    def _value(self, language: str, value: object) -> object:
        if isinstance(value, Text):
            return self.say(language, value.key, **value.values)
        if isinstance(value, Amount):
            return value.text.replace(".", self._decimal_signs.get(language, "."))
        if isinstance(value, tuple):
            return ", ".join(str(self._value(language, one)) for one in value)
        return value

    def in_all(self, key: str, **values: object) -> dict[str, str]:
        """Return a sentence in every language, as a field of the type ``i18n`` holds it."""
        return {language: self.say(language, key, **values) for language in self.languages}

    def faults(self) -> list[str]:
        """Return what is wrong with the translations, one sentence each; a test asks this.

        Every sentence is translated in every language, from the English of today, with the same
        places, and no message is left over.
        """
        found = [f"{key}: {fault}" for key, text in self.english.items() for fault in _wrong(text)]
        for language, entries in self._entries.items():
            found += [f"{language}: {fault}" for fault in self._faults_of(entries)]
        return found

    def _faults_of(self, entries: Iterable[Entry]) -> Iterator[str]:
        by_key = {entry.context: entry for entry in entries}
        for key, english in self.english.items():
            entry = by_key.pop(key, None)
            if entry is None or not entry.translation or entry.fuzzy:
                yield f"{key} is not translated"
            elif entry.source != english:
                yield f"{key} is translated from other words: {entry.source!r}"
            elif not list(_wrong(english)) and _places(entry.translation) != _places(english):
                yield f"{key} has other places than the English sentence"
        for key in by_key:
            yield f"{key or 'a message without msgctxt'} is not in the table"

    def catalogue(self, language: str) -> str:
        """Return the text of a language's ``.po`` file, with every sentence of today's table.

        What is translated already is kept; the rest has an empty ``msgstr``, or is marked fuzzy
        where the English sentence changed.
        """
        there = {entry.context: entry for entry in self._entries.get(language, ())}
        entries = []
        for key, english in self.english.items():
            was = there.get(key, Entry(key, english, ""))
            fuzzy = bool(was.translation) and (was.fuzzy or was.source != english)
            entries.append(Entry(key, english, was.translation, fuzzy))
        return write_catalogue(language, entries)


def languages_of(reader: Reader, user_id: str) -> tuple[str | None, str | None]:
    """Return the languages to speak to a person, for `Texts.language`: his own, and his unit's.

    Asks the collections ``users`` and ``org_units`` of the plugin ``master_data`` in one question.
    """
    found = reader.select(_LANGUAGES, (user_id,))
    return (found[0][0], found[0][1]) if found else (None, None)


def in_language(name: object, *wanted: str | None) -> str:
    """Return a name of the type ``i18n`` in one language.

    Args:
        name: a text, which is its own answer, or texts by language (BCP 47); "" for anything else.
        wanted: languages, the preferred one first, as for `Texts.language`.

    Returns:
        The text; of a language that is not wanted where there is none in one that is.
    """
    if not isinstance(name, Mapping):
        return name if isinstance(name, str) else ""
    texts = {str(tag).lower(): text for tag, text in name.items() if isinstance(text, str) and text}
    for tag in wanted:
        parts = (tag or "").lower().replace("_", "-").split("-")
        for end in range(len(parts), 0, -1):
            found = texts.get("-".join(parts[:end]))
            if found is not None:
                return found
    return next(iter(texts.values()), "")


def text_in(value: str | None, languages: str | None) -> str | None:
    """Return what the column of an ``i18n`` field says, in one language.

    The SQL function ``text_in(column, languages)`` of every query is this one.

    Args:
        value: as a view holds it: a plain text, or the object of language to text as JSON text.
        languages: BCP 47 tags with commas between, the preferred one first. Of each, what it says
            beyond a language that is there is cut off (RFC 4647, lookup).

    Returns:
        The plain text; of an object the first language that is there, else English, else the first
        text of the object; None where there is none.
    """
    if value is None or not value.startswith("{"):
        return value
    try:
        said = _I18N.decode(value)
    except msgspec.DecodeError:
        return value
    return in_language(said, *(languages or "").split(","), SOURCE_LANGUAGE) or None


def _places(text: str) -> set[str] | None:
    """Return the places of a sentence; None where it cannot be read."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return None
    return {
        f"{name}!{convert or ''}:{spec or ''}"
        for _, name, spec, convert in parts
        if name is not None
    }


def _wrong(text: str) -> Iterator[str]:
    places = _places(text)
    if not text.strip():
        yield "there are no words"
    elif places is None or any(not place.split("!")[0].isidentifier() for place in places):
        yield "its places are not written as {name}"
