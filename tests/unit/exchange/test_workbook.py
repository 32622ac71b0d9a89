"""Workbooks as another program writes them: openpyxl, and parts by hand for what it does not."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from typing import Any
from xml.parsers.expat import version_info as expat_version

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.sheet import SheetTable, Style, style_of

XLSX = PROFILES["xlsx"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"


def saved(book: Any) -> io.BytesIO:
    stream = io.BytesIO()
    book.save(stream)
    return stream


def one_sheet(*rows: list[Any], formats: dict[str, str] | None = None) -> io.BytesIO:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, code in (formats or {}).items():
        book.active[place].number_format = code
    return saved(book)


def read(stream: io.BytesIO, profile: Profile = XLSX) -> list[tuple[int, list[str]]]:
    return list(SheetTable(stream, profile))


def test_cells_are_the_text_that_a_csv_file_would_hold() -> None:
    stream = one_sheet(
        ["Код", 4607120000017, 12.5, 0.1 + 0.2, -7, True, None, 1e-7, 1250.0],
        [date(2024, 7, 31), datetime(2024, 7, 31, 9, 5), 0.2, 42, 0.175, " два  ", "00123"],
        formats={"A2": "dd.mm.yyyy", "B2": "dd/mm/yy h:mm", "C2": "0%", "D2": "00000"}
        | {"E2": "0.0%"},
    )
    assert read(stream) == [
        (1, ["Код", "4607120000017", "12,5", "0,3", "-7", "1", "", "0,0000001", "1250"]),
        (2, ["2024-07-31", "2024-07-31 09:05:00", "20%", "00042", "17,5%", " два  ", "00123"]),
    ]


def test_empty_rows_and_columns_are_passed_over_however_many_there_are() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"] = "x"
    sheet["A1000000"] = "  "
    sheet["A1048576"] = "end"
    sheet.column_dimensions["XFD"].width = 3
    sheet["XFD5"].number_format = "0.00"
    assert read(saved(book)) == [(3, ["", "x"]), (1_048_576, ["end"])]


def test_a_sheet_by_name_by_number_or_the_first_that_is_seen() -> None:
    book = openpyxl.Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    for name in ("Прайс", "2", "Chart of things"):
        book.create_sheet(name).append([f"in {name}"])
    stream = saved(book)
    found = {
        wanted: read(stream, Profile(name="x", sheet=wanted))[0][1][0]
        for wanted in ("", "прайс ", "2", "3", "1", "Chart of things")
    }
    assert found == {
        "": "in Прайс",
        "прайс ": "in Прайс",
        "2": "in 2",
        "3": "in 2",
        "1": "hidden",
        "Chart of things": "in Chart of things",
    }
    with pytest.raises(FileRefused, match='no sheet "Склад"; it has: "Sheet", "Прайс"'):
        read(stream, Profile(name="x", sheet="Склад"))
    with pytest.raises(FileRefused, match="no sheet"):
        read(stream, Profile(name="x", sheet="5"))


def test_merged_cells_and_rich_texts() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "Прайс-лист на 1 августа"
    book.active.merge_cells("A1:F2")
    book.active["A4"] = CellRichText("Сок ", TextBlock(InlineFont(b=True), "яблочный"))
    assert read(saved(book)) == [(1, ["Прайс-лист на 1 августа"]), (4, ["Сок яблочный"])]


def test_days_counted_from_1904() -> None:
    book = openpyxl.Workbook()
    book.epoch = datetime(1904, 1, 1)
    book.active["A1"] = date(2024, 2, 29)
    book.active["A1"].number_format = "yyyy-mm-dd"
    assert read(saved(book)) == [(1, ["2024-02-29"])]


@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)))
@settings(max_examples=50)
def test_any_moment_is_read_to_the_second(moment: datetime) -> None:
    whole = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    moment = whole
    stream = one_sheet([moment], formats={"A1": "dd.mm.yyyy hh:mm:ss"})
    text = str(moment)
    assert read(stream) == [(1, [text.removesuffix(" 00:00:00")])]


def parts(sheet: str, **more: str) -> io.BytesIO:
    """A workbook of hand-made parts; `more` by the name of the part without its folder."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    texts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/strings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="a"'
        f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">'
        f'<Relationship Id="b" Type="{office}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
        f'<Relationship Id="c" Type="{office}/sharedStrings" Target="strings.xml"/>'
        "</Relationships>",
        "xl/strings.xml": f'<sst xmlns="{MAIN}"><si><t>раз</t>'
        '<rPh sb="0" eb="1"><t>not</t></rPh></si>'
        "<si><t>a_x000D_b_x005F_x</t></si></sst>",
        "xl/worksheets/sheet1.xml": sheet,
    } | {f"xl/{name}.xml": text for name, text in more.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return stream


def sheet(data: str, main: str = MAIN) -> str:
    return f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>'


def test_what_other_programs_write() -> None:
    data = (
        '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c>'
        '<c t="inlineStr"><is><t>in</t></is></c></row>'
        '<row r="5"><c r="C5" t="str"><f>A1</f><v>made</v></c>'
        '<c r="A5"><f>1+1</f><v>2</v></c></row>'
        '<row><c t="e"><v>#N/A</v></c><c><f>1+1</f></c><c t="str"><f>""</f><v></v></c><c t="b">'
        '<v>1</v></c><c t="d"><v>2024-07-31T00:00:00</v></c></row>'
    )
    expected = [
        (1, ["раз", "a\rb_x", "in"]),
        (5, ["2", "", "made"]),
        (6, ["#N/A", "#NO RESULT!", "", "1", "2024-07-31"]),
    ]
    assert read(parts(sheet(data))) == expected
    assert read(parts(sheet(data).replace("<row", "<x:row").replace("</row", "</x:row")
        .replace("<worksheet ", f'<worksheet xmlns:x="{MAIN}" '))) == expected  # fmt: skip


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('<row><c t="s"><v>2</v></c></row>', "damaged .IndexError"),
        ('<row r="3"/><row r="2"/>', "row 2 stands after row 3"),
        ('<row r="1048577"/>', "beyond 1048576"),
        ('<row r="99999999999999999999"/>', "beyond 1048576"),
        (f"<row><c><v>{'1' * 5000}</v></c></row>", "damaged .ValueError"),
        (f'<row r="{"1" * 3_000_000}"/>', "damaged .ValueError"),
        ('<row><c r="AAAA1"><v>1</v></c></row>', "damaged"),
        ('<row><c r="XFE1"><v>1</v></c></row>', "more than 16384 cells"),
        ('<row><c r="XFE1"/></row>', "more than 16384 cells"),
        ('<row><c r="ALM1"><v>1</v></c></row>', "beyond column 1000"),
        ('<row><c s="7"><v>1</v></c></row>', "damaged .IndexError"),
        ("<row><c><v>1</v></c>", "damaged .ParseError"),
        (f'<row><c t="inlineStr"><is><t>{"x" * 300_000}</t></is></c></row>', "32767"),
    ],
)
def test_a_sheet_that_no_spreadsheet_writes_is_refused(data: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason) as refused:
        read(parts(sheet(data)))
    assert str(refused.value).isprintable()


