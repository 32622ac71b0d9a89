"""Parties: the customers who pay."""

from __future__ import annotations

from appliance.api import (
    Context,
    ExternalRef,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportRowError,
    ImportValues,
)
from appliance_master_data.importers import cells, headers, price_lists

IMPORTER = Importer(
    kind="parties",
    title="Customers and contractors",
    columns=(
        ImportColumn(
            name="code",
            headers=("Код", *headers.PARTY, "code"),
            type="code",
            required=True,
            doc="What outlets name the party by.",
        ),
        ImportColumn(name="name", headers=headers.NAME, required=True, doc="Its short name."),
        ImportColumn(
            name="legal_name",
            headers=("Юридическое наименование", "Полное наименование", "legal name"),
            doc="Its name on documents; absent: its short name.",
        ),
        ImportColumn(
            name="kind",
            headers=("Вид", "Вид контрагента", "kind"),
            doc="company, person or sole_trader; absent: company.",
        ),
        ImportColumn(name="tax_id", headers=("ИНН", "БИН", "ЕИК", "tax id"), type="code"),
        ImportColumn(name="tax_id2", headers=("КПП", "ИН по ЗДДС", "vat id"), type="code"),
        ImportColumn(name="registration_no", headers=("ОГРН", "registration no"), type="code"),
        ImportColumn(name="gln", headers=headers.GLN, type="code"),
        ImportColumn(name="address", headers=headers.ADDRESS, doc="Its legal address."),
        ImportColumn(
            name="price_list",
            headers=headers.PRICE_LIST,
            type="code",
            doc="The code of its price list, which must be known.",
        ),
        ImportColumn(
            name="payment_terms_days",
            headers=("Отсрочка, дней", "Отсрочка", "payment terms"),
            type="int",
            doc="Days until payment is due.",
        ),
        ImportColumn(
            name="credit_limit_minor",
            headers=("Кредитный лимит", "Лимит долга", "credit limit"),
            type="decimal",
            scale=2,
            doc="In the currency's major unit.",
        ),
        ImportColumn(name="active", headers=headers.ACTIVE, type="bool", doc="Absent: it is."),
    ),
)

_KINDS = {
    "company": "company",
    "юрлицо": "company",
    "юридическое лицо": "company",
    "person": "person",
    "физлицо": "person",
    "физическое лицо": "person",
    "sole_trader": "sole_trader",
    "ип": "sole_trader",
    "индивидуальный предприниматель": "sole_trader",
}


def reference(code: str) -> ExternalRef:
    """Refer to a party by its code."""
    return ExternalRef(collection="parties", external_id=code)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a party."""
    code = cells.code(values, "code", "Код")
    kind = _KINDS.get(str(values.get("kind") or "company").casefold())
    if kind is None:
        raise ImportRowError(
            f"the kind {values['kind']!r} is not known; write company, person or sole_trader",
            column="Вид",
        )
    cells.not_negative(values, "payment_terms_days", "Отсрочка, дней")
    cells.not_negative(values, "credit_limit_minor", "Кредитный лимит")
    row = {
        **cells.given(
            values,
            "name",
            "tax_id",
            "tax_id2",
            "registration_no",
            "gln",
            "payment_terms_days",
            "credit_limit_minor",
        ),
        **cells.linked(values, "price_list", "Тип цены", "price_list_id", price_lists.reference),
    }
    if "kind" in values:
        row["kind"] = kind
    if "legal_name" in values:
        row["legal_name"] = values["legal_name"] or values.get("name")
    if "active" in values:
        row["active"] = values["active"] is not False
    if "address" in values:
        address = values["address"]
        row["addresses"] = [{"kind": "legal", "text": address}] if address else None
    defaults = {"kind": "company", "legal_name": values.get("name"), "active": True}
    return cells.settled("parties", code, row, defaults)
