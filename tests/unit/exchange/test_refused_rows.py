"""Refused rows in a file of their own, and that file imported when it is mended."""

from __future__ import annotations

import io

import openpyxl
import pytest
from msgspec import structs

from appliance.api.importing import ImportColumn, Importer
from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.refused_rows import refused_rows
from appliance.exchange.rows import Row, read_rows

GOODS = Importer(
    kind="goods",
    title="",
    columns=(
        ImportColumn(name="code", headers=("Код",), type="code", required=True),
        ImportColumn(name="name", headers=("Имя",)),
        ImportColumn(name="price", headers=("Цена",), type="decimal", scale=2),
    ),
)
TEXT = 'Код;Имя;Цена\r\n1;"a;""b""";1,5\r\n2;=x;много\r\n3\r\n4;d;4;хвост\r\n5;e;5\r\n'
REFUSED = {3: ["Цена: wrong ≠"], 4: ["short", "again"], 5: ["long"]}


def report(data: bytes, profile: Profile, refused: dict[int, list[str]] = REFUSED) -> bytes:
    return b"".join(refused_rows(io.BytesIO(data), profile, GOODS, refused))


def test_rows_stand_as_they_were_with_their_lines_and_reasons() -> None:
    text = report(TEXT.encode("cp1251"), PROFILES["ru-csv"]).decode("cp1251")
    assert text.split("\r\n") == [
        "Код;Имя;Цена;fieldbox: line;fieldbox: reason",
        "2;=x;много;3;Цена: wrong ?",
        '3;;;4;"short; again"',
        '4;d;4;5;"long; хвост"',
        "",
    ]


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8", "utf-16", "cp866"])
@pytest.mark.parametrize("titles", [0, 3, "found"])
def test_a_mended_report_is_imported_with_the_same_profile(
    encoding: str, titles: int | str
) -> None:
    codec = {"windows-1251": "cp1251"}.get(encoding, encoding)
    profile = structs.replace(PROFILES["ru-csv"], encoding=encoding, title_lines=titles)
    above = "Прайс\r\n\r\n\r\n" if titles else ""
    refused = {number + 3 * bool(titles): why for number, why in REFUSED.items()}
    data = report((above + TEXT).encode(codec), profile, refused)
    mended = data.decode(codec).replace("много", "2,5").encode(codec)
    reader = read_rows(io.BytesIO(mended), profile, GOODS)
    assert reader.unknown == ()
    rows = [row for row in reader if isinstance(row, Row)]
    assert [row.values for row in rows] == [
        {"code": "2", "name": "=x", "price": 250},
        {"code": "3", "name": None, "price": None},
        {"code": "4", "name": "d", "price": 400},
    ]
    again = report(mended, profile, {rows[0].number: ["still"]}).decode(codec).strip("\ufeff\r\n")
    assert again.split("\r\n") == [
        "Код;Имя;Цена;fieldbox: line;fieldbox: reason",
        f"2;=x;2,5;{rows[0].number};still",
    ]


@pytest.mark.parametrize("titles", [2, "found"])
def test_a_workbook_gives_a_workbook(titles: int | str) -> None:
    book = openpyxl.Workbook()
    for row in (["Прайс"], [], ["Код", "Имя", "Цена"], ["1", "a", 1.5], ["2", None, "много"]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    profile = structs.replace(PROFILES["xlsx"], title_lines=titles)
    data = report(stream.getvalue(), profile, {4: ["wrong"], 5: ["no number"]})
    found = openpyxl.load_workbook(io.BytesIO(data)).active
    rows = [row for row in found.iter_rows(values_only=True) if any(row)]
    assert rows[1:] == [("1", "a", "1,5", "4", "wrong"), ("2", None, "много", "5", "no number")]
    read = [row.values for row in read_rows(io.BytesIO(data), profile, GOODS) if type(row) is Row]
    assert read == [{"code": "1", "name": "a", "price": 150}]
