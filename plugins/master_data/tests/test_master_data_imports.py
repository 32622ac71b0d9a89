from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import ImportNote, ImportRowError
from appliance.testing.fake_context import FakeContext
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.importers.products import tax_category
from appliance_master_data.importers.route_outlets import weekday_bits
from appliance_master_data.plugin import plugin

MAT = {
    "code": "bd8c4e15",
    "article": "PM-421",
    "name": "Коврик Portable",
    "group": "82cfb8dc",
    "barcode": "8809288404089",
    "unit": "PCE",
    "vat": "20",
    "manufacturer": "CrazyBoom CO., LTD",
}


def test_groups_come_in_any_order(files: Any) -> None:
    files.row("product_groups", code="child", parent="root", name="Коврики")
    files.row("product_groups", code="root", parent=None, name="Детские товары")
    root = files.ids["product_groups", "root"]
    assert files.record("product_groups", "child") == {
        "tree": "acc",
        "name": "Коврики",
        "parent_id": root,
    }
    assert files.record("product_groups", "root")["name"] == "Детские товары"
    # The child's row again: what it only mentions keeps the name of its own row.
    files.row("product_groups", code="child", parent="root", name="Коврики")
    assert files.record("product_groups", "root")["name"] == "Детские товары"
    with pytest.raises(ImportRowError, match="its own parent"):
        files.row("product_groups", code="x", parent="x", name="X")


def test_a_product_comes_with_group_and_base_unit(files: Any) -> None:
    files.row("products", **MAT)
    assert files.record("products", "bd8c4e15") == {
        "code": "bd8c4e15",
        "article": "PM-421",
        "name": "Коврик Portable",
        "manufacturer": "CrazyBoom CO., LTD",
        "group_ids": [files.ids["product_groups", "82cfb8dc"]],
        "base_uom": "PCE",
        "tax_category": "vat20",
        "kind": "goods",
        "active": True,
    }
    unit = files.record("product_uoms", "bd8c4e15")
    assert unit["product_id"] == files.ids["products", "bd8c4e15"]
    assert (unit["gtin"], unit["factor_num"], unit["is_base"]) == ("8809288404089", 1, True)


def test_a_column_that_the_file_does_not_have_leaves_the_field_as_it_is(files: Any) -> None:
    files.row("products", **MAT, kind="service", active=False)
    before = files.record("products", "bd8c4e15")
    files.changed.clear()
    files.row("products", code="bd8c4e15", name="New name")
    assert files.record("products", "bd8c4e15") == {**before, "name": "New name"}
    assert files.changed == ["products"]


def test_an_empty_cell_clears_the_field(files: Any) -> None:
    files.row("products", **MAT)
    files.row("products", **{**dict.fromkeys(MAT), "code": "bd8c4e15", "name": "New name"})
    assert files.record("products", "bd8c4e15") == {
        "code": "bd8c4e15",
        "name": "New name",
        "group_ids": [],
        "base_uom": "PCE",
        "tax_category": "standard",
        "kind": "goods",
        "active": True,
    }
    assert "gtin" not in files.record("product_uoms", "bd8c4e15")


def test_the_smallest_files_make_whole_records(files: Any) -> None:
    files.row("products", code="T", name="Tea")
    files.row("price_lists", code="L", name="L", currency="RUB")
    files.row("warehouses", code="W", name="W")
    files.row("parties", code="P", name="P")
    files.row("outlets", code="O", party="P", name="O", address="A")
    files.row("routes", code="R", name="R")
    assert files.record("parties", "P")["legal_name"] == "P"
    assert files.record("outlets", "O")["active"] is True
    assert files.record("product_uoms", "T")["uom_code"] == "PCE"


def test_a_wrong_barcode_refuses_the_row_or_is_left_out(
    files: Any, make_context: Callable[..., FakeContext]
) -> None:
    wrong = {**MAT, "barcode": "8809398300548"}
    with pytest.raises(ImportRowError, match="check digit") as caught:
        plugin.import_row("products", wrong, make_context(wrong_barcodes="refuse"))
    assert caught.value.column == "Штрихкод"
    note, *records = plugin.import_row("products", wrong, make_context())
    assert isinstance(note, ImportNote)
    assert (note.column, "check digit" in note.text) == ("Штрихкод", True)
    assert records[-1].row["gtin"] is None


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("20", "vat20"),
        ("20%", "vat20"),
        ("НДС 10 %", "vat10"),
        ("0", "vat0"),
        ("5,50", "vat5.5"),
        ("12.00", "vat12"),
        ("Без НДС", "exempt"),
    ],
)
def test_tax_categories(text: str, category: str) -> None:
    assert tax_category(text) == category


