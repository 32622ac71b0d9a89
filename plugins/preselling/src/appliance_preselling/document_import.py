"""Papers of orders: ``fieldbox import order_documents`` with a folder or archive of them."""

from __future__ import annotations

import re

from appliance.api import (
    Context,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportRowError,
    ImportValues,
    Row,
)
from appliance_preselling import order_lookup
from appliance_preselling.document_fields import KINDS
from appliance_preselling.documents import reached
from appliance_preselling.states import STATES

IMPORTER = Importer(
    kind="order_documents",
    title="Papers of orders, in a folder or ZIP archive with a list of them or names that say it",
    attached="files",
    file_names=rf"(?P<order>.+)_(?P<kind>{'|'.join(KINDS)})(?:_(?P<number>.+))?",
    columns=(
        ImportColumn(
            name="order",
            headers=("Заказ", "Номер заказа", "order"),
            type="code",
            required=True,
            doc="The order's id, or its number where one order has it.",
        ),
        ImportColumn(
            name="kind",
            headers=("Вид", "Вид документа", "kind"),
            required=True,
            doc=", ".join(KINDS),
        ),
        ImportColumn(name="number", headers=("Номер", "number"), type="code", doc="The paper's."),
        ImportColumn(name="date", headers=("Дата", "date"), type="date", doc="The paper's."),
        ImportColumn(
            name="sha256",
            headers=("sha256",),
            type="code",
            doc="Of a file that the box has already, its SHA-256: 64 lower-case hex digits.",
        ),
        ImportColumn(
            name="file",
            headers=("Файл", "Имя файла", "file", "file name"),
            doc="The name of the file, which comes in the same folder or archive.",
        ),
        ImportColumn(name="mime", headers=("mime", "Тип файла"), doc="Absent: by the file's name."),
        ImportColumn(name="size", headers=("size", "Размер"), type="int", doc="Bytes."),
        ImportColumn(
            name="visible_from_state",
            headers=("visible from state", "Виден с состояния"),
            doc="The state of the order before which no device gets it; absent: at once.",
        ),
    ),
)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EARLIER = """
SELECT visible_from_state FROM order_documents
WHERE order_id = :order_id AND kind = :kind AND number IS :number
"""


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a document of an order, shown at once where the order is that far.

    Raises:
        ImportRowError: the row cannot be used; the text says why.
    """
    try:
        order_id, order = order_lookup.find(values["order"], context)
    except LookupError as error:
        raise ImportRowError(str(error), column="order") from None
    kind = _one_of(values, "kind", KINDS)
    assert kind is not None
    wanted = _one_of(values, "visible_from_state", STATES)
    if values.get("sha256") is None:
        file = values.get("file") or "the paper"
        raise ImportRowError(
            f"{file} itself is missing: import the folder or ZIP archive that it lies in",
            column="file",
        )
    if not _SHA256.fullmatch(values["sha256"]):
        raise ImportRowError("sha256 must have 64 lower-case hex digits", column="sha256")
    row: Row = {
        "order_id": order_id,
        "kind": kind,
        "number": values.get("number"),
        "date": values.get("date"),
        "sha256": values["sha256"],
        "mime": values.get("mime") or "application/pdf",
        "size": values.get("size"),
        "visible_from_state": wanted,
    }
    if reached(order["order_kind"], order["state"], wanted):
        row["visible_outlet_id"] = order["outlet_id"]
    elif wanted != _earlier_state(row, context):
        row["visible_outlet_id"] = None  # it is to be seen later than was said before
    external_id = f"{order_id}/{kind}/{values.get('number') or ''}"
    return [ImportRecord(collection="order_documents", external_id=external_id, row=row)]


def _earlier_state(row: Row, context: Context) -> str | None:
    """Return from which state on the document was to be seen that this row is about."""
    asked = {name: row[name] for name in ("order_id", "kind", "number")}
    found = context.select(_EARLIER, asked)
    return found[0][0] if found else None


def _one_of(values: ImportValues, name: str, allowed: tuple[str, ...]) -> str | None:
    value: str | None = values.get(name)
    if value is not None and value not in allowed:
        raise ImportRowError(f"{name} is one of {', '.join(allowed)}, not {value}", column=name)
    return value
