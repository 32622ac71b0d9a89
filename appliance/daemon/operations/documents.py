"""Documents as they will look: as text, as a picture of the paper, as A4 pages.

What lays documents out takes a while to import, so only who makes one does.
"""

from __future__ import annotations

import base64
from typing import Annotated, Literal

import msgspec

from appliance.api.documents import Document, as_copy
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Listing, Operation, OperationRefused
from appliance.store.documents import DocumentRefused

_CHUNK = 48_000


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


def preview(desk: Desk, params: PreviewRecord, _actor: str) -> Preview:
    """Show how a document will look."""
    try:
        document = _sample(desk, params) if params.record is None else _made(desk, params)
    except DocumentRefused as refused:
        raise OperationRefused(str(refused), refused.code) from refused
    if params.copy:
        document = as_copy(document, params.copy)
    blobs = desk.documents.blobs(document)
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
    return desk.documents.filled(sample(params.kind, params.language.partition("-")[0] or "en"))


def _made(desk: Desk, params: PreviewRecord) -> Document:
    return desk.box.store.fetch(
        lambda db: desk.documents.made(db, params.kind, params.record or "", params.language)
    )


OPERATIONS = (Operation("print.preview", PreviewRecord, "read", preview),)
