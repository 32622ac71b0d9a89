"""Files of units: packs beside the base unit, several barcodes in a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from appliance.api import ImportNote, ImportRowError
from appliance.testing.fake_context import FakeContext
from appliance_master_data.gtin import check_digit
from appliance_master_data.plugin import plugin

TEA = {"code": "T", "name": "Tea", "barcode": "8809288404089"}
BOX = {"product": "T", "unit": "BOX", "factor": 24_000_000}


@pytest.fixture
def shop(files: Any) -> Any:
    """A product with its base unit."""
    files.row("products", **TEA)
    return files


def test_a_box_of_a_product(shop: Any) -> None:
    shop.row(
        "product_uoms",
        **BOX,
        name="кор",
        barcode="18809288404086",
        is_order_unit=True,
        net_g=2_400,
        volume_cm3=12_500,
        order_multiple=2_000,
        min_order=4_000,
    )
    assert shop.record("product_uoms", "T|BOX") == {
        "product_id": shop.ids["products", "T"],
        "uom_code": "BOX",
        "name": "кор",
        "factor_num": 24,
        "factor_den": 1,
        "is_base": False,
        "gtin": "18809288404086",
        "is_order_unit": True,
        "net_g": 2_400,
        "volume_cm3": 12_500,
        "order_multiple": 2_000,
        "min_order": 4_000,
    }


@pytest.mark.parametrize(
    ("factor", "divisor", "expected"),
    [
        (24_000_000, None, (24, 1)),
        (500_000, None, (1, 2)),
        (1_000_000, 3, (1, 3)),
        (1, None, (1, 1_000_000)),
        (250_000, 2, (1, 8)),
    ],
)
def test_a_factor_is_a_fraction_in_lowest_terms(
    shop: Any, factor: int, divisor: int | None, expected: tuple[int, int]
) -> None:
    shop.row("product_uoms", **{**BOX, "factor": factor}, divisor=divisor)
    row = shop.record("product_uoms", "T|BOX")
    assert (row["factor_num"], row["factor_den"]) == expected


def test_the_base_unit_in_a_file_of_units_is_the_one_of_the_product(shop: Any) -> None:
    before = shop.record("product_uoms", "T")
    shop.row("product_uoms", product="T", unit="PCE", net_g=100)
    assert shop.record("product_uoms", "T") == {**before, "net_g": 100}
    assert shop.context.select("SELECT count(*) FROM product_uoms") == [(1,)]
    with pytest.raises(ImportRowError, match="its factor is 1"):
        shop.row("product_uoms", product="T", unit="PCE", factor=2_000_000)


def test_a_file_without_factors_changes_units_that_are_there(shop: Any) -> None:
    with pytest.raises(ImportRowError, match="how many base units"):
        shop.row("product_uoms", product="T", unit="BOX", net_g=2_400)
    shop.row("product_uoms", **BOX)
    shop.row("product_uoms", product="T", unit="BOX", net_g=2_400)
    row = shop.record("product_uoms", "T|BOX")
    assert (row["factor_num"], row["net_g"]) == (24, 2_400)


def test_the_same_file_again_changes_nothing(shop: Any) -> None:
    row = {**BOX, "barcode": "18809288404086, 8809288404072", "order_multiple": 1_000}
    shop.row("product_uoms", **row)
    shop.changed.clear()
    shop.row("product_uoms", **row)
    assert shop.changed == []


@pytest.mark.parametrize("between", [" ", ",", ", ", ";", " / ", "|", "\n"])
def test_several_barcodes_in_a_cell(files: Any, between: str) -> None:
    codes = ["8809288404089", "96385074", "036000291452"]
    files.row("products", **{**TEA, "barcode": between.join([*codes, codes[0]])})
    unit = files.record("product_uoms", "T")
    assert [unit["gtin"], *unit["more_gtins"]] == codes
    files.row("products", **{**TEA, "barcode": codes[1]})
    assert "more_gtins" not in files.record("product_uoms", "T")


def test_a_barcode_belongs_to_one_unit_of_the_products_on_sale(
    shop: Any, make_context: Callable[..., FakeContext]
) -> None:
    other = {**TEA, "code": "J", "name": "Jam"}
    note, *_ = plugin.import_row("products", other, shop.context)
    assert isinstance(note, ImportNote)
    assert "is that of the product T, unit PCE" in note.text
    shop.row("products", **other)
    assert "gtin" not in shop.record("product_uoms", "J")
    # Nor may a box have the barcode of its own piece.
    shop.row("product_uoms", **BOX, barcode=TEA["barcode"])
    assert "gtin" not in shop.record("product_uoms", "T|BOX")
    # Out of sale, a product gives its barcode free.
    shop.row("products", code="T", name="Tea", active=False)
    shop.row("products", **other)
    assert shop.record("product_uoms", "J")["gtin"] == TEA["barcode"]


def test_what_is_wrong_with_a_barcode_may_refuse_the_row(
    make_context: Callable[..., FakeContext],
) -> None:
    context = make_context(
        {
            "products": {"t": {"code": "T", "base_uom": "PCE", "active": True}},
            "product_uoms": {"u": {"product_id": "t", "uom_code": "PCE", "gtin": TEA["barcode"]}},
        },
        wrong_barcodes="refuse",
    )
    for barcode, words in ((TEA["barcode"], "is that of the product T"), ("123", "has 3 digits")):
        with pytest.raises(ImportRowError, match=words) as caught:
            plugin.import_row("products", {"code": "J", "name": "J", "barcode": barcode}, context)
        assert caught.value.column == "Штрихкод"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"product": "X"}, "import the products first"),
        ({"factor": 0}, "above 0"),
        ({"factor": -1}, "must not be negative"),
        ({"divisor": 0}, "above 0"),
        ({"net_g": -1}, "must not be negative"),
        ({"order_multiple": -1}, "must not be negative"),
        ({"unit": None}, "is required"),
        ({"barcode": " ".join(f"{n:07}{check_digit(f'{n:07}')}" for n in range(21))}, "at most 20"),
    ],
)
def test_wrong_rows_say_what_is_wrong(shop: Any, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ImportRowError, match=words):
        shop.row("product_uoms", **{**BOX, **change})
