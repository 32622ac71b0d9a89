"""Templates: how the data of a document becomes its blocks.

A template is read once, wholly checked against the type of its data, and filled in again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from appliance.api.document_data import DocumentData
from appliance.api.documents import Block, Document
from appliance.api.texts import Texts
from appliance.printing.expression import (
    Names,
    Scope,
    item_of,
    read_condition,
    read_loop,
    scope_of,
)
from appliance.printing.fault import TemplateFault, Wrong, choices
from appliance.printing.template_text import TemplateText, read_text
from appliance.printing.template_xml import Element, read_xml
from appliance.printing.value_text import Manner

MAX_STEPS = 400_000
"""Elements that filling in one document takes at most, each time around a loop counted."""


class Sources(NamedTuple):
    """Where templates come from.

    Attributes:
        templates: the text of each by its name, and the name of its file for errors.
        pictures: files that templates may show, by name.
        labels: the words.
    """

    templates: Mapping[str, tuple[str, str | bytes]]
    pictures: Mapping[str, bytes]
    labels: Texts


class Run:
    """One filling in: its manner, and how much it has done."""

    def __init__(self, file: str, manner: Manner) -> None:
        self._file = file
        self.manner = manner
        self._steps = 0

    def step(self, line: int) -> None:
        """Count one element. Raises `TemplateFault` where it was too many."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TemplateFault(
                self._file,
                line,
                f"filling in takes more than {MAX_STEPS} steps; are loops nested by mistake?",
            )


Filler = Callable[[Names, Run], Iterator[Any]]
"""Makes what an element stands for: blocks, rows, cells, totals."""


class Template:
    """A template, read and checked.

    Attributes:
        file: its name.
    """

    def __init__(self, file: str, title: TemplateText, filler: Filler, labels: Texts) -> None:
        self.file = file
        self._title = title
        self._filler = filler
        self._labels = labels

    def fill(self, data: DocumentData) -> Document:
        """Make the document.

        Raises:
            TemplateFault: it would be too large.
        """
        language = self._labels.language(data.language)
        manner = Manner(language, data.currency, data.tz_offset_min)
        names = {name: getattr(data, name) for name in scope_of(type(data))}
        blocks: tuple[Block, ...] = tuple(self._filler(names, Run(self.file, manner)))
        return Document(title=self._title.write(names, manner), blocks=blocks, language=language)


def read_template(name: str, data: type[DocumentData], sources: Sources) -> Template:
    """Read a template and check all of it against the type of its data.

    Args:
        name: of the template.
        data: whose template it is.
        sources: where it is, and the parts it includes.

    Raises:
        TemplateFault: it cannot be used; the text names file and line, and says what to do.
    """
    from appliance.printing.template_blocks import block_fillers

    if name not in sources.templates:
        raise TemplateFault(
            f"{name}.xml", 0, f"there is no such template; {choices(name, sources.templates)}"
        )
    file, text = sources.templates[name]
    root = read_xml(text, file)
    reading = Reading(file, sources)
    if root.name != "document":
        raise reading.fault(root, f"<{root.name}> is not a template; it begins with <document>")
    title = reading.text(root, reading.attributes(root, {"title"}).get("title", ""), scope_of(data))
    filler = reading.sequence(root, scope_of(data), block_fillers())
    return Template(file, title, filler, sources.labels)


class Reading:
    """Reads the elements of one file.

    Attributes:
        file: its name.
        sources: of it.
        part: whether it is a part that others include.
    """

    def __init__(self, file: str, sources: Sources, *, part: bool = False) -> None:
        self.file = file
        self.sources = sources
        self.part = part

    def fault(self, element: Element, text: str) -> TemplateFault:
        """Return what is wrong at an element."""
        return TemplateFault(self.file, element.line, text)

    def text(self, element: Element, text: str, scope: Scope) -> TemplateText:
        """Read a text of an element."""
        try:
            return read_text(text, scope, self.sources.labels)
        except Wrong as wrong:
            raise self.fault(element, str(wrong)) from None

    def content(self, element: Element, scope: Scope) -> TemplateText:
        """Read the text between an element's tags; it has no elements in it."""
        if element.children:
            inner = element.children[0]
            raise self.fault(inner, f"<{inner.name}> cannot stand in <{element.name}>")
        return self.text(element, element.text, scope)

    def attributes(self, element: Element, known: set[str]) -> dict[str, str]:
        """Return the attributes of an element without ``if`` and ``for``; none is unknown."""
        found = dict(element.attributes)
        found.pop("if", None)
        found.pop("for", None)
        for name in found:
            if name not in known:
                raise self.fault(
                    element,
                    f"<{element.name}> has no attribute {name!r};"
                    f" {choices(name, known | {'if', 'for'})}",
                )
        return found

    def choice(self, element: Element, name: str, known: tuple[str, ...]) -> str:
        """Return an attribute that is one of some words; the first where it is not there."""
        found = element.attributes.get(name, known[0])
        if found not in known:
            raise self.fault(element, f"{name}={found!r}; {choices(found, known)}")
        return found

    def number(self, element: Element, name: str, least: int, most: int, default: int) -> int:
        """Return an attribute that is a number."""
        found = element.attributes.get(name)
        if found is None:
            return default
        if not found.isascii() or not found.isdigit() or not least <= int(found[:9]) <= most:
            raise self.fault(element, f"{name}={found!r} is no number from {least} to {most}")
        return int(found)

    def sequence(self, element: Element, scope: Scope, fillers: Mapping[str, ReadFiller]) -> Filler:
        """Read the elements within another, each by what reads elements of its name."""
        if element.text.strip():
            raise self.fault(
                element,
                f"text directly in <{element.name}>; put it into an element, such as <text>",
            )
        inner = [self.one(child, element, scope, fillers) for child in element.children]

        def fill(names: Names, run: Run) -> Iterator[Any]:
            for filler in inner:
                yield from filler(names, run)

        return fill

    def one(
        self, element: Element, within: Element, scope: Scope, fillers: Mapping[str, ReadFiller]
    ) -> Filler:
        """Read one element with its ``for`` and ``if``."""
        read = fillers.get(element.name)
        if read is None:
            raise self.fault(
                element,
                f"<{element.name}> cannot stand in <{within.name}>;"
                f" {choices(element.name, fillers)}",
            )
        loop = element.attributes.get("for")
        condition = element.attributes.get("if")
        try:
            item, path = read_loop(loop, scope) if loop is not None else ("", None)
            if path is not None:
                scope = {**scope, item: item_of(path.type)}
            holds = read_condition(condition, scope) if condition is not None else None
        except Wrong as wrong:
            raise self.fault(element, str(wrong)) from None
        filler = read(self, element, scope)

        def fill(names: Names, run: Run) -> Iterator[Any]:
            run.step(element.line)
            if holds is None or holds(names):
                yield from filler(names, run)

        def fill_each(names: Names, run: Run) -> Iterator[Any]:
            assert path is not None
            for one in path.value(names) or ():
                yield from fill({**names, item: one}, run)

        return fill if path is None else fill_each


ReadFiller = Callable[[Reading, Element, Scope], Filler]
"""Reads an element of one name."""
