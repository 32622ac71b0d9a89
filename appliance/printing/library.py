"""The library: which template makes which document, the box's own or one in its place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from appliance.api.catalogues import CatalogueError, read_catalogue
from appliance.api.document_data import (
    CashReceipt,
    DeliveryNote,
    DocumentData,
    HandoverAct,
    LoadSheet,
    OrderCopy,
    Quotation,
    ReturnNote,
    XReport,
    ZReport,
)
from appliance.api.documents import Document, DocumentKind
from appliance.api.texts import Texts
from appliance.printing.fault import TemplateFault
from appliance.printing.labels import LABELS
from appliance.printing.template import Sources, Template, read_template

DOCUMENTS: Mapping[str, type[DocumentData]] = MappingProxyType(
    {
        str(data.__struct_config__.tag): data
        for data in (
            OrderCopy,
            Quotation,
            DeliveryNote,
            CashReceipt,
            ReturnNote,
            LoadSheet,
            XReport,
            ZReport,
            HandoverAct,
        )
    }
)
"""Every document of the trade: its data by the name of its template."""

_SUFFIX = ".xml"
_CATALOGUE = ".po"


@lru_cache(maxsize=1)
def built_in() -> Mapping[str, bytes]:
    """Return the templates that come with the appliance: their files by name."""
    folder = files("appliance.printing") / "templates"
    return MappingProxyType(
        {
            place.name: place.read_bytes()
            for place in sorted(folder.iterdir(), key=lambda one: one.name)
            if place.name.endswith(_SUFFIX)
        }
    )


class Library:
    """Templates, each read when it is first used.

    A file of a technician's stands in place of the appliance's one of its name: ``NAME.xml`` a
    template or a part of some, ``LANGUAGE.po`` labels, other or additional ones, and all other
    files pictures.
    """

    def __init__(
        self,
        files: Mapping[str, bytes] | None = None,
        place: str = "",
        brought: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """Take a technician's files, and what plugins brought.

        Args:
            files: the content of a technician's files by name, without folder.
            place: their folder, for errors.
            brought: templates of plugins by name, each with what to call it in errors.

        Raises:
            TemplateFault: a catalogue cannot be read.
        """
        own = files or {}
        named = {name: f"{place}/{name}" if place else name for name in own}
        templates: dict[str, tuple[str, str | bytes]] = {
            name.removesuffix(_SUFFIX): (name, content) for name, content in built_in().items()
        }
        templates |= brought or {}
        templates |= {
            name.removesuffix(_SUFFIX): (named[name], content)
            for name, content in own.items()
            if name.endswith(_SUFFIX)
        }
        pictures = {
            name: content
            for name, content in own.items()
            if not name.endswith((_SUFFIX, _CATALOGUE))
        }
        self._sources = Sources(templates, pictures, _labels(own, named))
        self._read: dict[type[DocumentData], Template] = {}

    @property
    def names(self) -> list[str]:
        """The names of all templates and parts."""
        return sorted(self._sources.templates)

    def source(self, name: str) -> tuple[str, str]:
        """Return the file of a template or part, and what is in it.

        Raises:
            KeyError: there is none of the name.
        """
        file, content = self._sources.templates[name]
        text = content if isinstance(content, str) else content.decode(errors="replace")
        return file, text

    def template(self, data: type[DocumentData]) -> Template:
        """Return the template of a kind of data.

        Raises:
            TemplateFault: there is none, or it cannot be used.
        """
        found = self._read.get(data)
        if found is None:
            name = str(data.__struct_config__.tag)
            found = self._read[data] = read_template(name, data, self._sources)
        return found

    def fill(self, data: DocumentData) -> Document:
        """Make the document of some data.

        Raises:
            TemplateFault: its template cannot be used.
        """
        return self.template(type(data)).fill(data)

    def faults(self) -> list[TemplateFault]:
        """Return what is wrong with the templates of the trade's documents."""
        found = {}
        for data in DOCUMENTS.values():
            try:
                self.template(data)
            except TemplateFault as fault:
                found[str(fault)] = fault
        return list(found.values())


def fill(data: DocumentData, kind: DocumentKind) -> Document:
    """Make a document by the template of its kind, or the appliance's own.

    Raises:
        TemplateFault: the template cannot be used.
    """
    brought = {str(data.__struct_config__.tag): (f"{kind.name}.xml", kind.template)}
    return Library(brought=brought if kind.template else None).fill(data)


def _labels(own: Mapping[str, bytes], named: Mapping[str, str]) -> Texts:
    english = dict(LABELS.english)
    catalogues = LABELS.catalogues
    for name in sorted(own):
        if not name.endswith(_CATALOGUE):
            continue
        language = name.removesuffix(_CATALOGUE).replace("_", "-")
        try:
            entries = read_catalogue(own[name].decode(), named[name])
        except UnicodeDecodeError:
            raise TemplateFault(named[name], 0, "not UTF-8; save it as UTF-8") from None
        except CatalogueError as error:
            text = str(error).removeprefix(f"{named[name]}:").strip()
            line, _, rest = text.partition(": ")
            number = int(line) if line.isdigit() else 0
            raise TemplateFault(named[name], number, rest if number else text) from None
        for entry in entries:
            english.setdefault(entry.context, entry.source)
        if language == "en":
            english |= {entry.context: entry.translation for entry in entries if entry.translation}
        mine = {entry.context for entry in entries if entry.translation}
        kept = [one for one in catalogues.get(language, ()) if one.context not in mine]
        catalogues[language] = [*kept, *entries]
    renewed = {
        language: [one._replace(source=english.get(one.context, one.source)) for one in entries]
        for language, entries in catalogues.items()
    }
    return Texts(english, renewed)
