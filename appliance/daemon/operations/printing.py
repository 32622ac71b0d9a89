"""Printing: a document made from a record by its plugin, laid out and given to a printer."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.documents import blobs_of, document_of, kinds_of
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter


class PrintRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kind of document, the record, and the printer: the config's first where not given."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    record: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    printer: Annotated[str, msgspec.Meta(min_length=1, max_length=63)] | None = None


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """A printed document: its title, where it went, and how it looks."""

    title: str
    printer: str
    file: str
    text: str


def kinds(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every kind of document."""
    return Listing(rows=kinds_of(desk))


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
    from appliance.printing.layout import lay_out
    from appliance.printing.text import plain_text

    document = document_of(desk, params.kind, params.record)
    text = plain_text(lay_out(document, printers[name].columns, blobs_of(desk, document)))
    try:
        file = FilePrinter(printers[name].folder).write(document.title, text.encode())
    except PrinterFault as error:
        raise OperationRefused(str(error), "unavailable") from error
    return Printed(title=document.title, printer=name, file=str(file), text=text)


OPERATIONS = (
    Operation("print.kinds", Empty, "read", kinds),
    Operation("print", PrintRecord, "write", print_record),
)
