"""Contacts: people at a party."""

from __future__ import annotations

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, outlets, parties
from appliance_master_data.importers.cells import Cells

IMPORTER = Importer(
    kind="contacts",
    title="People at customers, and who of them orders for himself",
    columns=(
        headers.own_code(("Код контакта", "contact", "contact code"), "What accounting calls it."),
        headers.party("The code of the party."),
        headers.named(
            "outlets",
            ("Торговые точки", "Точки", "outlets"),
            "Codes of the outlets that the person looks after, with commas between; absent: all.",
        ),
        headers.name("Who it is."),
        ImportColumn(name="position", headers=("Должность", "position"), doc="What it does there."),
        headers.phone("With the country's code; the login where there is access to the portal."),
        ImportColumn(
            name="email", headers=("E-mail", "Почта", "Эл. почта", "email"), doc="Its address."
        ),
        headers.portal_access("Whether the person orders for himself; absent: no."),
        headers.date("birthday", ("День рождения", "Дата рождения", "birthday"), "Its birthday."),
    ),
)

_TAKEN = """
SELECT name FROM contacts WHERE phone_e164 = ? AND portal_access AND code IS NOT ? LIMIT 1
"""


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a contact of a party, which must be known."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    row = {
        "code": code,
        "party_id": parties.reference(cells.code("party")),
        **cells.given("name", "position", "email", "portal_access", "birthday"),
    }
    if "outlets" in cells:
        row["outlet_ids"] = [outlets.reference(one) for one in cells.codes("outlets")] or None
    if "phone" in cells:
        row["phone_e164"] = _phone(cells, code)
    return [ImportRecord(collection="contacts", external_id=code, row=row)]


def _phone(cells: Cells, code: str) -> str | None:
    phone = cells.phone("phone")
    if cells.value("portal_access"):
        if phone is None:
            raise cells.wrong("phone", "who has access to the portal needs a phone to log in with")
        taken = cells.context.select(_TAKEN, (phone, code))
        if taken:
            raise cells.wrong(
                "phone",
                f"{phone} gives {taken[0][0]} access to the portal already; one person each",
            )
    return phone
