"""Outlets: points of sale and delivery addresses."""

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
from appliance_master_data.importers import cells, headers, parties, price_lists, warehouses

IMPORTER = Importer(
    kind="outlets",
    title="Points of sale and delivery addresses",
    columns=(
        ImportColumn(
            name="code",
            headers=("Код", *headers.OUTLET, "code"),
            type="code",
            required=True,
            doc="What routes name the outlet by.",
        ),
        ImportColumn(
            name="party",
            headers=headers.PARTY,
            type="code",
            required=True,
            doc="The code of the party that buys.",
        ),
        ImportColumn(
            name="payer",
            headers=("Плательщик", "Код плательщика", "payer"),
            type="code",
            doc="The code of the party that pays, where it is another.",
        ),
        ImportColumn(name="name", headers=headers.NAME, required=True, doc="Its name."),
        ImportColumn(name="address", headers=headers.ADDRESS, required=True, doc="Where it is."),
        ImportColumn(name="gln", headers=headers.GLN, type="code"),
        ImportColumn(
            name="lat",
            headers=("Широта", "lat", "latitude"),
            type="decimal",
            scale=7,
            doc="Degrees north.",
        ),
        ImportColumn(
            name="lon",
            headers=("Долгота", "lon", "longitude"),
            type="decimal",
            scale=7,
            doc="Degrees east.",
        ),
        ImportColumn(name="channel", headers=("Канал", "Канал сбыта", "channel")),
        ImportColumn(
            name="price_list",
            headers=headers.PRICE_LIST,
            type="code",
            doc="The code of its price list; absent: the party's.",
        ),
        ImportColumn(
            name="warehouse",
            headers=headers.WAREHOUSE,
            type="code",
            doc="The code of the warehouse its goods ship from; one not known yet is made.",
        ),
        ImportColumn(name="delivery_info", headers=("Условия доставки", "delivery info")),
        ImportColumn(name="active", headers=headers.ACTIVE, type="bool", doc="Absent: it is."),
    ),
)

_DEGREE = 10_000_000


def reference(code: str) -> ExternalRef:
    """Refer to an outlet by its code."""
    return ExternalRef(collection="outlets", external_id=code)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into an outlet, and its warehouse if that is not known yet."""
    code = cells.code(values, "code", "Код")
    row = {
        "code": code,
        "party_id": parties.reference(cells.code(values, "party", "Контрагент")),
        **cells.given(values, "name", "address", "gln", "channel", "delivery_info"),
        **cells.linked(values, "payer", "Плательщик", "payer_party_id", parties.reference),
        **cells.linked(values, "price_list", "Тип цены", "price_list_id", price_lists.reference),
        **cells.linked(values, "warehouse", "Склад", "warehouse_id", warehouses.reference),
    }
    if "lat" in values or "lon" in values:
        row["geo"] = _position(values)
    if "active" in values:
        row["active"] = values["active"] is not False
    warehouse = cells.optional_code(values, "warehouse", "Склад")
    found = [] if warehouse is None else [warehouses.mention(warehouse)]
    return [*found, *cells.settled("outlets", code, row, {"active": True})]


def _position(values: ImportValues) -> dict[str, int] | None:
    lat, lon = values.get("lat"), values.get("lon")
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        raise ImportRowError("a position takes both latitude and longitude", column="Широта")
    if abs(lat) > 90 * _DEGREE or abs(lon) > 180 * _DEGREE:
        raise ImportRowError(
            "the position is not on Earth: latitude is at most 90, longitude at most 180 degrees",
            column="Широта",
        )
    return {"lat_e7": lat, "lon_e7": lon}
