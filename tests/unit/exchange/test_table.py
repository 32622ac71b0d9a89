"""Bytes to rows of cells."""

from __future__ import annotations

import csv
import io
import itertools
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.table import MAX_COLUMNS, MAX_LINE_BYTES, MAX_ROW_CHARS, Table

RU = PROFILES["ru-csv"]
CSV = PROFILES["csv"]

MIXED = (
    'Код;Имя\r\n1;"Коврик ""Дороги"""\r\n\r\n2;"две\r\nстроки;и"\n;\n'
    '"3";ООО "Ромашка"\r4;""\r\n"";x\r\n5;конец'
)
MIXED_ROWS = [
    (1, ["Код", "Имя"]),
    (2, ["1", 'Коврик "Дороги"']),
    (4, ["2", "две\r\nстроки;и"]),
    (7, ["3", 'ООО "Ромашка"']),
    (8, ["4", ""]),
    (9, ["", "x"]),
    (10, ["5", "конец"]),
]


def rows(data: bytes, profile: Profile = RU) -> list[tuple[int, list[str]]]:
    return list(Table(io.BytesIO(data), profile))


def outcome(chunks: list[bytes], profile: Profile) -> tuple[list[tuple[int, list[str]]], str]:
    """Everything the reader says of a file: its rows, and its refusal or ""."""
    got: list[tuple[int, list[str]]] = []
    try:
        got.extend(Table(chunks, profile))
    except FileRefused as refused:
        return got, str(refused)
    return got, ""


def refusal(data: bytes, profile: Profile = RU) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        rows(data, profile)
    return refused.value


def test_rows_carry_the_line_where_they_start() -> None:
    assert rows(MIXED.encode("cp1251")) == MIXED_ROWS


def test_the_border_between_chunks_may_be_at_any_byte() -> None:
    for profile, data in [
        (RU, MIXED.encode("cp1251")),
        (PROFILES["ru-csv-utf8"], MIXED.encode("utf-8-sig")),
    ]:
        for at in range(len(data) + 1):
            assert outcome([data[:at], data[at:]], profile) == (MIXED_ROWS, "")
        assert outcome([bytes([byte]) for byte in data], profile) == (MIXED_ROWS, "")


@given(st.binary(max_size=200), st.sampled_from(list(PROFILES.values())), st.data())
def test_any_bytes_are_read_or_refused_the_same_in_any_chunks(
    data: bytes, profile: Profile, draw: st.DataObject
) -> None:
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=5)))
    edges = [0, *cuts, len(data)]
    chunks = [data[a:b] for a, b in itertools.pairwise(edges)]
    assert outcome(chunks, profile) == outcome([data], profile)


