"""Rows to files, and back."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api.errors import PluginError
from appliance.api.importing import ImportColumn, Importer
from appliance.api.reports import ReportColumn
from appliance.api.values import MAX_INTEGER
from appliance.exchange.cells import ERRORS
from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.refusal import ExportRefused
from appliance.exchange.rows import Row, read_rows
from appliance.exchange.table import Table
from appliance.exchange.write import Value, decimal_text, write_table

RU = PROFILES["ru-csv"]
TEXT = (ReportColumn(name="name", title="Имя"), ReportColumn(name="note", title="Note"))


def column(unit: Any) -> ReportColumn:
    return ReportColumn(name="x", title="X", unit=unit)


def written(unit: str, value: Value, profile: Profile = RU) -> str:
    data = b"".join(write_table((column(unit),), [(value,)], profile))
    return data.decode(profile.encoding).split("\r\n")[1]


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("text", "Коврик", "Коврик"),
        ("text", 5, "5"),
        ("text", None, ""),
        ("int", -1299000, "-1299000"),
        ("money", 1299000, "12990,00"),
        ("money", 5, "0,05"),
        ("money", -5, "-0,05"),
        ("money", 0, "0,00"),
        ("price", 1299000, "129,9"),
        ("price", 1000000, "100"),
        ("price", -1, "-0,0001"),
        ("price", 0, "0"),
        ("quantity", 1255, "1,255"),
        ("quantity", 3000, "3"),
        ("percent", 2000, "20"),
        ("percent", 1250, "12,5"),
        ("date", "2024-07-31", "2024-07-31"),
        ("timestamp", 1_722_427_199_999, "2024-07-31T11:59:59Z"),
    ],
)
def test_integers_become_text_by_their_unit(unit: str, value: Value, text: str) -> None:
    assert written(unit, value) == text


def test_the_header_is_the_titles_and_a_mark_where_the_profile_has_one() -> None:
    assert b"".join(write_table(TEXT, [], RU)) == "Имя;Note\r\n".encode("cp1251")
    assert b"".join(write_table(TEXT, [], PROFILES["csv"])) == "Имя,Note\r\n".encode()
    marked = b"".join(write_table(TEXT, [], PROFILES["ru-csv-utf8"]))
    assert marked == codecs.BOM_UTF8 + "Имя;Note\r\n".encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a;b", '"a;b"'),
        ('ООО "Ромашка"', '"ООО ""Ромашка"""'),
        (" a", '" a"'),
        ("=1+1", "'=1+1"),
        ("+7 916; ext", '"\'+7 916; ext"'),
        ("-", "-"),
    ],
)
def test_text_is_quoted_and_guarded_where_it_must_be(value: str, text: str) -> None:
    assert written("text", value) == text


def test_a_program_may_have_its_text_unguarded() -> None:
    bare = msgspec.structs.replace(RU, guard_formulas=False)
    assert written("text", "=1+1", bare) == "=1+1"


def test_a_number_below_zero_is_not_taken_for_a_formula() -> None:
    assert written("money", -100) == "-1,00"


def test_a_letter_that_the_encoding_lacks_ends_the_export() -> None:
    with pytest.raises(ExportRefused) as refused:
        list(write_table(TEXT, [("a", "b"), ("a", "Әлия")], RU))
    assert (refused.value.row, refused.value.column) == (2, "Note")
    assert '"Ә"' in str(refused.value)
    assert "utf-8" in str(refused.value)


def test_a_title_that_the_encoding_lacks_is_told_as_the_header() -> None:
    with pytest.raises(ExportRefused, match="the header"):
        list(write_table((ReportColumn(name="x", title="Атауы: Ә"),), [], RU))


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_what_no_file_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ExportRefused):
        list(write_table(TEXT, [(text, "")], PROFILES["csv"]))


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("money", "12"),
        ("money", 1.5),
        ("text", 1.5),
        ("text", b"x"),
        ("int", ""),
        ("timestamp", MAX_INTEGER),
        ("timestamp", 10**30),
    ],
)
def test_a_value_of_another_unit_is_the_plugins_fault(unit: str, value: Any) -> None:
    with pytest.raises(PluginError, match="row 1 of the export, column 'x'"):
        list(write_table((column(unit),), [(value,)], RU))


