"""Whole files to typed rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from appliance.api.importing import ColumnType, ImportColumn, Importer
from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.rows import Row, RowProblem, read_rows

RU = PROFILES["ru-csv"]
TEXTS = [profile for profile in PROFILES.values() if profile.format == "text"]
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


TITLED = "Прайс-лист;;\r\nна 1 августа\r\n;;\r\nКод;Тип цены;Цена\r\nA1;опт;1,5\r\n"


def test_a_header_below_titles_is_found_by_its_names() -> None:
    found = structs.replace(RU, title_lines="found")
    assert list(read_rows(io.BytesIO(TITLED.encode("cp1251")), found, PRICES)) == [
        Row(number=5, values={"product": "A1", "price_list": "опт", "price": 15_000})
    ]
    counted = structs.replace(RU, title_lines=3)
    assert len(list(read_rows(io.BytesIO(TITLED.encode("cp1251")), counted, PRICES))) == 1
    with pytest.raises(FileRefused, match="lacks"):
        read_rows(io.BytesIO(TITLED.encode("cp1251")), RU, PRICES)
    headless = TITLED.replace("Цена", "Сумма").encode("cp1251")
    with pytest.raises(FileRefused, match=r'line 4: the header lacks .* price .*"Сумма"'):
        read_rows(io.BytesIO(headless), found, PRICES)
    deep = "\r\n".join(["x;y;z"] * 101) + "\r\nКод;Тип цены;Цена\r\n"
    with pytest.raises(FileRefused, match="lacks"):
        read_rows(io.BytesIO(deep.encode("cp1251")), found, PRICES)


def test_a_workbook_is_known_by_its_content_and_its_rows_may_end_early() -> None:
    book = openpyxl.Workbook()
    for row in (["Прайс"], [], ["Код", "Тип цены", "Цена", "Валюта"], ["A1", "опт", 1250.5]):
        book.active.append(row)
    book.active.append(["A2", "опт", "1 250,50", None])
    book.active.append(["=A1", "опт", 7])
    stream = io.BytesIO()
    book.save(stream)
    for name in ("xlsx", "ru-csv"):
        profile = structs.replace(PROFILES[name], title_lines="found")
        items = list(read_rows(stream, profile, PRICES))
        assert items[:2] == [
            Row(
                number=number,
                values={
                    "product": code,
                    "price_list": "опт",
                    "price": 12_505_000,
                    "currency": None,
                },
            )
            for number, code in ((4, "A1"), (5, "A2"))
        ]
        assert isinstance(items[2], RowProblem)
        assert "whose result is not in the file" in items[2].text
    with pytest.raises(FileRefused, match="the file is no workbook"):
        read_rows(io.BytesIO(TITLED.encode("cp1251")), PROFILES["xlsx"], PRICES)


@pytest.mark.parametrize("data", [b"", b"\r\n;;\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(FileRefused, match="empty"):
        read_rows(io.BytesIO(data), PROFILES["ru-csv-utf8"], PRICES)


def test_a_header_alone_is_a_file_without_rows() -> None:
    assert list(read_rows([b"product;price_list;price"], RU, PRICES)) == []


@given(st.binary(max_size=300), st.booleans(), st.sampled_from(TEXTS))
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
