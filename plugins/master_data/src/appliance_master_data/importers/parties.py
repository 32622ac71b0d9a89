"""Parties: the customers who pay."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, price_lists, tax_rules
from appliance_master_data.importers.cells import Cells, settled

IMPORTER = Importer(
    kind="parties",
    title="Customers and contractors",
    columns=(
        headers.own_code(headers.PARTY, "What outlets name the party by."),
        headers.name("Its short name."),
        headers.named(
            "legal_name",
            ("Юридическое наименование", "Полное наименование", "legal name"),
            "Its name on documents; absent: its short name.",
        ),
        headers.kind(("Вид контрагента",), "company, person or sole_trader; absent: company."),
        headers.named("tax_id", ("ИНН", "БИН", "ЕИК", "tax id"), "Its tax number."),
        headers.named("tax_id2", ("КПП", "ИН по ЗДДС", "vat id"), "The second tax number."),
        headers.named("registration_no", ("ОГРН", "registration no"), "In the state's register."),
        headers.gln(),
        headers.address("Its legal address."),
        headers.price_list("The code of its price list, which must be known."),
        headers.payment_terms(),
        headers.payment_forms(),
        headers.credit_limit(),
        headers.named(
            "holding",
            ("Холдинг", "Группа контрагентов", "holding", "customer group"),
            "The code of the party at the head of its holding.",
        ),
        tax_rules.STATUS,
        headers.segments(),
        headers.portal_access("Whether its contacts may order for themselves; absent: no."),
        headers.active(),
    ),
)

PAYMENT_FORMS = {
    "cash": "cash",
    "наличные": "cash",
    "bank": "bank",
    "безналичные": "bank",
    "безнал": "bank",
    "card": "card",
    "карта": "card",
    "consignment": "consignment",
    "консигнация": "consignment",
}
"""Words for the ways to pay."""

# A customer that was found in the field and is in accounting by now.
_PROSPECT = """
SELECT id FROM parties
WHERE tax_id = ? AND coalesce(tax_id2, '') = ? AND prospect AND active LIMIT 1
"""

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
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    row = {
        **cells.given("name", "tax_id", "tax_id2", "registration_no", "gln"),
        **cells.amounts("payment_terms_days", "credit_limit_minor"),
        **cells.linked("price_list", "price_list_id", price_lists.reference),
        **cells.linked("holding", "group_id", reference),
        **cells.several("segments"),
        **cells.several("payment_forms", PAYMENT_FORMS),
        **cells.chosen("tax_status", tax_rules.TAX_STATUSES, None),
        **cells.given("portal_access"),
        **cells.chosen("kind", _KINDS, "company"),
        **cells.active(),
    }
    if "legal_name" in cells:
        row["legal_name"] = cells.value("legal_name") or cells.value("name")
    if "address" in cells:
        address = cells.value("address")
        row["addresses"] = [{"kind": "legal", "text": address}] if address else None
    defaults = {"kind": "company", "legal_name": cells.value("name"), "active": True}
    prospect = _prospect(cells)
    if prospect is not None:
        row["prospect"] = False
    return settled("parties", code, row, defaults, prospect)


def _prospect(cells: Cells) -> str | None:
    """Return the id of the prospect with a row's tax numbers, None where there is none."""
    tax_id = cells.value("tax_id")
    if tax_id is None:
        return None
    found = cells.context.select(_PROSPECT, (tax_id, cells.value("tax_id2") or ""))
    return str(found[0][0]) if found else None
