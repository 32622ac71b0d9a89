"""The goods that a row is on, and the outlets that it is for: lists of codes in its columns."""

from __future__ import annotations

from typing import Any

from appliance.api import ImportColumn, Row
from appliance_master_data.importers import headers, outlets, product_groups, products
from appliance_master_data.importers.cells import Cells

MOST_CHOSEN = 5_000
"""Products, groups and brands that a row may name; as its collection says."""

_GOODS = {
    "products": ("product", products.reference),
    "groups": ("group", product_groups.reference),
    "brands": ("brand", None),
}
"""Columns of goods: what each holds, and how its codes become references."""


def _listed(name: str, titles: tuple[str, ...], doc: str) -> ImportColumn:
    return ImportColumn(name=name, headers=titles, doc=doc)


COLUMNS = (
    _listed("products", ("Товары", "products"), "Codes of its products, with commas between."),
    _listed("groups", ("Группы товаров", "product groups"), "Codes of its groups of products."),
    _listed("brands", ("Бренды", "brands"), "Its brands. Absent, all three: all products."),
    _listed("not_products", ("Кроме товаров", "except products"), "Products it is not on."),
    _listed("not_groups", ("Кроме групп", "except groups"), "Groups it is not on."),
    _listed("not_brands", ("Кроме брендов", "except brands"), "Brands it is not on."),
    headers.segments(),
    _listed("orgs", ("Подразделения", "branches"), "Codes of units whose outlets it is for."),
    _listed("outlets", ("Торговые точки", "outlets"), "Codes of outlets that it is for."),
    _listed("not_outlets", ("Кроме точек", "except outlets"), "Outlets it is not for."),
)
"""The columns."""


def products_of(cells: Cells, stored: Row) -> Row:
    """Return what a row is on; of a file without these columns the record keeps what it says."""
    chosen: dict[str, Any] = dict(stored.get("products") or {})
    told = False
    for member, prefix in (("include", ""), ("exclude", "not_")):
        if not any(f"{prefix}{name}" in cells for name in _GOODS):
            continue
        told = True
        entries = [
            {"kind": kind, "id": code if refer is None else refer(code)}
            for name, (kind, refer) in _GOODS.items()
            for code in cells.codes(f"{prefix}{name}")
        ]
        if len(entries) > MOST_CHOSEN:
            raise cells.wrong(f"{prefix}products", f"it names at most {MOST_CHOSEN} of goods")
        chosen[member] = entries or None
    return {"products": _there(chosen)} if told else {}


def audience_of(cells: Cells, stored: Row) -> Row:
    """Return for whom a row is, likewise."""
    audience: dict[str, Any] = dict(stored.get("audience") or {})
    told: dict[str, Any] = {}
    if "segments" in cells:
        told["segments"] = cells.codes("segments")
    if "orgs" in cells:
        told["orgs"] = [_unit(cells, code) for code in cells.codes("orgs")]
    for name, member in (("outlets", "outlets"), ("not_outlets", "exclude")):
        if name in cells:
            told[member] = [outlets.reference(code) for code in cells.codes(name)]
    return {"audience": _there({**audience, **told})} if told else {}


def _unit(cells: Cells, code: str) -> str:
    found = cells.context.select("SELECT id FROM org_units WHERE code = ?", (code,))
    if not found:
        raise cells.wrong("orgs", f"there is no org unit with the code {code!r}")
    return str(found[0][0])


def _there(members: dict[str, Any]) -> Row | None:
    """Return the members that hold something; None where none does."""
    return {name: value for name, value in members.items() if value} or None
