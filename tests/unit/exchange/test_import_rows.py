"""Whole files to typed rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api.importing import ColumnType, ImportColumn, Importer
from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.rows import Row, RowProblem, read_rows

RU = PROFILES["ru-csv"]
PRICES = Importer(
    kind="prices",
    title="Prices",
    columns=(
        ImportColumn(name="product", headers=("Код",), type="code", required=True),
        ImportColumn(name="price_list", headers=("Тип цены",), type="code", required=True),
        ImportColumn(name="price", headers=("Цена",), type="decimal", scale=4, required=True),
        ImportColumn(name="currency", headers=("Валюта",), type="code"),
    ),
)
REAL = Path(__file__).parents[3].parent / "shared/data/real-catalogue"


def test_good_rows_and_problems_come_in_the_order_of_the_file() -> None:
    data = "Код;Тип цены;Цена\r\nA1;опт;1 250,50\r\n;опт;много\r\n\r\nA2;опт;7\r\nA3;опт\r\n"
    found = list(read_rows(io.BytesIO(data.encode("cp1251")), RU, PRICES))
    assert found == [
        Row(number=2, values={"product": "A1", "price_list": "опт", "price": 12_505_000}),
        RowProblem(number=3, column="Код", text="the cell is empty, and no row may lack it"),
        RowProblem(number=3, column="Цена", text='"много" is not a number'),
        Row(number=5, values={"product": "A2", "price_list": "опт", "price": 70_000}),
        found[4],
    ]
    last = found[4]
    assert isinstance(last, RowProblem)
    assert (last.number, last.column) == (6, None)
    assert found[2].line() == 'line 3, column Цена: "много" is not a number'  # type: ignore[union-attr]
    assert last.line().startswith("line 6: the row has only 2 cells")


def test_the_header_is_read_at_once() -> None:
    def chunks() -> Iterator[bytes]:
        yield "Код;Тип цены;Цена;Склад\r\n".encode("cp1251")
        raise AssertionError("no more than the header was asked for")

    reader = read_rows(chunks(), RU, PRICES)
    assert [column.header for column in reader.unknown] == ["Склад"]


def test_the_wrong_delimiter_is_named_with_the_profile_to_try() -> None:
    data = "Код;Тип цены;Цена\r\nA1;опт;1,5\r\n".encode()
    with pytest.raises(FileRefused) as refused:
        read_rows(io.BytesIO(data), PROFILES["csv"], PRICES)
    assert refused.value.line == 1
    assert "semicolons" in str(refused.value)
    assert "--profile ru-csv-utf8" in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"\r\n;;\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(FileRefused, match="empty"):
        read_rows(io.BytesIO(data), PROFILES["ru-csv-utf8"], PRICES)


def test_a_header_alone_is_a_file_without_rows() -> None:
    assert list(read_rows([b"product;price_list;price"], RU, PRICES)) == []


@given(st.binary(max_size=300), st.booleans(), st.sampled_from(list(PROFILES.values())))
def test_any_bytes_are_rows_problems_or_a_refusal(
    data: bytes, with_header: bool, profile: Profile
) -> None:
    if with_header:
        data = profile.delimiter.join(["product", "price_list", "price"]).encode() + b"\n" + data
    try:
        for item in read_rows([data], profile, PRICES):
            assert item.number >= 1
            assert isinstance(item, Row) or item.text.isprintable()
    except FileRefused as refused:
        assert str(refused).isprintable()


def _columns(*declared: tuple[str, ColumnType, int]) -> tuple[ImportColumn, ...]:
    return tuple(
        ImportColumn(name=header, headers=(header,), type=kind, scale=scale)
        for header, kind, scale in declared
    )


@pytest.mark.skipif(not REAL.is_dir(), reason="the real catalogue is not beside this checkout")
@pytest.mark.parametrize(
    ("name", "columns", "count"),
    [
        (
            "groups.csv",
            _columns(("Код", "code", 0), ("Родитель", "code", 0), ("Наименование", "text", 0)),
            13,
        ),
        (
            "products.csv",
            _columns(
                ("Код", "code", 0),
                ("Артикул", "code", 0),
                ("Наименование", "text", 0),
                ("Группа", "code", 0),
                ("Штрихкод", "code", 0),
                ("Ед.", "code", 0),
                ("Ставка НДС", "decimal", 2),
                ("Изготовитель", "text", 0),
            ),
            283,
        ),
        (
            "prices.csv",
            _columns(
                ("Код", "code", 0),
                ("Тип цены", "code", 0),
                ("Цена", "decimal", 4),
                ("Валюта", "code", 0),
            ),
            44,
        ),
        (
            "stock.csv",
            _columns(("Код", "code", 0), ("Склад", "code", 0), ("Остаток", "decimal", 3)),
            132,
        ),
    ],
)
def test_the_real_catalogue_is_read_whole(
    name: str, columns: tuple[ImportColumn, ...], count: int
) -> None:
    importer = Importer(kind="real", title="", columns=columns)
    with (REAL / name).open("rb") as stream:
        reader = read_rows(stream, RU, importer)
        items = list(reader)
    assert reader.unknown == ()
    assert [item for item in items if isinstance(item, RowProblem)] == []
    assert [item.number for item in items] == list(range(2, count + 2))
