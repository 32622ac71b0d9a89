"""Files imported onto the demo company update it, whatever kind they are of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import CommandResult, Write
from appliance.api.importing import DEFAULT_SOURCE
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.importers import IMPORTERS
from appliance_master_data.plugin import plugin

Rows = list[dict[str, Any]]


@pytest.fixture
def box(fieldbox_box: Callable[..., PluginBox]) -> PluginBox:
    return fieldbox_box(plugin)


@pytest.fixture
def demo(box: PluginBox) -> CommandResult:
    users = ",".join(f"{login}={box.user(login, 'agent').id}" for login in ("anna", "boris"))
    return box.run_command("master_data", "demo-company", users=users)


def bring(box: PluginBox, kind: str, rows: Rows) -> Any:
    """Import rows as the command does where no --source is given."""
    return box.import_rows(kind, rows, source=DEFAULT_SOURCE)


def called(demo: CommandResult, collection: str) -> list[str]:
    return [one.external_id for one in demo.names if one.collection == collection]


def written(demo: CommandResult, collection: str) -> list[Write]:
    return [write for write in demo.writes if write.collection == collection]


FILES: dict[str, Callable[[CommandResult], Rows]] = {
    "org_units": lambda d: [
        {
            "code": "NN",
            "name": written(d, "org_units")[0].row["name"],
            "kind": "company",
            "party": "OWN",
            "country": "RU",
            "currency": "RUB",
            "timezone": "Europe/Moscow",
            "language": "ru",
        }
    ],
    "tax_rates": lambda d: [
        {
            "country": "RU",
            "category": "standard",
            "rate_bp": 2_000,
            "valid_from": written(d, "tax_rates")[0].row["valid_from"],
        }
    ],
    "product_groups": lambda d: [
        {"code": f"G{w.row['sort']}", "name": w.row["name"]} for w in written(d, "product_groups")
    ],
    "products": lambda d: [
        {
            "code": w.row["code"],
            "article": w.row["article"],
            "name": w.row["name"],
            "brand": w.row["brand"],
            "unit": "PCE",
            "active": True,
        }
        for w in written(d, "products")
    ],
    "product_uoms": lambda d: [
        {
            "product": name.split("|")[0],
            "unit": w.row["uom_code"],
            "name": w.row["name"],
            "factor": w.row["factor_num"] * 10**6,
            "net_g": w.row["net_g"],
        }
        for w, name in zip(written(d, "product_uoms"), called(d, "product_uoms"), strict=True)
    ],
    "price_lists": lambda d: [
        {"code": w.row["code"], "name": w.row["name"], "currency": "RUB", "tax_included": True}
        for w in written(d, "price_lists")
    ],
    "prices": lambda d: [
        {"product": code, "price_list": price_list, "price": w.row["price"], "currency": "RUB"}
        for w, (price_list, code, *_) in zip(
            written(d, "prices"),
            (name.split("|") for name in called(d, "prices")),
            strict=True,
        )
    ],
    "warehouses": lambda d: [
        {"code": "MAIN", "name": written(d, "warehouses")[0].row["name"], "kind": "main"}
    ],
    "stock_balances": lambda d: [
        {"product": name.split("|")[1], "warehouse": "MAIN", "on_hand": w.row["on_hand"]}
        for w, name in zip(written(d, "stock_balances"), called(d, "stock_balances"), strict=True)
    ],
    "parties": lambda d: [
        {"code": name, "name": w.row["name"], "tax_id": w.row["tax_id"]}
        for w, name in zip(written(d, "parties"), called(d, "parties"), strict=True)
    ],
    "outlets": lambda d: [
        {
            "code": w.row["code"],
            "party": dict(
                zip((p.id for p in written(d, "parties")), called(d, "parties"), strict=True)
            )[w.row["party_id"]],
            "name": w.row["name"],
            "address": w.row["address"],
            "warehouse": "MAIN",
        }
        for w in written(d, "outlets")
    ],
    "routes": lambda d: [
        {"code": w.row["code"], "name": w.row["name"], "kind": "presale"}
        for w in written(d, "routes")
    ],
    "route_outlets": lambda d: [
        dict(zip(("route", "outlet"), name.split("|"), strict=True))
        for name in called(d, "route_outlets")
    ],
}


def test_every_kind_of_file_that_has_records_here_is_tried(demo: CommandResult) -> None:
    made = {write.collection for write in demo.writes}
    assert set(FILES) == {importer.kind for importer in IMPORTERS} & made


@pytest.mark.parametrize("kind", FILES)
def test_a_file_finds_the_records_of_the_demo(
    box: PluginBox, demo: CommandResult, kind: str
) -> None:
    rows = FILES[kind](demo)
    before = {name: len(box.records(name)) for name in {w.collection for w in demo.writes}}
    assert len(rows) == before[kind]
    done = bring(box, kind, rows)
    assert (done.created, done.changed, done.problems) == (0, 0, ())
    assert done.unchanged == len(rows) * (2 if kind == "products" else 1)
    assert {name: len(box.records(name)) for name in before} == before


def test_a_change_in_a_file_reaches_the_record(box: PluginBox, demo: CommandResult) -> None:
    price = {"product": "00001", "price_list": "OPT", "price": 950_000, "currency": "RUB"}
    assert bring(box, "prices", [price]).changed == 1
    row = {"code": "00061", "name": "Чай новый", "group": "G1", "barcode": "", "unit": "PCE"}
    new = bring(box, "products", [row])
    assert new[:4] == (2, 0, 0, ())
    stored = {row["code"]: row for row in box.records("products").values()}
    assert stored["00061"]["group_ids"] == stored["00001"]["group_ids"]
    other = box.import_rows("products", [{"code": "00001", "name": "Чай"}], source="other")
    assert other.created == 2


def test_a_base_unit_keeps_its_name_unless_the_file_has_another(
    box: PluginBox, demo: CommandResult
) -> None:
    def unit() -> tuple[str, str]:
        (row,) = [
            row
            for row in box.records("product_uoms").values()
            if row["is_base"] and box.records("products")[row["product_id"]]["code"] == "00001"
        ]
        return row["uom_code"], row["name"]

    bring(box, "products", [{"code": "00001", "name": "Чай", "unit": "PCE"}])
    assert unit() == ("PCE", "шт")
    bring(box, "products", [{"code": "00001", "name": "Чай", "unit": "KGM"}])
    assert unit() == ("KGM", "KGM")
