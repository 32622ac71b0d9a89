"""How a file is written, told from the file, and refused where it cannot be told."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.api.importing import ImportColumn, Importer
from appliance.exchange.detection import HEAD_BYTES, Told, detect, told_as
from appliance.exchange.profile import ENCODINGS, UNKNOWN_DECIMAL, Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.rows import Row, RowProblem, read_rows

BASE = Profile(name="detected")
PRICES = Importer(
    kind="prices",
    title="",
    columns=(
        ImportColumn(name="product", headers=("Код",), type="code", required=True),
        ImportColumn(name="name", headers=("Наименование",)),
        ImportColumn(name="price", headers=("Цена",), type="decimal", scale=4, required=True),
        ImportColumn(name="since", headers=("С",), type="date"),
    ),
)
RUSSIAN = (
    "Прайс-лист;;\r\nКод;Наименование;Цена\r\n15;Коврик складной, детский;1 250,50\r\n"
    "16;Манеж;90,00\r\n17;СОК ЯБЛОЧНЫЙ;5\r\n"
)


def found(data: bytes, told: Told = Told()) -> Profile:  # noqa: B008 - frozen
    return detect(io.BytesIO(data), PRICES, told, BASE)


def refusal(data: bytes, told: Told = Told()) -> str:  # noqa: B008 - frozen
    with pytest.raises(FileRefused) as refused:
        found(data, told)
    assert str(refused.value).isprintable()
    return str(refused.value)


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1251", "windows-1251"),
        ("cp866", "cp866"),
        ("koi8-r", "koi8-r"),
    ],
)
def test_an_encoding_is_told_and_the_file_read_with_it(codec: str, encoding: str) -> None:
    data = RUSSIAN.encode(codec)
    profile = found(data)
    assert told_as(profile) == f"{encoding}, ';', decimal comma"
    rows = [row for row in read_rows(io.BytesIO(data), profile, PRICES) if isinstance(row, Row)]
    assert [(row.number, row.values["name"], row.values["price"]) for row in rows] == [
        (3, "Коврик складной, детский", 12_505_000),
        (4, "Манеж", 900_000),
        (5, "СОК ЯБЛОЧНЫЙ", 50_000),
    ]


@pytest.mark.parametrize("letters", [str.lower, str.upper, str.title, str])
@pytest.mark.parametrize("codec", ["cp1251", "cp866", "koi8-r", "utf-8", "utf-16"])
def test_capitals_make_no_difference(codec: str, letters: type[str]) -> None:
    data = letters("Код;Наименование;Цена\n1;Молоко пастеризованное;5\n2;Хлеб;6\n").encode(codec)
    assert found(data).encoding == {"cp1251": "windows-1251"}.get(codec, codec)


def test_western_letters() -> None:
    text = "product,name,price\n1,Müller Käse,1.5\n2,Crème brûlée,2\n3,Señor Peña «à la carte»,3\n"
    assert told_as(found(text.encode("cp1252"))) == "windows-1252, ',', decimal point"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("1;Żółty ser;5\n2;Kiełbasa śląska;6\n", "cp1250"),
        ("1;Příliš žluťoučký kůň;5\n", "cp1250"),
        ("1;Beyaz peynir ışık;5\n2;Şeker yağ;6\n", "cp1254"),
        ("1;Сүт Қазақстан әлемі;5\n", "kz1048"),
        ("1;¤¦¬¶;5\n", "cp1251"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_not_guessed(text: str, codec: str) -> None:
    data = f"product;name;price\n{text}".encode(codec)
    assert "--encoding" in refusal(data)
    name = {"cp1250": "windows-1250", "cp1254": "windows-1254", "cp1251": "windows-1251"}.get(codec)
    assert found(data, Told(encoding=name or codec)).encoding == (name or codec)


def test_letters_far_from_the_beginning_count() -> None:
    start = "product;name;price\n" + "1;x;5\n" * (HEAD_BYTES // 6 + 1)
    data = (start + "2;Молоко пастеризованное;6\n").encode("cp1251")
    assert found(data).encoding == "windows-1251"


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands"),
    [
        (["1", "2"], UNKNOWN_DECIMAL, ""),
        (["1 250", "2"], UNKNOWN_DECIMAL, ""),
        (["12,5"], ",", ""),
        (["12.5"], ".", ""),
        (["0,125"], ",", ""),
        (["1250.125"], ".", ""),
        (["1.250,50", "1,250"], ",", "."),
        (["1,250.50"], ".", ","),
        (["1,250,500"], ".", ","),
        (["1'250.50"], ".", "'"),
        (["1 250,500", "7,25"], ",", ""),
    ],
)
def test_separators_are_told_by_numbers_that_can_be_read_one_way(
    cells: list[str], decimal: str, thousands: str
) -> None:
    text = "product|price\n" + "".join(f"{n}|{cell}\n" for n, cell in enumerate(cells))
    profile = found(text.encode())
    assert (profile.decimal, profile.thousands.strip(" \u00a0\u202f")) == (decimal, thousands)
    rows = list(read_rows(io.BytesIO(text.encode()), profile, PRICES))
    assert not any(isinstance(row, RowProblem) for row in rows)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["1,250"], '"1,250" may be a thousand or a fraction'),
        (["12,5", "12.5"], "in several ways"),
        (["1,250,000", "7,25"], "in several ways"),
        (["1.250,5", "1,250.5"], "in several ways"),
    ],
)
def test_numbers_that_can_be_read_two_ways_are_refused(cells: list[str], reason: str) -> None:
    data = ("product|price\n" + "".join(f"{n}|{cell}\n" for n, cell in enumerate(cells))).encode()
    said = refusal(data)
    assert reason in said
    assert "--decimal" in said
    assert found(data, Told(decimal=",")).decimal == ","


def test_a_fraction_where_the_beginning_had_none_is_refused_in_its_row() -> None:
    data = b"product;price\n" + b"1;5\n" * 70_000 + b"2;1,250\n3;12.5\n"
    rows = [
        r for r in read_rows(io.BytesIO(data), found(data), PRICES) if isinstance(r, RowProblem)
    ]
    assert [row.number for row in rows] == [70_002, 70_003]
    assert "--decimal comma" in rows[0].text


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["31/07/2024", "01/02/2024"], "dmy"),
        (["01/02/2024", "07/31/2024"], "mdy"),
        (["2024-07-31", "05/05/2024"], "dmy"),
    ],
)
def test_the_order_of_dates(cells: list[str], order: str) -> None:
    text = "product;price;С\n" + "".join(f"1;5;{cell}\n" for cell in cells)
    assert found(text.encode()).date_order == order


def test_dates_that_can_be_read_two_ways_are_refused() -> None:
    data = "product;price;С\n1;5;01/02/2024\n".encode()
    assert "--dates" in refusal(data)
    assert "in several ways" in refusal(data + b"1;5;31/02/2024\n1;5;02/31/2024\n")
    assert told_as(found(data, Told(date_order="mdy"))).endswith("months before days")


def test_delimiters_are_told_by_the_header() -> None:
    for delimiter in ";,\t|":
        data = f"Титул\nКод{delimiter}Цена{delimiter}Имя\n1{delimiter}5{delimiter}a;b,c|d"
        assert found(data.encode()).delimiter == delimiter
    assert 'lacks what every row of prices needs: product ("Код")' in refusal(b"a;price\n1;2\n")
    assert found(b"code|price\nproduct;price\n1;2\n").delimiter == ";"


def test_a_workbook_is_read_as_one() -> None:
    book = openpyxl.Workbook()
    for row in (["Прайс"], ["Код", "Цена"], ["1", 12.5], ["2", "1 250"]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    profile = detect(stream, PRICES, Told(), BASE)
    assert told_as(profile) == "a workbook"
    prices = [row.values["price"] for row in read_rows(stream, profile, PRICES)]  # type: ignore[union-attr]
    assert prices == [125_000, 12_500_000]
    book.active.append(["3", "7,5"])
    book.save(stream)
    assert told_as(detect(stream, PRICES, Told(sheet="Sheet"), BASE)) == (
        'a workbook, sheet "Sheet", decimal comma'
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old form"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "not a text file"),
    ],
)
def test_what_is_no_list_is_named(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


@given(st.binary(max_size=2000), st.booleans())
@settings(max_examples=200)
def test_any_bytes_are_told_or_refused(data: bytes, with_header: bool) -> None:
    if with_header:
        data = b"product;price\n" + data
    try:
        profile = found(data)
    except FileRefused as refused:
        assert str(refused).isprintable()
    else:
        assert profile.encoding in ENCODINGS


REAL = Path(__file__).parents[3].parent / "shared/data/real-catalogue"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real catalogue is not beside this checkout")
@pytest.mark.parametrize("codec", ["cp1251", "cp866", "koi8-r", "utf-8", "utf-16"])
def test_the_real_catalogue_is_told_in_any_encoding(codec: str) -> None:
    for name in ("products.csv", "prices.csv", "stock.csv"):
        text = (REAL / name).read_text(encoding="cp1251").replace("Остаток", "Цена")
        if name == "products.csv":
            text = text.replace("Ед.", "Цена").replace("PCE", "5,5")
        expected = {"cp1251": "windows-1251"}.get(codec, codec)
        profile = found(text.encode(codec))
        assert (profile.encoding, profile.delimiter) == (expected, ";")
