"""Licences to buy regulated goods."""

from __future__ import annotations

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, outlets, parties, regulations
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="licences",
    title="Licences of customers to buy regulated goods",
    columns=(
        headers.party("The code of the party."),
        headers.outlet("The code of the outlet; absent: for all of the party's.", required=False),
        ImportColumn(
            name="regulation",
            headers=("Вид лицензии", "Вид продукции", "regulation"),
            required=True,
            doc="alcohol, beer, tobacco, pharma or another code that products have.",
        ),
        headers.named("number", ("Номер", "number"), "Its number.", required=True),
        ImportColumn(name="issuer", headers=("Кем выдана", "issuer"), doc="Who gave it."),
        headers.valid_from("The first day."),
        headers.date(
            "valid_to",
            ("Дата окончания", "Действует по", "valid to"),
            "The last day.",
            required=True,
        ),
    ),
)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a licence of a party or of one of its outlets."""
    cells = Cells(IMPORTER, values, context)
    party, outlet = cells.code("party"), cells.optional_code("outlet")
    number = cells.code("number")
    regulation = regulations.named(cells.code("regulation"))
    cells.needed("valid_to")
    since, until = cells.period("licence")
    row = {
        "party_id": parties.reference(party),
        "regulation": regulation,
        "number": number,
        "valid_from": since,
        **until,
        **cells.given("issuer"),
    }
    if outlet is not None:
        row["outlet_id"] = outlets.reference(outlet)
    external_id = joined(party, outlet or "", regulation, number)
    return [ImportRecord(collection="licences", external_id=external_id, row=row)]