@pytest.mark.parametrize("text", ["200", "20/120", "-5", "twenty", "%"])
def test_a_strange_tax_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        tax_category(text)


def test_a_price_makes_its_list_and_needs_its_product(files: Any) -> None:
    price = {"product": "bd8c4e15", "price_list": "retail", "price": 1_299_000, "currency": "rub"}
    with pytest.raises(KeyError):
        files.row("prices", **price)
    files.row("products", **MAT)
    files.row("prices", **price)
    (record,) = files.context.select("SELECT body FROM prices")
    assert files.record("price_lists", "retail") == {
        "code": "retail",
        "name": "retail",
        "currency": "RUB",
        "tax_included": True,
    }
    assert '"price":1299000' in record[0]
    assert '"valid_from":"1970-01-01"' in record[0]


def test_the_same_price_file_again_changes_nothing(files: Any) -> None:
    files.row("products", **MAT)
    price = {"product": "bd8c4e15", "price_list": "retail", "price": 1_000_000, "currency": "RUB"}
    files.row("prices", **price)
    files.changed.clear()
    files.context.now_ms += 86_400_000
    files.row("prices", **price)
    files.row("prices", **price, unit="PCE")
    assert files.changed == []
    files.row("prices", **{**price, "price": 1_100_000})
    assert files.changed == ["prices"]
    assert files.context.select("SELECT price FROM prices") == [(1_100_000,)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": -1}, "must not be negative"),
        ({"price": None}, "is required"),
        ({"currency": "rubles"}, "three Latin letters"),
        ({"currency": "РУБ"}, "three Latin letters"),
        ({"currency": "USD"}, "is in RUB, this row says USD"),
        ({"unit": "BOX"}, "has no unit BOX"),
        ({"valid_from": "2025-02-01", "valid_to": "2025-01-31"}, "before it begins"),
        ({"product": "a|b"}, "must not contain"),
        ({"product": "x" * 81}, "at most 80"),
        ({"product": None}, "is required"),
    ],
)
def test_a_wrong_price_says_what_is_wrong(files: Any, change: dict[str, Any], words: str) -> None:
    files.row("products", **MAT)
    good = {"product": "bd8c4e15", "price_list": "retail", "price": 1, "currency": "RUB"}
    files.row("prices", **good)
    with pytest.raises(ImportRowError, match=words):
        files.row("prices", **{**good, **change})


def test_a_price_of_another_unit(files: Any) -> None:
    files.row("products", **MAT)
    box = {"product_id": files.ids["products", "bd8c4e15"], "uom_code": "BOX", "is_base": False}
    files.context.put("product_uoms", "box-id", box)
    good = {"product": "bd8c4e15", "price_list": "retail", "price": 1, "currency": "RUB"}
    files.row("prices", **good)
    files.row("prices", **{**good, "unit": "BOX", "price": 6})
    assert files.context.select("SELECT price FROM prices WHERE uom_id = 'box-id'") == [(6,)]
    assert files.context.select("SELECT count(*) FROM prices") == [(2,)]


def test_stock_makes_its_warehouse_and_is_stored_again_only_when_it_tells_something(
    files: Any,
) -> None:
    files.row("products", **MAT)
    balance = {"product": "bd8c4e15", "warehouse": "main", "on_hand": 376_000}
    files.row("stock_balances", **balance)
    first = files.context.now_ms
    assert files.record("warehouses", "main")["kind"] == "main"
    files.changed.clear()
    files.context.now_ms += 3_600_000
    files.row("stock_balances", **balance)
    assert files.changed == []
    files.row("stock_balances", **{**balance, "on_hand": -2_000})
    assert files.context.select("SELECT on_hand, as_of FROM stock_balances") == [
        (-2_000, first + 3_600_000)
    ]
    files.changed.clear()
    files.context.now_ms += 12 * 3_600_000
    files.row("stock_balances", **{**balance, "on_hand": -2_000})
    assert files.changed == ["stock_balances"]
    with pytest.raises(ImportRowError, match="negative"):
        files.row("stock_balances", **balance, reserved=-1)


