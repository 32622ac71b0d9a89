"""What files say of products beside their names."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.api import ImportRowError

TEA: dict[str, Any] = {"code": "T", "name": "Tea"}


def test_a_product_has_what_its_file_says(files: Any) -> None:
    files.row("products", code="KEG", name="Keg", kind="Тара")
    files.row(
        "products",
        **TEA,
        rrp=1_299_000,
        availability_note="from Monday",
        regulation="Пиво",
        shelf_life_days=90,
        batch_tracked=True,
        marked=False,
        deposit_product="KEG",
        sort=7,
    )
    assert files.record("products", "KEG")["kind"] == "returnable_packaging"
    tea = files.record("products", "T")
    assert (
        tea.items()
        >= {
            "rrp": 1_299_000,
            "availability_note": "from Monday",
            "regulation": "beer",
            "shelf_life_days": 90,
            "batch_tracked": True,
            "marked": False,
            "deposit_product_id": files.ids["products", "KEG"],
            "sort": 7,
        }.items()
    )
    files.row("products", **TEA, regulation=None, deposit_product=None, rrp=None)
    cleared = files.record("products", "T")
    assert not {"regulation", "deposit_product_id", "rrp"} & cleared.keys()
    assert cleared["sort"] == 7


def test_goods_and_licences_name_a_regulation_alike(files: Any) -> None:
    files.row("parties", code="P", name="P")
    for word in ("Алкоголь", "ALCOHOL", "perfume"):
        files.row("products", code=word, name="x", regulation=word)
        files.row("licences", party="P", regulation=word, number=word, valid_to="2026-12-31")
        (licence,) = files.context.select(
            "SELECT regulation FROM licences WHERE number = ?", (word,)
        )
        assert files.record("products", word)["regulation"] == licence[0]


def test_properties_are_joined_to_those_that_the_file_does_not_name(files: Any) -> None:
    files.row("products", **TEA, **{"property:Цвет": "red", "property:Размер": "L"})
    assert files.record("products", "T")["properties"] == {"Цвет": "red", "Размер": "L"}
    files.row("products", **TEA, **{"property:Цвет": None, "property:Сезон": "лето"})
    assert files.record("products", "T")["properties"] == {"Размер": "L", "Сезон": "лето"}
    files.changed.clear()
    files.row("products", **TEA)
    assert files.changed == []
    files.row("products", **TEA, **{"property:Размер": None, "property:Сезон": None})
    assert "properties" not in files.record("products", "T")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rrp": -1}, "must not be negative"),
        ({"deposit_product": "T"}, "cannot be their own packaging"),
        ({"property:x": "y" * 2_001}, "more than 2000 characters"),
        ({f"property:{n}": "y" for n in range(101)}, "at most 100 properties"),
    ],
)
def test_what_cannot_be_is_refused(files: Any, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ImportRowError, match=words):
        files.row("products", **TEA, **change)