@given(st.lists(st.lists(st.text(alphabet='a";,\r\n\té', max_size=5), min_size=1, max_size=4)))
def test_what_the_standard_library_writes_is_read(table: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(table)
    got = rows(out.getvalue().encode(), PROFILES["ru-csv-utf8"])
    assert [cells for _, cells in got] == [r for r in table if any(c.strip() for c in r)]


def test_a_byte_order_mark_is_no_part_of_the_first_header() -> None:
    assert rows("Код,a\n".encode("utf-8-sig"), CSV) == [(1, ["Код", "a"])]


def test_title_lines_are_passed_over_whatever_is_in_them() -> None:
    profile = Profile(name="titled", title_lines=2)
    assert rows(b'"a report\n\xff\na,b\n1,2\n', profile) == [(3, ["a", "b"]), (4, ["1", "2"])]


def test_the_separator_line_of_excel_is_passed_over_if_it_agrees() -> None:
    assert rows(b"sep=;\r\na;b\r\n") == [(2, ["a", "b"])]
    refused = refusal(b"sep=,\r\na,b\r\n")
    assert refused.line == 1
    assert '","' in str(refused)


def test_bytes_of_another_encoding_are_refused_with_their_line() -> None:
    refused = refusal("code,name\n1,Mat\n2,Коврик складной\n".encode("cp1251"), CSV)
    assert refused.line == 3
    assert "not utf-8" in str(refused)
    assert "windows-1251" in str(refused)


def test_a_byte_that_windows_1251_does_not_have_is_refused() -> None:
    refused = refusal("Код\r\nя".encode("cp1251") + b"\x98\r\n")
    assert refused.line == 2
    assert "0x98 at position 2" in str(refused)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_not_read_as_windows_1251(encoding: str) -> None:
    refused = refusal("Код;Имя\r\n1;Коврик\r\n".encode(encoding))
    assert refused.line == 1
    assert "the file is UTF-8" in str(refused)
    assert "--profile ru-csv-utf8" in str(refused)


def test_utf8_is_noticed_where_its_first_letters_are() -> None:
    refused = refusal("code;name\r\n1;Mat\r\n2;Коврик\r\n".encode())
    assert refused.line == 3


def test_one_character_that_looks_like_utf8_leaves_the_question_open() -> None:
    refused = refusal("code;name\r\n1;5 m²\r\n2;Коврик\r\n".encode())
    assert (refused.line, "the file is UTF-8" in str(refused)) == (3, True)


def test_a_pair_of_letters_that_could_be_utf8_by_chance_is_text() -> None:
    pair = "СЁ"
    assert pair.encode("cp1251").decode("utf-8")  # the chance
    assert rows(f"{pair};1\r\nКоврик;2\r\n".encode("cp1251"))[0] == (1, [pair, "1"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04\x14\x00", "workbook"),
        ("Код;Имя\r\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_text_is_named(data: bytes, reason: str) -> None:
    assert reason in str(refusal(data))


def test_a_nul_is_refused_with_its_line() -> None:
    refused = refusal(b"a;b\r\n1;\x00\r\n")
    assert (refused.line, "NUL" in str(refused)) == (2, True)


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b'a;b\r\n1;"open\r\n2;x\r\n', 2, "never closed"),
        (b'a;b\r\n1;"shut"ter;x\r\n', 2, '"ter;x"'),
        (b'a;b\r\n"x" ;1\r\n', 2, "follows the closing quote"),
    ],
)
def test_a_quote_out_of_place_is_refused(data: bytes, line: int, reason: str) -> None:
    refused = refusal(data)
    assert refused.line == line
    assert reason in str(refused)


def test_a_line_has_a_limit_in_any_chunks() -> None:
    good = b"a" * (MAX_LINE_BYTES - 2) + b"\r\n"
    assert len(rows(b"h\n" + good)) == 2
    long = b"h\n" + b"a" * (MAX_LINE_BYTES + 1)
    for chunks in ([long], [long[i : i + 1000] for i in range(0, len(long), 1000)], [long + b"\n"]):
        got, refused = outcome(chunks, RU)
        assert got == [(1, ["h"])]
        assert refused.startswith("line 2: the line is longer than")


def test_an_open_quote_does_not_take_in_the_rest_of_the_file() -> None:
    taken = 0

    def long() -> Iterator[bytes]:
        nonlocal taken
        yield b'h\n"open'
        for _ in range(5 * MAX_ROW_CHARS // 1000):
            taken += 1
            yield b"x" * 998 + b"\n"

    with pytest.raises(FileRefused, match="quote left open") as refused:
        list(Table(long(), RU))
    assert refused.value.line == 2
    assert taken <= MAX_ROW_CHARS // 990


def test_a_file_without_line_ends_is_not_taken_into_memory() -> None:
    taken = 0

    def long() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(50):
            taken += 1
            yield b"x" * (MAX_LINE_BYTES // 10)

    with pytest.raises(FileRefused, match="line 1: the line is longer"):
        list(Table(long(), RU))
    assert taken <= 12


@pytest.mark.parametrize("cell", [b"x", b'"x"'])
def test_a_row_has_a_limit_of_cells(cell: bytes) -> None:
    assert len(rows(b";".join([cell] * MAX_COLUMNS))[0][1]) == MAX_COLUMNS
    assert "more than 1000 cells" in str(refusal(b";".join([cell] * (MAX_COLUMNS + 1))))


def test_memory_does_not_grow_with_the_file() -> None:
    line = "bd8c4e15;розница;100,50\r\n".encode("cp1251")

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            for _ in Table((line for _ in range(count)), RU):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) < peak(1_000) + 64 * 1024
