"""The XML of a template as elements with their lines; nothing of XML that could do harm.

No document type, no entities, no processing instructions, no name spaces, and limits on all sizes.
"""

from __future__ import annotations

from xml.parsers import expat

from appliance.printing.fault import TemplateFault

MAX_BYTES = 262_144
MAX_ELEMENTS = 2_000
MAX_DEPTH = 16


class Element:
    """An element of a template.

    Attributes:
        name: of the element.
        attributes: by name.
        line: where it begins, from 1 on.
        children: the elements in it.
        text: what stands in it before its first child.
    """

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.line = line
        self.children: list[Element] = []
        self.text = ""


def read_xml(source: str | bytes, file: str) -> Element:
    """Read a template's file.

    Args:
        source: what is in it.
        file: its name, for errors.

    Raises:
        TemplateFault: it is not such XML.
    """
    raw = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(raw) > MAX_BYTES:
        raise TemplateFault(file, 0, f"{len(raw)} bytes; a template has {MAX_BYTES} at most")
    return _Reading(file).read(raw)


class _Reading:
    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._no_doctype
        self._parser.ProcessingInstructionHandler = self._no_instruction

    def read(self, raw: bytes) -> Element:
        try:
            self._parser.Parse(raw, True)
        except expat.ExpatError as error:
            text = expat.ErrorString(error.code)
            raise self._fault(
                f"no well-formed XML: {text}; each <element> needs its </element> or />, and"
                " & < in texts are written &amp; &lt;",
                error.lineno,
            ) from None
        assert self._root is not None
        return self._root

    def _fault(self, text: str, line: int | None = None) -> TemplateFault:
        return TemplateFault(self._file, line or self._parser.CurrentLineNumber, text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise self._fault(f"more than {MAX_ELEMENTS} elements; make the template smaller")
        if len(self._open) >= MAX_DEPTH:
            raise self._fault(f"elements are nested deeper than {MAX_DEPTH}; nest them less")
        element = Element(name, attributes, self._parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        element = self._open[-1]
        if not element.children:
            element.text += text
        elif text.strip():
            raise self._fault(
                f"text after <{element.children[-1].name}> in <{element.name}>; put it into an"
                " element of its own, such as <text>"
            )

    def _no_doctype(self, *_: object) -> None:
        raise self._fault("a document type (<!DOCTYPE) is not allowed in a template; remove it")

    def _no_instruction(self, *_: object) -> None:
        raise self._fault("a processing instruction (<?) is not allowed in a template; remove it")
