"""Documents: made from a record by its plugin and a template, checked, and shown.

What lays documents out takes a while to import, so only who makes one does.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
import orjson

from appliance.api.document_data import DocumentData
from appliance.api.documents import Document, Image, Signature, as_copy
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Listing, Operation, OperationRefused
from appliance.store.blobs import BlobMissing, is_blob_name
from appliance.store.connection import Connection

MAX_LINES = 10_000
"""Blocks of one document, rows of its tables included."""

MAX_BLOBS = 20
"""Pictures that one document names, at most; further ones are not printed."""

_CHUNK = 48_000


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of document that can be printed from records of a collection."""

    kind: str
    title: str
    collection: str
    owner: str


class PreviewRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to show: a kind and a record, or without one a sample of the kind; and how."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    record: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    form: Literal["text", "png", "pdf"] = "text"
    columns: Annotated[int, msgspec.Meta(ge=24, le=100)] = 48
    language: Annotated[str, msgspec.Meta(max_length=35)] = ""
    copy: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0


class Preview(Listing, kw_only=True):
    """A document as it will look; `rows` are parts of the file in base64."""

    title: str


def kinds_of(desk: Desk) -> list[DocumentView]:
    """Return every kind of document, by name."""
    views = [
        DocumentView(kind=k.name, title=k.title, collection=k.collection, owner=owner)
        for owner, d in desk.box.plugins.host.declared.items()
        for k in d.document_kinds
    ]
    return sorted(views, key=lambda view: view.kind)


def document_of(desk: Desk, kind: str, record: str, language: str = "") -> Document:
    """Make a document from a record.

    Args:
        desk: where it is asked for.
        kind: of the document.
        record: its id.
        language: BCP 47; "" for the one that the record's plugin chooses.

    Raises:
        OperationRefused: there is no such kind or record, or the template cannot be used.
        PluginError: the plugin failed at it.
    """
    views = kinds_of(desk)
    view = next((view for view in views if view.kind == kind), None)
    if view is None:
        raise unknown("document", kind, (view.kind for view in views))
    found = desk.box.store.fetch(
        lambda connection: _rendered(desk, connection, view, record, language)
    )
    return _sized(desk, view.owner, _checked(desk, view, found))


def blobs_of(desk: Desk, document: Document) -> dict[str, bytes]:
    """Return the pictures that a document names and the box has, by their SHA-256."""
    from appliance.printing.picture import MAX_BYTES

    found: dict[str, bytes] = {}
    for name in _named(document):
        if name in found or not is_blob_name(name) or len(found) >= MAX_BLOBS:
            continue
        with contextlib.suppress(BlobMissing), desk.box.uploads.blobs.open(name) as blob:
            if blob.size <= MAX_BYTES:
                found[name] = blob.read_at(blob.size, 0)
    return found


def preview(desk: Desk, params: PreviewRecord, _actor: str) -> Preview:
    """Show how a document will look."""
    if params.record is None:
        document = _sample(desk, params)
    else:
        document = document_of(desk, params.kind, params.record, params.language)
    if params.copy:
        document = as_copy(document, params.copy)
    blobs = blobs_of(desk, document)
    if params.form == "pdf":
        from appliance.printing.a4 import pdf

        file = pdf(document, blobs)
    else:
        from appliance.printing.layout import lay_out

        sheet = lay_out(document, params.columns, blobs)
        if params.form == "png":
            from appliance.printing.raster import png

            file = png(sheet)
        else:
            from appliance.printing.text import plain_text

            file = plain_text(sheet).encode()
    parts = range(0, len(file), _CHUNK)
    rows = [base64.b64encode(file[at : at + _CHUNK]).decode() for at in parts]
    return Preview(rows=rows, title=document.title)


def _sample(desk: Desk, params: PreviewRecord) -> Document:
    from appliance.printing.library import DOCUMENTS
    from appliance.printing.samples import sample

    if params.kind not in DOCUMENTS:
        raise unknown("document with a sample", params.kind, DOCUMENTS)
    return _filled(desk, sample(params.kind, params.language.partition("-")[0] or "en"))


def _named(document: Document) -> Iterator[str]:
    for block in document.blocks:
        if isinstance(block, Image | Signature) and block.sha256 and not block.data:
            yield block.sha256


def _rendered(
    desk: Desk, connection: Connection, view: DocumentView, record: str, language: str
) -> Any:
    stored = connection.row(
        "SELECT r.body FROM box_collections k JOIN box_rows r ON r.collection = k.num"
        " WHERE k.name = ? AND r.id = ? AND r.deleted = 0",
        (view.collection, record),
    )
    if stored is None:
        raise OperationRefused(
            f"{view.collection} has no record {record!r}; `fieldbox search` finds ids",
            "not_found",
        )
    return desk.box.plugins.host.call(
        view.owner,
        "render_document",
        kind=view.kind,
        record_id=record,
        row=orjson.loads(stored[0]),
        language=language,
        context=desk.box.reading_hooks(connection).context(view.owner),
    )


def _checked(desk: Desk, view: DocumentView, found: Any) -> Document:
    """Return the document as plain data; what is none is the plugin's fault."""
    refuse, owner = desk.box.plugins.host.refuse, view.owner
    if not isinstance(found, Document | DocumentData):
        raise refuse(owner, "render_document", "returned neither a Document nor DocumentData")
    try:
        plain = msgspec.convert(msgspec.to_builtins(found), type(found))
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise refuse(owner, "render_document", str(error)) from error
    if isinstance(plain, Document):
        return plain
    if not plain.appliance:
        plain = msgspec.structs.replace(plain, appliance=desk.box.settings.name)
    return _filled(desk, plain, f"{owner}: {view.kind}.xml", _template(desk, view))


def _template(desk: Desk, view: DocumentView) -> str:
    kinds = desk.box.plugins.host.declared[view.owner].document_kinds
    return next((one.template for one in kinds if one.name == view.kind), "")


def _filled(desk: Desk, data: DocumentData, file: str = "", template: str = "") -> Document:
    from appliance.daemon.template_folder import library_of
    from appliance.printing.fault import TemplateFault

    brought = {str(data.__struct_config__.tag): (file, template)} if template else None
    try:
        return library_of(desk.box.settings.printing.templates, brought).fill(data)
    except TemplateFault as fault:
        raise OperationRefused(str(fault), "unavailable") from fault


def _sized(desk: Desk, owner: str, document: Document) -> Document:
    size = sum(1 + len(getattr(block, "rows", ())) for block in document.blocks)
    if size > MAX_LINES:
        raise desk.box.plugins.host.refuse(
            owner, "render_document", f"made {size} lines; a document has {MAX_LINES} at most"
        )
    return document


OPERATIONS = (Operation("print.preview", PreviewRecord, "read", preview),)
