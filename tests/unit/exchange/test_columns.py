"""Headers of a file to columns of an importer."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
import pytest

from appliance.api.errors import ImportRowError, PluginError
from appliance.api.importing import ImportColumn, Importer
from appliance.exchange.header import match_columns, normal_header
from appliance.exchange.profile import PROFILES, ProfileColumn, ProfileConstant
from appliance.exchange.refusal import FileRefused, ProfileRefused

RU = PROFILES["ru-csv"]
PRICES = Importer(
    kind="prices",
    title="Prices",
    columns=(
        ImportColumn(name="product", headers=("Код", "Товар"), type="code", required=True),
        ImportColumn(name="price", headers=("Цена",), type="decimal", scale=4, required=True),
        ImportColumn(name="currency", headers=("Валюта",), type="code"),
        ImportColumn(name="accounted", headers=("Учётная",), type="bool"),
    ),
)


def test_headers_are_compared_without_case_space_and_yo() -> None:
    columns = match_columns([" КОД ", "ц е н а", "учетная"], PRICES, RU)
    assert columns.present == ("product", "price", "accounted")
    assert normal_header(unicodedata.normalize("NFD", "Учётный")) == normal_header("УЧЕТНЫЙ")


def test_a_row_has_the_keys_of_the_files_columns_and_none_for_an_empty_cell() -> None:
    columns = match_columns(["Цена", "Код", "Валюта"], PRICES, RU)
    assert columns.values(["1,5", " A1 ", " "]) == [
        {"price": 15_000, "product": "A1", "currency": None}
    ]


def test_a_columns_name_is_a_header_too() -> None:
    assert match_columns(["product", "PRICE"], PRICES, RU).present == ("product", "price")


def test_a_missing_column_is_named_with_its_headers_and_what_is_there() -> None:
    with pytest.raises(FileRefused) as refused:
        match_columns(["Код", "Стоимость"], PRICES, RU)
    assert 'price ("Цена")' in str(refused.value)
    assert '"Стоимость"' in str(refused.value)


def test_an_unknown_column_is_reported_with_the_nearest_that_is_free() -> None:
    columns = match_columns(["Код", "Цена", "Валютта", "Цвет\x1b", ""], PRICES, RU)
    assert [(u.header, u.position, u.nearest) for u in columns.unknown] == [
        ("Валютта", 3, "Валюта"),
        ("Цвет\\x1b", 4, None),
    ]


@pytest.mark.parametrize("second", ["КОД", "Товар", "product"])
def test_a_column_that_is_there_twice_is_refused(second: str) -> None:
    with pytest.raises(FileRefused, match=r"columns 1 .* and 3"):
        match_columns(["Код", "Цена", second], PRICES, RU)


def test_the_profile_may_say_what_a_header_is() -> None:
    profile = msgspec.structs.replace(
        RU,
        columns=(
            ProfileColumn(header="Коп.", column="price", digits=2),
            ProfileColumn(header="Номер", column="currency"),
            ProfileColumn(header="Номер", column="product", kind="prices"),
            ProfileColumn(header="Товар", column=None),
            ProfileColumn(header="Остаток", column="quantity"),
            ProfileColumn(header="Прочее", column="nothing", kind="stock"),
        ),
    )
    columns = match_columns(["Номер", "Коп.", "Товар"], PRICES, profile)
    assert columns.values(["A1", "12990", "left out"]) == [{"product": "A1", "price": 1_299_000}]
    assert columns.unknown == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ProfileColumn(header="Коп.", column="prise", kind="prices"), "They have: product, price"),
        (ProfileColumn(header="Коп.", column="price", digits=5), "digits = 5"),
        (ProfileColumn(header="Код", column="product", digits=1), "type code"),
    ],
)
def test_a_profile_that_does_not_fit_the_kind_is_refused(entry: ProfileColumn, said: str) -> None:
    profile = msgspec.structs.replace(RU, columns=(entry,))
    with pytest.raises(ProfileRefused, match=said):
        match_columns(["Код", "Цена"], PRICES, profile)


def test_a_declaration_that_contradicts_itself_is_the_plugins_fault() -> None:
    shared = (
        ImportColumn(name="a", headers=("Код",)),
        ImportColumn(name="b", headers=("код ",)),
    )
    with pytest.raises(PluginError, match="belongs to both 'a' and 'b'"):
        match_columns(["Код"], Importer(kind="k", title="", columns=shared), RU)
    twice = (ImportColumn(name="a", headers=("A",)), ImportColumn(name="a", headers=("B",)))
    with pytest.raises(PluginError, match="twice"):
        match_columns(["A"], Importer(kind="k", title="", columns=twice), RU)


def test_all_that_is_wrong_with_a_row_is_found() -> None:
    columns = match_columns(["Код", "Цена", "Учетная"], PRICES, RU)
    found = [(p.column, str(p)) for p in columns.problems(["", "4,60E+12", "может"])]
    assert [column for column, _ in found] == ["Код", "Цена", "Учетная"]
    assert "empty" in found[0][1]
    assert "shortened" in found[1][1]
    assert '"может"' in found[2][1]
    assert columns.problems(["A1", "1", ""]) == []


def test_a_ragged_row_is_refused_unless_nothing_is_lost() -> None:
    columns = match_columns(["Код", "Цена"], PRICES, RU)
    assert columns.values(["A1", "1", "", " "]) == [{"product": "A1", "price": 10_000}]
    with pytest.raises(ImportRowError, match="3 cells, the header 2"):
        columns.values(["A1", "1", "x"])
    with pytest.raises(ImportRowError, match="only 1 cells"):
        columns.values(["A1"])


def test_a_profile_may_take_missing_cells_as_empty() -> None:
    lenient = msgspec.structs.replace(RU, short_rows="empty")
    columns = match_columns(["Код", "Цена", "Валюта"], PRICES, lenient)
    assert columns.values(["A1", "1"])[0]["currency"] is None
    with pytest.raises(ImportRowError) as refused:
        columns.values(["A1"])
    assert refused.value.column == "Цена"


def of(headers: list[str], *entries: ProfileColumn, **constants: str) -> Any:
    said = tuple(ProfileConstant(column=name, value=text) for name, text in constants.items())
    profile = msgspec.structs.replace(RU, columns=entries, constants=said)
    return match_columns(headers, PRICES, profile)


def test_several_columns_of_a_line_make_several_rows() -> None:
    columns = of(
        ["Код", "Розница", "Опт", "Опт?"],
        ProfileColumn(header="Розница", column="price", set={"currency": "RUB"}),
        ProfileColumn(header="Опт", column="price", set={"currency": "KZT"}),
        ProfileColumn(header="Опт?", column="accounted", set={"currency": "KZT"}),
    )
    assert columns.present == ("product", "price", "accounted", "currency")
    assert columns.values(["A1", "1,5", "700", "да"]) == [
        {"product": "A1", "currency": "RUB", "price": 15_000},
        {"product": "A1", "currency": "KZT", "price": 7_000_000, "accounted": True},
    ]
    assert columns.values(["A1", "", "700", ""]) == [
        {"product": "A1", "currency": "KZT", "price": 7_000_000, "accounted": None}
    ]
    assert columns.values(["A1", " ", "", ""]) == []
    with pytest.raises(ImportRowError, match="the cell is empty"):
        columns.values(["A1", "1", "", "да"])
    problems = columns.problems(["", "1.5", "x", "может"])
    assert [(p.column, str(p)[:12]) for p in problems] == [
        ("Код", "the cell is "),
        ("Розница", '"1.5" has a '),
        ("Опт", '"x" is not a'),
        ("Опт?", '"может" is n'),
    ]


def test_a_required_column_may_be_set_for_each_or_for_all() -> None:
    entry = ProfileColumn(header="Розница", column="price", set={"product": "P"})
    assert of(["Розница"], entry).values(["2"]) == [{"product": "P", "price": 20_000}]
    assert of(["Цена"], product="P").values(["2"]) == [{"product": "P", "price": 20_000}]
    with pytest.raises(FileRefused, match="lacks what every row of prices needs: price"):
        of(["Код"], product="P")
    with pytest.raises(FileRefused, match=r"columns 1 .* and 2 .* are both 'price'"):
        of(["Розница", "розница"], entry)


def test_a_column_of_the_file_counts_for_more_than_a_constant() -> None:
    assert of(["Код", "Цена"], product="P", currency="RUB").values(["A1", "2"]) == [
        {"currency": "RUB", "product": "A1", "price": 20_000}
    ]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [("prise", "1", "They have: product"), ("price", "1.5", "column price: .* decimal point")],
)
def test_a_value_that_the_kind_cannot_have_is_the_profiles_fault(
    name: str, text: str, reason: str
) -> None:
    entry = ProfileColumn(header="Код", column="product", set={name: text})
    with pytest.raises(ProfileRefused, match=reason):
        of(["Код", "Цена"], entry)
    said = ProfileConstant(column=name, value=text, kind="prices")
    with pytest.raises(ProfileRefused, match=reason):
        match_columns(["Код", "Цена"], PRICES, msgspec.structs.replace(RU, constants=(said,)))
