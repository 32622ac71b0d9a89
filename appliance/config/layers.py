"""TOML texts, one over the other, with the place of each key remembered."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from appliance.config.errors import Place, Problems, Wrong, quoted
from appliance.config.places import Places
from appliance.config.scan import KeyPath, Scan, scan

TEXT_LIMIT = 262_144
"""Bytes of one file. The commented example has under 20,000."""

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_LONG_NUMBER = re.compile(r"[0-9_]{4301,}")
_REPEATED = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline")
_HINTS = {
    "Invalid value": 'text needs quotes: name = "value"',
    "Expected '='": "a line is a [table], a key = value, or a # comment",
    "Invalid statement": "a line is a [table], a key = value, or a # comment",
    "Unescaped '\\'": "write a backslash twice, or put the text in single quotes",
    "Illegal character": "a text in quotes ends on its own line",
}


class Layer(msgspec.Struct, frozen=True):
    """One parsed file.

    Attributes:
        name: the file's name, for messages.
        values: as `tomllib` gives them.
        lines: the line of each table and key.
    """

    name: str
    values: dict[str, Any]
    lines: dict[KeyPath, int]

    def place(self, path: KeyPath) -> Place:
        """Where `path` is written, or the nearest table or key around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return Place(self.name, self.lines[path[:end]])
        return Place(self.name)


class Merged:
    """All layers as one table.

    Attributes:
        values: the merged table; a later layer's value replaces an earlier one, tables merge.
    """

    def __init__(self, first: str, files: Sequence[str] = ()) -> None:
        """`first`: the name of the main file, to which keys that are missing are put down."""
        self.values: dict[str, Any] = {}
        self._first = Place(first)
        self._files = tuple(files)
        self._places: dict[KeyPath, Place] = {}

    def place(self, path: KeyPath) -> Place:
        """Where the value of `path` comes from, or the nearest table around it."""
        return self.places.of(path)

    @property
    def places(self) -> Places:
        """Where each key is written."""
        return Places(self._first, self._places, self._files)

    def gives(self, path: KeyPath) -> bool:
        """Whether some layer says something about `path`."""
        return path in self._places

    def put(self, path: KeyPath, value: Any, place: Place) -> None:
        """Set one value whose tables may not exist yet; a table that is no table stays."""
        table = self.values
        for end, part in enumerate(path[:-1], start=1):
            inner = table.setdefault(part, {})
            if not isinstance(inner, dict):
                return
            self._places.setdefault(path[:end], place)
            table = inner
        table[path[-1]] = value
        self._places[path] = place

    def add(self, layer: Layer) -> None:
        """Lay `layer` over what is here."""
        self._merge(self.values, layer.values, (), layer)

    def _merge(
        self, into: dict[str, Any], new: dict[str, Any], path: KeyPath, layer: Layer
    ) -> None:
        for name, value in new.items():
            here = (*path, name)
            if isinstance(into.get(name), dict) != isinstance(value, dict):
                self._forget(here)
                into.pop(name, None)
            if isinstance(value, dict):
                # The first file that speaks of a table is where it is said to be.
                self._places.setdefault(here, layer.place(here))
                self._merge(into.setdefault(name, {}), value, here, layer)
            else:
                self._places[here] = layer.place(here)
                into[name] = value

    def _forget(self, path: KeyPath) -> None:
        if path in self._places:
            self._places = {
                known: place for known, place in self._places.items() if known[: len(path)] != path
            }


def parse_layers(sources: Iterable[tuple[str, str | bytes]], problems: Problems) -> list[Layer]:
    """Parse each ``(name, text)``; a file that cannot be parsed is left out and noted."""
    layers = (_parse(name, text, problems) for name, text in sources)
    return [layer for layer in layers if layer is not None]


def merge(layers: Sequence[Layer], first: str, files: Sequence[str] = ()) -> Merged:
    """The layers as one table, later ones over earlier ones; `files` names all of them."""
    merged = Merged(first, files)
    for layer in layers:
        merged.add(layer)
    return merged


def _parse(name: str, source: str | bytes, problems: Problems) -> Layer | None:
    text = _decode(name, source, problems)
    if text is None:
        return None
    found = scan(text)
    if found.too_deep is not None:
        problems.add(Place(name, found.too_deep), (), Wrong("tables or lists are nested too deep"))
        return None
    try:
        return Layer(name, tomllib.loads(text), found.lines)
    except tomllib.TOMLDecodeError as error:
        _syntax(name, str(error), text, found, problems)
    except ValueError:
        # int() refuses more than 4,300 digits; tomllib lets that through as it is.
        digits = _LONG_NUMBER.search(text)
        line = text.count("\n", 0, digits.start()) + 1 if digits else None
        problems.add(Place(name, line), (), Wrong("a number has too many digits"))
    except RecursionError:
        problems.add(Place(name), (), Wrong("tables or lists are nested too deep"))
    return None


def _decode(name: str, source: str | bytes, problems: Problems) -> str | None:
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(data) > TEXT_LIMIT:
        wrong = Wrong("the file is too long", f"at most {TEXT_LIMIT} bytes")
        problems.add(Place(name), (), wrong)
        return None
    try:
        # Editors on Windows put a byte order mark first; TOML has no place for it.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(name, data.count(b"\n", 0, error.start) + 1)
        wrong = Wrong(
            f"the byte 0x{data[error.start]:02X} is not UTF-8", hint="save the file as UTF-8"
        )
        problems.add(place, (), wrong)
        return None
    return text.replace("\r\n", "\n")


def _syntax(name: str, message: str, text: str, found: Scan, problems: Problems) -> None:
    position = _POSITION.search(message)
    what = message[: position.start()] if position else message
    if what.startswith(_REPEATED) and found.repeats:
        for repeat in found.repeats:
            wrong = Wrong(f"is given twice, first on line {repeat.first}", hint="keep one of them")
            problems.add(Place(name, repeat.again), repeat.path, wrong)
        return
    line, column = text.rstrip("\n").count("\n") + 1, "the end"
    if position and position[1]:
        line, column = int(position[1]), f"column {position[2]}"
    hint = next((hint for start, hint in _HINTS.items() if what.startswith(start)), "")
    shown = quoted(what, 120)[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    problems.add(
        Place(name, line),
        (),
        Wrong(f"not valid TOML at {column}: {shown[:1].lower()}{shown[1:]}", hint=hint),
    )
