"""What the appliance itself does not say of its users: phone, leader and limits."""

from __future__ import annotations

from appliance.api import Context, Importer, ImportRecord, ImportValues, Row
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells

LIMITS = {
    "max_manual_discount_bp": ("Макс. скидка, %", "Максимальная скидка", "max discount"),
    "max_order_minor": ("Макс. заказ", "Максимальная сумма заказа", "max order"),
    "cash_limit_minor": ("Лимит наличных", "cash limit"),
}
"""Fields of ``limits`` and the headers of their columns."""

IMPORTER = Importer(
    kind="users",
    title="Phones, leaders and limits of users that the box knows",
    columns=(
        headers.login("login", ("Логин", "login", "user"), "Who it is.", required=True),
        headers.phone("With the country's code; no other user has it."),
        headers.login(
            "supervisor",
            ("Супервайзер", "Руководитель", "supervisor"),
            "The login of who leads him.",
        ),
        *(
            headers.number(name, texts, doc, scale=2)
            for (name, texts), doc in zip(
                LIMITS.items(),
                (
                    "Percent that he may give himself.",
                    "An order above waits for approval; in the major unit.",
                    "Cash that he may carry; in the major unit.",
                ),
                strict=True,
            )
        ),
    ),
)

_TAKEN = "SELECT login FROM users WHERE phone_e164 = ? AND id <> ? LIMIT 1"


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a change of a user, who must be known: `fieldbox user add` makes users."""
    cells = Cells(IMPORTER, values, context)
    login = str(cells.needed("login"))
    user_id = cells.user_id("login")
    assert user_id is not None
    row: Row = {}
    if "phone" in cells:
        row["phone_e164"] = _phone(cells, user_id)
    if "supervisor" in cells:
        supervisor = cells.user_id("supervisor")
        if supervisor == user_id:
            raise cells.wrong("supervisor", "nobody leads himself")
        row["supervisor_id"] = supervisor
    limits = cells.amounts(*LIMITS)
    cells.percent("max_manual_discount_bp")
    if limits:
        stored = (context.get("users", user_id) or {}).get("limits") or {}
        kept = {name: value for name, value in {**stored, **limits}.items() if value is not None}
        row["limits"] = kept or None
    return [ImportRecord(collection="users", external_id=login, row=row, record_id=user_id)]


def _phone(cells: Cells, user_id: str) -> str | None:
    phone = cells.phone("phone")
    if phone is not None:
        taken = cells.context.select(_TAKEN, (phone, user_id))
        if taken:
            raise cells.wrong("phone", f"{phone} is the phone of {taken[0][0]} already")
    return phone