def test_batches_are_balances_of_their_own(files: Any) -> None:
    files.row("products", **MAT)
    for batch in (None, "L1", "L2"):
        files.row("stock_balances", product="bd8c4e15", warehouse="w", on_hand=1_000, batch=batch)
    assert files.context.select("SELECT batch FROM stock_balances ORDER BY batch") == [
        (None,),
        ("L1",),
        ("L2",),
    ]


def test_customers_and_a_route(files: Any) -> None:
    files.context.put("users", "anna-id", {"login": "anna"})
    files.context.put("org_units", "north-id", {"code": "N"})
    files.row("price_lists", code="retail", name="Розница", currency="RUB")
    files.row("price_lists", code="vip", name="VIP", currency="RUB", parent="base", markup_bp=-500)
    files.row(
        "parties",
        code="P1",
        name="Ромашка",
        kind="ИП",
        price_list="retail",
        credit_limit_minor=5_000_000,
        address="Москва",
    )
    files.row(
        "outlets",
        code="O1",
        party="P1",
        name="Магазин",
        address="ул. Ленина, 1",
        lat=557_558_000,
        lon=376_173_000,
        warehouse="W1",
    )
    files.row("warehouses", code="W1", name="Главный", kind="main", org="N")
    files.row("routes", code="R1", name="Север", owner="anna", org="N", kind="presale")
    files.row("route_outlets", route="R1", outlet="O1", sort=1, weekdays="1,3,5")
    party = files.record("parties", "P1")
    assert (party["kind"], party["legal_name"]) == ("sole_trader", "Ромашка")
    assert party["addresses"] == [{"kind": "legal", "text": "Москва"}]
    outlet = files.record("outlets", "O1")
    assert outlet["geo"] == {"lat_e7": 557_558_000, "lon_e7": 376_173_000}
    assert files.record("warehouses", "W1")["name"] == "Главный"
    assert files.record("routes", "R1")["owner_user_id"] == "anna-id"
    assert files.record("route_outlets", "R1|O1")["weekdays"] == 0b10101
    assert files.record("price_lists", "vip")["parent_id"] == files.ids["price_lists", "base"]


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("routes", {"code": "R", "name": "R", "owner": "ghost"}, "fieldbox user add ghost"),
        ("routes", {"code": "R", "name": "R", "org": "X"}, "no org unit with the code 'X'"),
        ("routes", {"code": "R", "name": "R", "kind": "walk"}, "presale, van"),
        ("warehouses", {"code": "W", "name": "W", "kind": "shed"}, "main, branch"),
        ("parties", {"code": "P", "name": "P", "kind": "club"}, "write one of company"),
        ("parties", {"code": "P", "name": "P", "credit_limit_minor": -1}, "negative"),
        ("outlets", {"code": "O", "party": "P", "lat": 1}, "takes both"),
        ("outlets", {"code": "O", "party": "P", "lat": 910_000_000, "lon": 1}, "not on Earth"),
        ("outlets", {"code": "O"}, "is required"),
        ("route_outlets", {"route": "R", "outlet": "O", "week_cycle": 5}, "1 to 4"),
        ("route_outlets", {"route": "R", "outlet": "O", "weekdays": "пн"}, "Monday is 1"),
        ("products", {**MAT, "kind": "animal"}, "one of goods, service"),
        ("unicorns", {}, "does not import"),
    ],
)
def test_wrong_rows_say_what_to_do(
    files: Any, kind: str, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(ImportRowError, match=words):
        files.row(kind, **values)


def test_weekdays() -> None:
    assert weekday_bits("1 7") == 0b1000001
    assert weekday_bits("135") == 0b10101


def test_no_header_names_two_columns_of_a_file() -> None:
    for importer in plugin.importers():
        for family in (False, True):
            columns = [column for column in importer.columns if column.family is family]
            headers = [header.casefold() for column in columns for header in column.headers]
            assert len(headers) == len(set(headers)), importer.kind


def test_the_kinds_are_collections() -> None:
    names = {collection.name for collection in COLLECTIONS}
    assert {importer.kind for importer in plugin.importers()} - {"images"} <= names
