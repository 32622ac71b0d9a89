"""Outlets: points of sale and delivery addresses."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, parties, price_lists, tax_rules, warehouses
from appliance_master_data.importers.cells import Cells, settled

IMPORTER = Importer(
    kind="outlets",
    title="Points of sale and delivery addresses",
    columns=(
        headers.own_code(headers.OUTLET, "What routes name the outlet by."),
        headers.party("The code of the party that buys."),
        headers.named(
            "payer",
            ("Плательщик", "Код плательщика", "payer"),
            "The code of the party that pays, where it is another.",
        ),
        headers.name(),
        headers.address("Where it is.", required=True),
        headers.gln(),
        headers.number("lat", ("Широта", "lat", "latitude"), "Degrees north.", scale=7),
        headers.number("lon", ("Долгота", "lon", "longitude"), "Degrees east.", scale=7),
        ImportColumn(
            name="channel", headers=("Канал", "Канал сбыта", "channel"), doc="What shop it is."
        ),
        headers.price_list("The code of its price list; absent: the party's."),
        headers.warehouse(
            "The code of the warehouse its goods ship from; one not known yet is made."
        ),
        ImportColumn(
            name="delivery_info",
            headers=("Условия доставки", "delivery info"),
            doc="What a driver must know.",
        ),
        ImportColumn(
            name="pass_rules", headers=("Пропуск", "pass rules"), doc="How one gets in there."
        ),
        headers.number(
            "vehicle_max_kg",
            ("Макс. грузоподъемность, кг", "vehicle max kg"),
            "The heaviest vehicle that gets there.",
        ),
        headers.number(
            "geofence_m",
            ("Радиус, м", "geofence", "geofence, m"),
            "Metres around it within which a visit begins; absent: 150.",
        ),
        headers.number(
            "max_manual_discount_bp",
            ("Макс. ручная скидка, %", "max manual discount, %"),
            "Most percent that anybody gives here by hand; absent: as much as the person may.",
            scale=2,
        ),
        tax_rules.PROFILE,
        headers.segments(),
        headers.flag(
            "portal_visible",
            ("Виден в кабинете", "Виден в ЛК", "portal visible"),
            "Whether its contacts see it; absent: they do.",
        ),
        headers.active(),
    ),
)

_DEGREE = 10_000_000


def reference(code: str) -> ExternalRef:
    """Refer to an outlet by its code."""
    return ExternalRef(collection="outlets", external_id=code)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into an outlet, and its warehouse if that is not known yet."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    row = {
        "code": code,
        "party_id": parties.reference(cells.code("party")),
        **cells.given("name", "address", "gln", "channel", "delivery_info", "pass_rules"),
        **cells.given("portal_visible"),
        **cells.amounts("vehicle_max_kg", "geofence_m"),
        **cells.several("segments"),
        **cells.given("tax_profile"),
        **cells.linked("payer", "payer_party_id", parties.reference),
        **cells.linked("price_list", "price_list_id", price_lists.reference),
        **cells.linked("warehouse", "warehouse_id", warehouses.reference),
        **cells.active(),
    }
    if "max_manual_discount_bp" in cells:
        row["max_manual_discount_bp"] = cells.percent("max_manual_discount_bp")
    if "lat" in cells or "lon" in cells:
        row["geo"] = _position(cells)
    return [*warehouses.mentioned(cells), *settled("outlets", code, row, {"active": True})]


def _position(cells: Cells) -> dict[str, int] | None:
    lat, lon = cells.value("lat"), cells.value("lon")
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        raise cells.wrong("lat", "a position takes both latitude and longitude")
    if abs(lat) > 90 * _DEGREE or abs(lon) > 180 * _DEGREE:
        raise cells.wrong(
            "lat",
            "the position is not on Earth: latitude is at most 90, longitude at most 180 degrees",
        )
    return {"lat_e7": lat, "lon_e7": lon}
