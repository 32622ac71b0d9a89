"""Printing: a document made from a record by its plugin, laid out and given to a printer."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import orjson

from appliance.api.documents import Document
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter
from appliance.printing.layout import lay_out
from appliance.printing.text import plain_text
from appliance.store.connection import Connection

MAX_BLOCKS = 10_000
"""Blocks of one document, rows of its tables included."""


class PrintRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kind of document, the record, and the printer: the config's first where not given."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    record: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    printer: Annotated[str, msgspec.Meta(min_length=1, max_length=63)] | None = None


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of document that can be printed from records of a collection."""

    kind: str
    title: str
    collection: str
    owner: str


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """A printed document: its title, where it went, and how it looks."""

    title: str
    printer: str
    file: str
    text: str


def kinds(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every kind of document."""
    return Listing(rows=_kinds(desk))


def print_record(desk: Desk, params: PrintRecord, _actor: str) -> Printed:
    """Print a document from a record."""
    printers = desk.box.settings.printers
    name = params.printer or next(iter(printers), None)
    if name is None or name not in printers:
        raise unknown("printer", params.printer or "", printers)
    if printers[name].transport != "file":
        raise OperationRefused(
            f'documents go to printers of the transport "file" alone, and {name} is of '
            f'"{printers[name].transport}"; choose another with --printer',
            "conflict",
        )
    kind = next((view for view in _kinds(desk) if view.kind == params.kind), None)
    if kind is None:
        raise unknown("document", params.kind, (view.kind for view in _kinds(desk)))
    document = desk.box.store.fetch(lambda connection: _render(desk, connection, kind, params))
    text = plain_text(lay_out(document, printers[name].columns))
    try:
        file = FilePrinter(printers[name].folder).write(document.title, text.encode())
    except PrinterFault as error:
        raise OperationRefused(str(error), "unavailable") from error
    return Printed(title=document.title, printer=name, file=str(file), text=text)


def _kinds(desk: Desk) -> list[DocumentView]:
    views = [
        DocumentView(kind=k.name, title=k.title, collection=k.collection, owner=owner)
        for owner, d in desk.box.plugins.host.declared.items()
        for k in d.document_kinds
    ]
    return sorted(views, key=lambda view: view.kind)


def _render(
    desk: Desk, connection: Connection, kind: DocumentView, params: PrintRecord
) -> Document:
    stored = connection.row(
        "SELECT r.body FROM box_collections k JOIN box_rows r ON r.collection = k.num"
        " WHERE k.name = ? AND r.id = ? AND r.deleted = 0",
        (kind.collection, params.record),
    )
    if stored is None:
        raise OperationRefused(
            f"{kind.collection} has no record {params.record!r}; `fieldbox search` finds ids",
            "not_found",
        )
    found = desk.box.plugins.host.call(
        kind.owner,
        "render_document",
        kind=kind.kind,
        record_id=params.record,
        row=orjson.loads(stored[0]),
        context=desk.box.reading_hooks(connection).context(kind.owner),
    )
    return _checked(desk, kind.owner, found)


def _checked(desk: Desk, owner: str, found: Any) -> Document:
    """Return the document as plain data; what is none is the plugin's fault."""
    if isinstance(found, Document):
        try:
            document = msgspec.convert(msgspec.to_builtins(found), Document)
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            raise desk.box.plugins.host.refuse(owner, "render_document", str(error)) from error
        size = sum(1 + len(getattr(block, "rows", ())) for block in document.blocks)
        if size <= MAX_BLOCKS:
            return document
        raise desk.box.plugins.host.refuse(
            owner, "render_document", f"made {size} lines; a document has {MAX_BLOCKS} at most"
        )
    raise desk.box.plugins.host.refuse(owner, "render_document", "returned no Document")


OPERATIONS = (
    Operation("print.kinds", Empty, "read", kinds),
    Operation("print", PrintRecord, "write", print_record),
)