def test_the_strict_form_is_refused_with_what_to_do() -> None:
    stream = parts(sheet("<row><c><v>1</v></c></row>", STRICT))
    assert read(stream) == []
    office = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    workbook = (
        f'<workbook xmlns="{STRICT}" xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="b"/></sheets></workbook>'
    )
    with pytest.raises(FileRefused, match="not in its strict form"):
        read(parts(sheet("", STRICT), workbook=workbook))


def test_entities_that_grow_are_ended_by_the_parser() -> None:
    assert expat_version >= (2, 4, 1)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "{"ha" * 50}">{laughs}]>'
    cell = '<row><c t="inlineStr"><is><t>&l9;</t></is></c></row>'
    with pytest.raises(FileRefused, match="amplification"):
        read(parts(bomb + sheet(cell)))
    with pytest.raises(FileRefused, match="amplification"):
        read(parts(sheet(""), strings=bomb + f'<sst xmlns="{MAIN}"><si><t>&l9;</t></si></sst>'))


def test_no_more_elements_are_held_than_a_row_or_a_part_may_have() -> None:
    many = "<c/>" * 250_001
    with pytest.raises(FileRefused, match="more than 250000 elements between two rows"):
        read(parts(sheet(f"<row>{many}</row>")))
    with pytest.raises(FileRefused, match="more than 250000 elements between two rows"):
        read(parts(sheet(f"<row>{'<c><row/></c>' * 130_000}</row>")))
    with pytest.raises(FileRefused, match=r'"xl/strings.xml" .* more than 4000000 elements'):
        read(parts(sheet(""), strings=f'<sst xmlns="{MAIN}">{"<si/>" * 4_000_001}</sst>'))
    assert len(read(parts(sheet("<row><c><v>1</v></c></row>" * 100_000)))) == 100_000


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = "<row>" + " " * 80_000_000 + "</row>"
    with pytest.raises(FileRefused, match=r"unpacks to [0-9]+ times its size; 200 is the most"):
        read(parts(sheet(blank)))
    monkeypatch.setattr("appliance.exchange.workbook.MAX_RATIO", 2_000)
    with pytest.raises(FileRefused, match=r'"xl/strings.xml" of the workbook unpacks to 80000'):
        read(parts(sheet(""), strings=sheet(blank)))
    monkeypatch.setattr("appliance.exchange.workbook.MAX_BYTES", 1_000)
    with pytest.raises(FileRefused, match=r"unpacks to [0-9]+ bytes; 1000 is the most"):
        read(parts(sheet("")))
    monkeypatch.setattr("appliance.exchange.workbook.MAX_PARTS", 5)
    with pytest.raises(FileRefused, match="has 6 parts; 5 is the most"):
        read(parts(sheet("")))
    monkeypatch.setattr("appliance.exchange.workbook.MAX_DIRECTORY_BYTES", 200)
    with pytest.raises(FileRefused, match="the directory of the workbook has more"):
        read(parts(sheet("")))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mimetype", "OpenDocument"),
        ("xl/workbook.bin", "binary workbook"),
        ("a.txt", "no workbook"),
    ],
)
def test_other_archives_are_named(name: str, reason: str) -> None:
    stream = io.BytesIO()
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet")
        if name.endswith(".bin"):
            archive.writestr(
                "_rels/.rels",
                f'<Relationships><Relationship Type="{office}/officeDocument" Target="{name}"/>'
                "</Relationships>",
            )
    with pytest.raises(FileRefused, match=reason):
        read(stream)


