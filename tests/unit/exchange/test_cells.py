"""Text of cells to values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api.errors import ImportRowError, PluginError
from appliance.api.importing import COLUMN_TYPES, ColumnType, ImportColumn
from appliance.api.values import MAX_INTEGER
from appliance.exchange.cells import FALSE_WORDS, MAX_CODE, MAX_TEXT, TRUE_WORDS, converter
from appliance.exchange.profile import PROFILES, Profile

RU = PROFILES["ru-csv"]
CSV = PROFILES["csv"]


def read(
    cell: str, kind: ColumnType, profile: Profile = RU, scale: int = 0, digits: int = 0
) -> Any:
    column = ImportColumn(name="x", headers=("X",), type=kind, scale=scale)
    return converter(column, profile, "X", digits)(cell)


def reason(cell: str, kind: ColumnType, profile: Profile = RU, scale: int = 0) -> str:
    with pytest.raises(ImportRowError) as refused:
        read(cell, kind, profile, scale)
    assert refused.value.column == "X"
    return str(refused.value)


@pytest.mark.parametrize(
    ("cell", "scale", "value"),
    [
        ("100", 4, 1_000_000),
        ("129,90", 4, 1_299_000),
        ("0,1", 4, 1_000),
        (",5", 2, 50),
        ("-0,01", 2, -1),
        ("+5", 0, 5),
        ("007", 0, 7),
        ("1 234 567,89", 2, 123_456_789),
        ("1\u00a0234,5", 2, 123_450),
        ("12\u202f345", 2, 1_234_500),
        ("231,7400", 2, 23_174),
        ("5,000", 0, 5),
        ("90071992547409,91", 2, MAX_INTEGER),
        ("-9007199254740991", 0, -MAX_INTEGER),
    ],
)
def test_a_decimal_becomes_an_integer(cell: str, scale: int, value: int) -> None:
    assert read(cell, "decimal", scale=scale) == value


@pytest.mark.parametrize(
    ("cell", "profile", "scale", "said"),
    [
        ("12.50", RU, 2, "has a decimal point; profile ru-csv reads a decimal comma"),
        ("12,50", CSV, 2, "has a decimal comma; profile csv reads a decimal point"),
        ("1.234", RU, 4, "has a decimal point"),
        ("1,234", CSV, 0, "has a decimal comma"),
        ("1,234,567.5", CSV, 2, "separates thousands"),
        ("1.234.567,5", RU, 2, "separates thousands"),
        ("129,905", RU, 2, "more than 2 decimal digits"),
        ("4,60E+12", RU, 2, "shortened"),
        ("4.6e-7", RU, 2, "shortened"),
        ("12 34", RU, 0, "not a number"),
        ("1234 567", RU, 0, "not a number"),
        ("1 234\u00a0567", RU, 0, "separates thousands"),
        ("100 руб.", RU, 2, "not a number"),
        ("5,", RU, 2, "not a number"),
        (",", RU, 2, "not a number"),
        ("-", RU, 2, "not a number"),
        ("(5)", RU, 2, "not a number"),
        ("٣", RU, 0, "not a number"),
        ("²", RU, 0, "not a number"),
        ("NaN", RU, 0, "not a number"),
        ("0x10", RU, 0, "not a number"),
        ("1_000", RU, 0, "not a number"),
        ("9007199254740992", RU, 0, "too large"),
        ("999999999999999", RU, 4, "too large"),
        ("9" * 5000, RU, 0, "not a number"),
    ],
)
def test_a_spoiled_number_is_explained(cell: str, profile: Profile, scale: int, said: str) -> None:
    assert said in reason(cell, "decimal", profile, scale)


def test_an_int_is_whole() -> None:
    assert read("1 250", "int") == 1250
    assert "not a whole number" in reason("12,5", "int")


def test_without_thousands_a_space_is_an_error() -> None:
    strict = Profile(name="strict", thousands="")
    assert read("1250.5", "decimal", strict, scale=1) == 12_505
    assert "separates thousands" in reason("1 250.5", "decimal", strict, 1)


def test_digits_without_a_separator_are_the_profiles_to_know() -> None:
    assert read("12990", "decimal", scale=4, digits=2) == 1_299_000
    assert read("12990,5", "decimal", scale=4, digits=2) == 1_299_050


@given(
    st.integers(-MAX_INTEGER, MAX_INTEGER),
    st.integers(0, 9),
    st.sampled_from(["ru-csv", "csv"]),
    st.booleans(),
)
def test_every_decimal_reads_back_exactly(value: int, scale: int, name: str, group: bool) -> None:
    profile = PROFILES[name]
    text = f"{Decimal(value).scaleb(-scale):{',' if group else ''}f}"
    text = text.replace(",", "\u00a0").replace(".", profile.decimal)
    assert read(text, "decimal", profile, scale) == value


@given(st.text(alphabet="0123456789 ,.+-eE\u00a0", min_size=1, max_size=25), st.integers(0, 4))
def test_a_number_is_never_read_as_another(cell: str, scale: int) -> None:
    try:
        value = read(cell, "decimal", scale=scale)
    except ImportRowError:
        return
    exact = Decimal(cell.replace(" ", "").replace("\u00a0", "").replace(",", "."))
    assert exact.scaleb(scale) == value


def test_every_word_of_yes_and_no() -> None:
    documented = {word.strip() for word in COLUMN_TYPES["bool"].split(",")}
    assert documented == TRUE_WORDS | FALSE_WORDS
    for word in TRUE_WORDS:
        assert read(word.upper(), "bool") is True
    for word in FALSE_WORDS:
        assert read(word.upper(), "bool") is False
    assert "neither yes nor no" in reason("maybe", "bool")


@pytest.mark.parametrize(
    ("cell", "order", "value"),
    [
        ("2024-07-31", "dmy", "2024-07-31"),
        ("31.07.2024", "dmy", "2024-07-31"),
        ("31.07.2024", "mdy", "2024-07-31"),
        ("01/02/2024", "dmy", "2024-02-01"),
        ("01/02/2024", "mdy", "2024-01-02"),
        ("31.12.9999", "dmy", "9999-12-31"),
    ],
)
def test_dates(cell: str, order: Literal["dmy", "mdy"], value: str) -> None:
    assert read(cell, "date", msgspec.structs.replace(RU, date_order=order)) == value


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("30.02.2024", "not in the calendar"),
        ("07/31/2024", "day 07, month 31"),
        ("31.07.2024 0:00:00", "time of day"),
        ("1.7.2024", "not a date"),
        ("31.07.24", "not a date"),
        ("45504", "not a date"),
        ("01.01.0001", "before 1900"),
        ("0000-00-00", "not in the calendar"),
    ],
)
def test_a_wrong_date_is_explained(cell: str, said: str) -> None:
    assert said in reason(cell, "date")


def test_a_code_is_never_a_number() -> None:
    for code in ("007", "8809288404089", "1E5", "12,5", "да"):
        assert read(code, "code") == code


@pytest.mark.parametrize("cell", ["4,60712E+12", "4.6E+12", "5E+12"])
def test_a_barcode_that_a_spreadsheet_shortened_is_refused(cell: str) -> None:
    assert "last digits are lost" in reason(cell, "code")
    assert "last digits are lost" in reason(f"4607120000017, {cell}", "code")


def test_several_codes_in_a_cell_are_codes_each() -> None:
    column = ImportColumn(name="x", headers=("X",), type="code", several=True)
    several = converter(column, RU, "X")
    assert several("4607120000017;  4607120000024 /46\n0017,") == (
        "4607120000017 4607120000024 46 0017"
    )
    many = " ".join(["4607120000017"] * 100)
    assert several(many) == many
    for wrong in (
        "1 4,6E+12",
        "1,4,6E+12",
        "4,60712E+12;1",
        "1;" + "x" * (MAX_CODE + 1),
        "AB\u200b12",
        "1 " * 2_000,
    ):
        with pytest.raises(ImportRowError):
            several(wrong)


@pytest.mark.parametrize("kind", list(COLUMN_TYPES))
@pytest.mark.parametrize("cell", ["#N/A", "#ЗНАЧ!", "#NO RESULT!"])
def test_an_error_of_a_spreadsheet_is_no_value(cell: str, kind: ColumnType) -> None:
    assert "formula" in reason(cell, kind)


def test_a_code_has_no_invisible_characters() -> None:
    assert read("AB\u00a012", "code") == "AB\u00a012"
    assert "U+200B" in reason("AB\u200b12", "code")
    assert "U+000A" in reason("AB\n12", "code")
    assert "at most 200" in reason("x" * (MAX_CODE + 1), "code")


def test_text_keeps_its_lines_and_refuses_control_characters() -> None:
    assert read("две\r\nстроки\t\u00a0\u200b", "text") == "две\r\nстроки\t\u00a0\u200b"
    assert len(read("я" * MAX_TEXT, "text")) == MAX_TEXT
    assert "32767" in reason("я" * (MAX_TEXT + 1), "text")
    said = reason("red \x1b[31m", "text")
    assert "U+001B" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("kind", ["text", "code"])
def test_the_guard_of_formulas_is_taken_away(kind: ColumnType) -> None:
    assert read("'=1+1", kind) == "=1+1"
    assert read("'a'", kind) == "'a'"
    bare = msgspec.structs.replace(RU, guard_formulas=False)
    assert read("'=1+1", kind, bare) == "'=1+1"


@given(st.text(min_size=1).filter(str.strip), st.sampled_from(sorted(COLUMN_TYPES)))
def test_any_cell_is_read_or_explained(cell: str, kind: ColumnType) -> None:
    try:
        value = read(cell.strip(), kind, scale=2 if kind == "decimal" else 0)
    except ImportRowError as refused:
        assert str(refused).isprintable()
    else:
        assert value is not None
        assert value != ""


def test_a_wrong_declaration_is_the_plugins_fault() -> None:
    with pytest.raises(PluginError, match="scale"):
        read("1", "decimal", scale=10)
    with pytest.raises(PluginError, match="no type"):
        read("1", "float")  # type: ignore[arg-type]
