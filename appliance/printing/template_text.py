"""Texts of templates: words with values and labels between, in braces."""

from __future__ import annotations

import re
from collections.abc import Callable
from string import Formatter

from appliance.api.texts import Texts
from appliance.printing.expression import Names, Path, Scope, is_struct, item_of, read_path
from appliance.printing.fault import Wrong, choices
from appliance.printing.value_text import FILTERS, Manner, usual_writer

Part = Callable[[Names, Manner], str]
"""Writes one part of a text."""

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_SPACES = re.compile(r"[ \t\r\n]+")


class TemplateText:
    """A text of a template, ready to be written again and again."""

    def __init__(self, parts: list[Part]) -> None:
        self._parts = parts

    def write(self, names: Names, manner: Manner) -> str:
        """Return the text, without white space at its ends."""
        return "".join(part(names, manner) for part in self._parts).strip(" ")


def read_text(text: str, scope: Scope, labels: Texts) -> TemplateText:
    """Read a text; white space of the file is one space, that of the data stays.

    Raises:
        Wrong: something in braces is not right.
    """
    parts: list[Part] = []
    for piece in _PIECE.finditer(_SPACES.sub(" ", text)):
        said = piece[0]
        if said in ("{", "}"):
            raise Wrong(f"a single {said!r} in {text.strip()!r}; write {said * 2!r} for the sign")
        if said in ("{{", "}}"):
            parts.append(_words(said[0]))
        elif said.startswith("{"):
            parts.append(_braces(piece[1].strip(), scope, labels))
        else:
            parts.append(_words(said))
    return TemplateText(parts)


def _words(text: str) -> Part:
    return lambda _names, _manner: text


def _braces(inner: str, scope: Scope, labels: Texts) -> Part:
    if inner.startswith("@"):
        return _label(inner[1:], scope, labels)
    name, bar, filter_name = inner.partition("|")
    path = read_path(name.strip(), scope)
    if bar:
        return _filtered(path, filter_name.strip())
    writer = usual_writer(path.type)
    if writer is None:
        raise Wrong(_no_text(path))
    return lambda names, manner: _written(path.value(names), writer, manner)


def _filtered(path: Path, name: str) -> Part:
    if name not in FILTERS:
        raise Wrong(f"there is no |{name}; {choices(name, FILTERS)}")
    kind, writer = FILTERS[name]
    if path.type is not kind:
        raise Wrong(f"|{name} is for {kind.__name__}, and {'.'.join(path.names)} is none")
    return lambda names, manner: _written(path.value(names), writer, manner)


def _written(value: object, writer: Callable[[object, Manner], str], manner: Manner) -> str:
    return "" if value is None else writer(value, manner)


def _no_text(path: Path) -> str:
    name = ".".join(path.names)
    if item_of(path.type) is not None:
        return f'{name} is a list; go through it with for="one in {name}"'
    if is_struct(path.type):
        inner = path.type.__struct_fields__[0]
        return f"{name} has fields of its own; name one, such as {name}.{inner}"
    return f"{name} cannot be printed; use it in if"


def _label(inner: str, scope: Scope, labels: Texts) -> Part:
    key, colon, name = inner.partition(":")
    if not colon:
        places = [
            field for _, field, _, _ in Formatter().parse(labels.english.get(key, "")) if field
        ]
        if key not in labels.english or places:
            known = (one for one in labels.english if ":" not in one)
            raise Wrong(f"there is no label {key!r}; {choices(key, known)}")
        return lambda _names, manner: labels.say(manner.language, key)
    if not any(one.startswith(f"{key}:") for one in labels.english):
        kinds = {one.partition(":")[0] for one in labels.english if ":" in one}
        raise Wrong(f"there are no labels {key}:...; {choices(key, kinds)}")
    path = read_path(name.strip(), scope)
    if usual_writer(path.type) is None:
        raise Wrong(_no_text(path))
    return lambda names, manner: _said(labels, manner.language, key, path.value(names))


def _said(labels: Texts, language: str, key: str, value: object) -> str:
    """The label of a value, or the value where it has none."""
    if value is None:
        return ""
    found = f"{key}:{value}"
    return labels.say(language, found) if found in labels.english else str(value)
