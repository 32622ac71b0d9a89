"""Families of columns: as many as a file has, each a member with a name of its own."""

from __future__ import annotations

import pytest

from appliance.api.importing import ImportColumn, Importer, column_named
from appliance.exchange.header import match_columns
from appliance.exchange.profile import PROFILES, ProfileColumn, ProfileConstant
from appliance.exchange.refusal import FileRefused, ProfileRefused

CSV = PROFILES["csv"]
GOODS = Importer(
    kind="goods",
    title="Goods",
    columns=(
        ImportColumn(name="code", headers=("Код",), type="code", required=True),
        ImportColumn(name="property", headers=("Свойство", "property"), family=True),
    ),
)


def test_a_header_with_a_colon_is_a_member_with_its_name_as_it_stands() -> None:
    columns = match_columns(["Код", "СВОЙСТВО:  Цвет  ткани", "property:Size"], GOODS, CSV)
    assert columns.values(["1", "red", ""]) == [
        {"code": "1", "property:Цвет ткани": "red", "property:Size": None}
    ]


def test_the_family_alone_is_no_column() -> None:
    columns = match_columns(["Код", "Свойство", "Свойство:", "Другое: x"], GOODS, CSV)
    assert [one.header for one in columns.unknown] == ["Свойство", "Свойство:", "Другое: x"]


def test_a_member_twice_is_refused() -> None:
    with pytest.raises(FileRefused, match="both 'property:Цвет'"):
        match_columns(["Код", "Свойство: Цвет", "property:Цвет"], GOODS, CSV)


def test_a_profile_names_members_and_gives_them_values() -> None:
    profile = CSV.__class__(
        name="mine",
        columns=(ProfileColumn(header="Colour", column="property:Цвет"),),
        constants=(ProfileConstant(column="property:Сезон", value="лето"),),
    )
    columns = match_columns(["Код", "Colour"], GOODS, profile)
    assert columns.values(["1", "red"]) == [
        {"code": "1", "property:Цвет": "red", "property:Сезон": "лето"}
    ]
    wrong = CSV.__class__(
        name="mine", columns=(ProfileColumn(header="X", column="property", kind="goods"),)
    )
    with pytest.raises(ProfileRefused, match=r"They have: code, property:NAME\."):
        match_columns(["Код", "X"], GOODS, wrong)


def test_a_name_of_a_member_has_an_end() -> None:
    assert column_named(GOODS.columns, "property:" + "x" * 80) is not None
    assert column_named(GOODS.columns, "property:" + "x" * 81) is None
    assert column_named(GOODS.columns, "property") is None
    assert column_named(GOODS.columns, "code:x") is None
