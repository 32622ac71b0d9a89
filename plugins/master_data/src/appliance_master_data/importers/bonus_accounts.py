"""Points that customers have in bonus programmes."""

from __future__ import annotations

from datetime import UTC, date, datetime

from appliance.api import Context, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, parties
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="bonus_accounts",
    title="Points of customers in bonus programmes",
    columns=(
        headers.party("The code of the party."),
        headers.named(
            "program",
            ("Программа", "Бонусная программа", "program", "programme"),
            "What names the programme.",
            required=True,
        ),
        headers.number(
            "balance", ("Баллы", "Остаток баллов", "points", "balance"), "Points.", required=True
        ),
        headers.date("as_of", ("На дату", "Дата", "as of"), "The day it stood so; absent: today."),
    ),
)

DAY_MS = 86_400_000


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into an account."""
    cells = Cells(IMPORTER, values, context)
    party, program = cells.code("party"), cells.code("program")
    row = {
        "party_id": parties.reference(party),
        "program": program,
        "balance": cells.needed("balance"),
        "as_of": _beginning(cells.value("as_of"), context.now_ms),
    }
    external_id = joined(party, program)
    return [ImportRecord(collection="bonus_accounts", external_id=external_id, row=row)]


def _beginning(day: str | None, now_ms: int) -> int:
    """Return when a day begins, in UTC; of today where none is given."""
    if day is None:
        return now_ms // DAY_MS * DAY_MS
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return int(moment.timestamp()) * 1_000
