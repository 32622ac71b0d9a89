"""Documents made from stored records: by the plugin that declares the kind, and a template.

What fills templates in takes a while to import, so only who makes a document does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec
import orjson

from appliance.api.document_data import DocumentData
from appliance.api.documents import Document, Image, Signature
from appliance.store.blobs import BlobMissing, is_blob_name
from appliance.store.box import Box
from appliance.store.connection import Connection

MAX_LINES = 10_000
"""Blocks of one document, rows of its tables included."""

MAX_BLOBS = 20
"""Pictures that one document names, at most; further ones are not printed."""


class DocumentRefused(Exception):
    """A document cannot be made; the text says why and what to do.

    Attributes:
        code: ``unknown_name``: there is no such kind; ``not_found``: no such record;
            ``unavailable``: the template cannot be used.
    """

    def __init__(
        self, code: Literal["unknown_name", "not_found", "unavailable"], text: str
    ) -> None:
        super().__init__(text)
        self.code = code


class KindHere(NamedTuple):
    """A kind of document that can be made from records of a collection.

    Attributes:
        kind: its name.
        title: for people.
        collection: of the records.
        owner: the plugin.
        template: that the plugin brings; "" for that of the appliance.
    """

    kind: str
    title: str
    collection: str
    owner: str
    template: str


class DocumentMaker:
    """Makes documents of one box."""

    def __init__(self, box: Box) -> None:
        """Take the box whose records, plugins and templates they are."""
        self._box = box

    def kinds(self) -> list[KindHere]:
        """Return every kind of document, by name."""
        return sorted(
            KindHere(kind.name, kind.title, kind.collection, owner, kind.template)
            for owner, declared in self._box.plugins.host.declared.items()
            for kind in declared.document_kinds
        )

    def kind(self, name: str) -> KindHere:
        """Return a kind of document.

        Raises:
            DocumentRefused: there is none of that name.
        """
        for one in self.kinds():
            if one.kind == name:
                return one
        there = ", ".join(one.kind for one in self.kinds()) or "none"
        raise DocumentRefused("unknown_name", f"there is no document {name!r}; there are {there}")

    def made(self, connection: Connection, kind: str, record: str, language: str = "") -> Document:
        """Make a document from a record, in a read transaction.

        Args:
            connection: to the store.
            kind: of the document.
            record: its id.
            language: BCP 47; "" for the one that the record's plugin chooses.

        Raises:
            DocumentRefused: there is no such kind or record, or the template cannot be used.
            PluginError: the plugin failed at it; the failure is recorded.
        """
        here = self.kind(kind)
        stored = connection.row(
            "SELECT r.body FROM box_collections k JOIN box_rows r ON r.collection = k.num"
            " WHERE k.name = ? AND r.id = ? AND r.deleted = 0",
            (here.collection, record),
        )
        if stored is None:
            raise DocumentRefused(
                "not_found",
                f"{here.collection} has no record {record!r}; `fieldbox search` finds ids",
            )
        found = self._box.plugins.host.call(
            here.owner,
            "render_document",
            kind=kind,
            record_id=record,
            row=orjson.loads(stored[0]),
            language=language,
            context=self._box.reading_hooks(connection).context(here.owner),
        )
        return self._sized(here.owner, self._checked(here, found))

    def filled(self, data: DocumentData, file: str = "", template: str = "") -> Document:
        """Make a document from its data by the template of its kind.

        Args:
            data: of the document.
            file: how to call a template that a plugin brings, in errors.
            template: that a plugin brings; "" for none.

        Raises:
            DocumentRefused: the template cannot be used.
        """
        from appliance.printing.fault import TemplateFault
        from appliance.store.template_folder import library_of

        brought = {str(data.__struct_config__.tag): (file, template)} if template else None
        try:
            return library_of(self._box.settings.printing.templates, brought).fill(data)
        except TemplateFault as fault:
            raise DocumentRefused("unavailable", str(fault)) from fault

    def blobs(self, document: Document) -> dict[str, bytes]:
        """Return the pictures that a document names and the box has, by their SHA-256."""
        from appliance.printing.picture import MAX_BYTES

        found: dict[str, bytes] = {}
        for name in _named(document):
            if name in found or not is_blob_name(name) or len(found) >= MAX_BLOBS:
                continue
            with contextlib.suppress(BlobMissing), self._box.uploads.blobs.open(name) as blob:
                if blob.size <= MAX_BYTES:
                    found[name] = blob.read_at(blob.size, 0)
        return found

    def _checked(self, here: KindHere, found: Any) -> Document:
        """Return the document as plain data; what is none is the plugin's fault."""
        refuse, owner = self._box.plugins.host.refuse, here.owner
        if not isinstance(found, Document | DocumentData):
            raise refuse(owner, "render_document", "returned neither a Document nor DocumentData")
        try:
            plain = msgspec.convert(msgspec.to_builtins(found), type(found))
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            raise refuse(owner, "render_document", str(error)) from error
        if isinstance(plain, Document):
            return plain
        if not plain.appliance:
            plain = msgspec.structs.replace(plain, appliance=self._box.settings.name)
        return self.filled(plain, f"{owner}: {here.kind}.xml", here.template)

    def _sized(self, owner: str, document: Document) -> Document:
        size = sum(1 + len(getattr(block, "rows", ())) for block in document.blocks)
        if size > MAX_LINES:
            raise self._box.plugins.host.refuse(
                owner, "render_document", f"made {size} lines; a document has {MAX_LINES} at most"
            )
        return document


def _named(document: Document) -> Iterator[str]:
    for block in document.blocks:
        if isinstance(block, Image | Signature) and block.sha256 and not block.data:
            yield block.sha256
