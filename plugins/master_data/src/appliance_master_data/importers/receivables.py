"""Open items of customers."""

from __future__ import annotations

from appliance.api import Context, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import contracts, headers, parties
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="receivables",
    title="What customers have not paid; a settled item comes with 0 left",
    columns=(
        headers.party("The code of the party."),
        headers.named(
            "contract", headers.CONTRACT, "The number of its contract, which must be known."
        ),
        headers.named(
            "doc_type",
            ("Вид документа", "Документ", "document type"),
            "What paper it is; absent: invoice.",
        ),
        headers.named(
            "doc_number",
            ("Номер документа", "Номер", "document number", "number"),
            "Its number.",
            required=True,
        ),
        headers.date(
            "doc_date",
            ("Дата документа", "Дата", "document date", "date"),
            "Its day.",
            required=True,
        ),
        headers.date(
            "due_date",
            ("Срок оплаты", "Оплатить до", "due date"),
            "The day it is due; absent: the day of the paper.",
        ),
        headers.number(
            "amount",
            ("Сумма документа", "Сумма", "amount"),
            "Of the paper; below zero for credit.",
            scale=2,
            required=True,
        ),
        headers.number(
            "open_amount",
            ("Остаток долга", "Долг", "Не оплачено", "open amount"),
            "What is left of it.",
            scale=2,
            required=True,
        ),
        headers.currency("ISO 4217 code such as RUB."),
    ),
)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into an open item of a party, which must be known."""
    cells = Cells(IMPORTER, values, context)
    party, contract = cells.code("party"), cells.optional_code("contract")
    doc_type = cells.optional_code("doc_type") or "invoice"
    if len(doc_type) > 40:
        raise cells.wrong("doc_type", "the kind of a document has at most 40 characters")
    number, day = cells.code("doc_number"), cells.needed("doc_date")
    row = {
        "party_id": parties.reference(party),
        "doc_type": doc_type,
        "doc_number": number,
        "doc_date": day,
        "due_date": cells.value("due_date") or day,
        "amount": cells.needed("amount"),
        "open_amount": cells.needed("open_amount"),
        "currency": cells.currency(),
    }
    if "contract" in cells:
        row["contract_id"] = None if contract is None else contracts.reference(party, contract)
    external_id = joined(party, doc_type, number, day)
    return [ImportRecord(collection="receivables", external_id=external_id, row=row)]