WHOLE = one_sheet(["Код", 1.5, date(2024, 1, 1)], ["x", 2, None]).getvalue()


@given(
    st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), min_size=1, max_size=8),
    st.floats(0.5, 1),
)
@settings(max_examples=150)
def test_a_damaged_workbook_is_rows_or_a_refusal(
    changes: list[tuple[float, int]], kept: float
) -> None:
    damaged = bytearray(WHOLE)
    for place, value in changes:
        damaged[int(place * len(damaged))] = value
    try:
        read(io.BytesIO(bytes(damaged[: int(kept * len(damaged))])))
    except FileRefused as refused:
        assert str(refused).isprintable()


@pytest.mark.parametrize(
    ("code", "style"),
    [
        ("General", Style()),
        ('#,##0.00 "руб."', Style()),
        ("[Red]-0.00;0.00", Style()),
        ('0.0"days"', Style()),
        ("0.00%", Style("percent")),
        ("0000000000000", Style("zeros", 13)),
        ("0", Style()),
        ("", Style()),
    ],
)
def test_what_the_numbers_of_a_format_stand_for(code: str, style: Style) -> None:
    assert style_of(code) == style


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (r"dd\.mm\.yyyy", "2024-07-31 12:00:00"),
        ("[$-419]d mmmm yyyy", "2024-07-31 12:00:00"),
        ("mm-dd-yy", "2024-07-31 12:00:00"),
        ("[h]:mm", "1092108:00:00"),
        ('0.0"days"', "45504,5"),
        ("[Red]0.00", "45504,5"),
    ],
)
def test_a_number_is_a_date_by_its_format(code: str, text: str) -> None:
    assert read(one_sheet([45504.5], formats={"A1": code})) == [(1, [text])]
