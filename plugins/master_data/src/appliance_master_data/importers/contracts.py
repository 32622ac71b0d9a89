"""Contracts with parties."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.calendar_day import today
from appliance_master_data.importers import headers, parties, price_lists
from appliance_master_data.importers.cells import Cells, joined
from appliance_master_data.turn_of_day import contract_state

IMPORTER = Importer(
    kind="contracts",
    title="Contracts with customers: terms, limits, price list",
    columns=(
        headers.party("The code of the party."),
        headers.named(
            "number", ("Номер", *headers.CONTRACT, "number"), "Its number.", required=True
        ),
        headers.date("date", ("Дата", "Дата договора", "date"), "Its first day.", required=True),
        headers.valid_to("The last day; absent: until further notice."),
        headers.currency("ISO 4217 code such as RUB."),
        headers.payment_terms(),
        headers.payment_forms(),
        headers.credit_limit(),
        headers.number(
            "overdue_block_days",
            ("Просрочка, дней", "overdue days"),
            "Days over due from which debt stops new orders.",
        ),
        headers.number(
            "overdue_block_minor",
            ("Просрочка, сумма", "overdue amount"),
            "Overdue debt up to which orders go on, in the currency's major unit.",
            scale=2,
        ),
        headers.price_list("The code of its price list, which must be known."),
        ImportColumn(
            name="state",
            headers=("Состояние", "Статус", "state", "status"),
            doc="active, suspended or ended; absent: by its days.",
        ),
    ),
)

_STATES = {
    "active": "active",
    "действует": "active",
    "planned": "planned",
    "suspended": "suspended",
    "приостановлен": "suspended",
    "ended": "ended",
    "закрыт": "ended",
    "расторгнут": "ended",
}


def reference(party: str, number: str) -> ExternalRef:
    """Refer to a contract by the party's code and its number."""
    return ExternalRef(collection="contracts", external_id=joined(party, number))


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a contract of a party, which must be known."""
    cells = Cells(IMPORTER, values, context)
    party, number = cells.code("party"), cells.code("number")
    first, last = cells.needed("date"), cells.value("valid_to")
    if last is not None and last < first:
        raise cells.wrong("valid_to", f"the contract ends on {last}, before it begins on {first}")
    row = {
        "party_id": parties.reference(party),
        "number": number,
        "date": first,
        "currency": cells.currency(),
        **cells.given("valid_to"),
        **cells.amounts(
            *("payment_terms_days", "credit_limit_minor"),
            *("overdue_block_days", "overdue_block_minor"),
        ),
        **cells.linked("price_list", "price_list_id", price_lists.reference),
        **cells.several("payment_forms", parties.PAYMENT_FORMS),
    }
    if "state" in cells or "valid_to" in cells:
        stated = cells.choice("state", _STATES, None)
        row["state"] = contract_state(stated, first, last, today(context))
    refer = reference(party, number)
    return [ImportRecord(collection="contracts", external_id=refer.external_id, row=row)]