def test_a_wrong_declaration_is_the_plugins_fault() -> None:
    with pytest.raises(PluginError, match="no unit 'euro'"):
        list(write_table((column("euro"),), [], RU))
    with pytest.raises(PluginError, match="has 1 values for 2 columns"):
        list(write_table(TEXT, [("a",)], RU))


def test_rows_are_taken_as_they_are_written() -> None:
    taken = 0

    def endless() -> Iterator[tuple[str, str]]:
        nonlocal taken
        while True:
            taken += 1
            yield "a", "b"

    assert next(iter(write_table(TEXT, endless(), RU)))
    assert taken < 2000


# What windows-1251 can write; a NUL is refused, and a row of blanks is passed over by readers.
_CELLS = st.text(
    alphabet=st.one_of(st.sampled_from("\"';,=+-@\r\n\t яЖ"), st.characters(codec="cp1251")),
    max_size=8,
).filter(lambda text: "\0" not in text)


@given(
    st.lists(st.tuples(_CELLS, _CELLS).filter(lambda row: any(c.strip() for c in row))),
    st.sampled_from([*PROFILES.values(), Profile(name="tabs", delimiter="\t", quote="'")]),
)
def test_cells_survive_writing_and_reading(rows: list[tuple[str, str]], profile: Profile) -> None:
    bare = msgspec.structs.replace(profile, guard_formulas=False)
    read = [tuple(cells) for _, cells in Table(write_table(TEXT, rows, bare), bare)]
    assert read == [("Имя", "Note"), *rows]


_PRINTED = st.text(
    alphabet=st.characters(codec="cp1251", exclude_categories=["C"]), max_size=8
).filter(lambda text: text.strip() not in ERRORS)


@given(
    st.lists(
        st.tuples(
            st.text(alphabet="'=+-@＝aё", min_size=1, max_size=5) | _PRINTED,
            st.integers(-MAX_INTEGER, MAX_INTEGER),
            st.integers(-MAX_INTEGER, MAX_INTEGER),
            st.integers(-MAX_INTEGER, MAX_INTEGER),
        )
    ),
    st.sampled_from(list(PROFILES.values())),
)
def test_an_export_imports_as_it_was(
    rows: list[tuple[str, int, int, int]], profile: Profile
) -> None:
    if profile.encoding != "utf-8":
        rows = [(name.replace("＝", "="), *rest) for name, *rest in rows]  # type: ignore[misc]
    out = (
        ReportColumn(name="n", title="Наименование"),
        ReportColumn(name="m", title="Сумма", unit="money"),
        ReportColumn(name="p", title="Цена", unit="price"),
        ReportColumn(name="q", title="Остаток", unit="quantity"),
    )
    into = Importer(
        kind="back",
        title="",
        columns=(
            ImportColumn(name="n", headers=("Наименование",)),
            ImportColumn(name="m", headers=("Сумма",), type="decimal", scale=2),
            ImportColumn(name="p", headers=("Цена",), type="decimal", scale=4),
            ImportColumn(name="q", headers=("Остаток",), type="decimal", scale=3),
        ),
    )
    read = list(read_rows(write_table(out, rows, profile), profile, into))
    assert [item.values for item in read if isinstance(item, Row)] == [
        {"n": name.strip() or None, "m": money, "p": price, "q": quantity}
        for name, money, price, quantity in rows
    ]
    assert len(read) == len(rows)


@given(st.integers(), st.integers(1, 9), st.booleans())
def test_decimal_text_says_what_the_integer_counts(value: int, digits: int, trim: bool) -> None:
    whole, _, fraction = decimal_text(value, digits, ".", trim=trim).partition(".")
    assert int(whole + fraction.ljust(digits, "0")) == value


def test_utf_16_begins_with_one_mark_and_is_read_back() -> None:
    profile = Profile(name="wide", encoding="utf-16", delimiter="\t")
    data = b"".join(write_table(TEXT, [("Әже", "x")] * 600, profile))
    assert data.startswith(codecs.BOM_UTF16_LE)
    assert data.count(codecs.BOM_UTF16_LE) == 1
    assert [cells for _, cells in Table([data], profile)][-1] == ["Әже", "x"]
