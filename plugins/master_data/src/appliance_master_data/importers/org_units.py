"""The company's units."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.calendar_day import zone_of
from appliance_master_data.importers import headers, parties, price_lists
from appliance_master_data.importers.cells import Cells, settled

IMPORTER = Importer(
    kind="org_units",
    title="The company, its regions and branches",
    columns=(
        headers.own_code(("Код подразделения", "unit", "unit code"), "What names it."),
        headers.named(
            "parent",
            ("Родитель", "Вышестоящее подразделение", "parent"),
            "The code of the unit above, which must be known.",
        ),
        headers.name(),
        headers.kind(("Вид подразделения",), "company, region or branch; absent: branch."),
        headers.party("The code of the party that it sells as."),
        headers.named("country", ("Страна", "country"), "ISO 3166-1, two letters.", required=True),
        headers.currency("ISO 4217 code such as RUB."),
        ImportColumn(
            name="timezone",
            headers=("Часовой пояс", "time zone", "timezone"),
            required=True,
            doc="A name such as Europe/Moscow.",
        ),
        headers.named("language", ("Язык", "language"), "Such as ru.", required=True),
        ImportColumn(
            name="tax_rounding",
            headers=("Округление налога", "tax rounding"),
            doc="per_line or per_category; absent: per_line.",
        ),
        headers.number(
            "cash_round_minor",
            ("Округление наличных", "cash rounding"),
            "The smallest amount paid in cash, in the major unit; absent: no rounding.",
            scale=2,
        ),
        headers.price_list("Of outlets that have none by themselves; it must be known."),
        headers.active(),
    ),
)

_KINDS = {
    "company": "company",
    "компания": "company",
    "region": "region",
    "регион": "region",
    "branch": "branch",
    "филиал": "branch",
}
_ROUNDINGS = {way: way for way in ("per_line", "per_category")}
_STORED = "SELECT id FROM org_units WHERE code = ?"

DEFAULTS = {"kind": "branch", "tax_rounding": "per_line", "cash_round_minor": 1, "active": True}


def reference(code: str) -> ExternalRef:
    """Refer to a unit by its code."""
    return ExternalRef(collection="org_units", external_id=code)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a unit; one of that code is the same unit, wherever it came from."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    if cells.optional_code("parent") == code:
        raise cells.wrong("parent", "a unit cannot be its own parent")
    timezone = str(cells.needed("timezone"))
    if zone_of(timezone) is None:
        raise cells.wrong("timezone", f"there is no time zone {timezone!r}; write Europe/Moscow")
    row = {
        "code": code,
        "legal_party_id": parties.reference(cells.code("party")),
        "country": cells.country(),
        "currency": cells.currency(),
        "timezone": timezone,
        **cells.given("name", "language"),
        **cells.chosen("kind", _KINDS, "branch"),
        **cells.chosen("tax_rounding", _ROUNDINGS, "per_line"),
        **cells.linked("price_list", "price_list_id", price_lists.reference),
        **cells.active(),
    }
    if "parent" in cells:
        row |= _parent(cells)
    if "cash_round_minor" in cells:
        row["cash_round_minor"] = cells.not_negative("cash_round_minor") or 1
    found = context.select(_STORED, (code,))
    return settled("org_units", code, row, DEFAULTS, found[0][0] if found else None)


def _parent(cells: Cells) -> dict[str, ExternalRef | str | None]:
    """Return the unit above: by its id where it is stored, else by its code in this file."""
    parent = cells.optional_code("parent")
    if parent is None:
        return {"parent_id": None}
    found = cells.context.select(_STORED, (parent,))
    return {"parent_id": found[0][0] if found else reference(parent)}
