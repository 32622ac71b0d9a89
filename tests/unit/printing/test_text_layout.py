from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api.documents import (
    Block,
    Column,
    Document,
    Heading,
    KeyValue,
    Qr,
    Rule,
    Table,
    Text,
)
from appliance.printing.columns import column_widths
from appliance.printing.layout import lay_out as sheet_of
from appliance.printing.text import plain_text
from appliance.printing.width import UNKNOWN, printable, width, wrapped


def lay_out(document: Document, columns: int) -> str:
    return plain_text(sheet_of(document, columns))


texts = st.text(
    alphabet=st.one_of(
        st.sampled_from("абв -АЯ0123 \n\t.,яé"),
        st.sampled_from("日本語ｶﾅ\u0301\u200b\x1b\r\x00"),
        st.characters(),
    ),
    max_size=90,
)
aligns = st.sampled_from(["left", "center", "right"])
columns_of = st.lists(
    st.builds(Column, title=texts, align=aligns, width=st.integers(-1, 60)), min_size=1, max_size=9
)
tables = columns_of.flatmap(
    lambda columns: st.builds(
        Table,
        columns=st.just(tuple(columns)),
        rows=st.lists(st.lists(texts, max_size=len(columns) + 1).map(tuple), max_size=3).map(tuple),
    )
)
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Heading, text=texts),
    st.builds(Text, text=texts, align=aligns),
    st.builds(KeyValue, key=texts, value=texts),
    st.builds(Rule),
    st.builds(Qr, data=texts),
    tables,
)
documents = st.builds(Document, title=texts, blocks=st.lists(blocks, max_size=4).map(tuple))


def marks(text: str) -> list[str]:
    """What ink there is, in any order: everything but white space."""
    return sorted(c for c in text if not c.isspace())


@given(documents, st.integers(8, 80))
def test_no_line_is_wider_than_the_paper_and_none_acts_on_the_printer(
    document: Document, columns: int
) -> None:
    for line in lay_out(document, columns).split("\n"):
        assert width(line) <= columns
        assert all(c.isprintable() for c in line)


@given(st.lists(texts, min_size=1, max_size=4), columns_of, st.integers(8, 80))
def test_nothing_of_a_table_is_lost(cells: list[str], columns: list[Column], paper: int) -> None:
    row = tuple(cells[: len(columns)])
    document = Document(title="t", blocks=(Table(columns=tuple(columns), rows=(row,)),))
    printed = marks(lay_out(document, paper))
    wanted = [c for text in (*row, *(c.title for c in columns)) for c in printable(text)]
    assert printed == marks("".join(wanted))


@given(texts, st.integers(2, 60))
def test_wrapping_loses_white_space_alone(text: str, columns: int) -> None:
    lines = wrapped(printable(text), columns)
    assert all(width(line) <= columns for line in lines)
    assert marks("".join(lines)) == marks(printable(text))


@given(columns_of, st.integers(8, 80))
def test_a_tables_columns_fill_the_paper_exactly_or_are_stacked(
    columns: list[Column], paper: int
) -> None:
    sizes = column_widths(columns, paper)
    if sizes is None:
        return
    assert min(sizes) >= 1
    total = sum(sizes) + len(sizes) - 1
    assert total <= paper
    if any(column.width <= 0 for column in columns):
        assert total == paper


def test_a_receipt_reads_as_expected() -> None:
    document = Document(
        title="Order 7",
        blocks=(
            Heading(text="Order 7"),
            KeyValue(key="Outlet", value="Магазин №5"),
            Rule(),
            Table(
                columns=(
                    Column(title="No.", align="right", width=3),
                    Column(title="Item"),
                    Column(title="Total", align="right", width=8),
                ),
                rows=(("1", "Коврик для ванной большой", "129.90"), ("2", "Вода", "5.00")),
            ),
            Text(text="Not a fiscal document", align="center"),
        ),
    )
    assert lay_out(document, 32).splitlines() == [
        "            Order 7",
        "Outlet                Магазин №5",
        "--------------------------------",
        "No. Item                   Total",
        "  1 Коврик для ванной     129.90",
        "    большой",
        "  2 Вода                    5.00",
        "     Not a fiscal document",
    ]


def test_a_table_too_wide_for_the_paper_is_stacked() -> None:
    columns = tuple(Column(title=f"c{n}") for n in range(8))
    table = Table(columns=columns, rows=(tuple("abcdefgh"), tuple("ijklmnop")))
    lines = lay_out(Document(title="t", blocks=(table,)), 24).splitlines()
    assert lines[0] == "c0                     a"
    assert lines[8] == ""
    assert lines[9] == "c0                     i"


def test_declared_widths_give_way_where_the_rest_would_be_unreadable() -> None:
    sizes = column_widths([Column(title="a", width=40), Column(title="b")], 32)
    assert sizes is not None
    assert sizes[1] >= 6
    assert sum(sizes) == 31


def test_what_is_not_ascii_is_measured_as_a_terminal_does() -> None:
    assert width("日本") == 4
    assert width("e\u0301") == 1
    assert unicodedata.east_asian_width("я") == "A"
    assert width("я") == 1


def test_paper_that_is_too_narrow_is_refused() -> None:
    with pytest.raises(ValueError, match="too narrow"):
        lay_out(Document(title="t", blocks=()), 7)


def test_what_does_not_print_is_marked_and_never_a_question() -> None:
    assert printable("a\x1b\x00\x9b\ud800\ue000?") == "a" + 5 * UNKNOWN + "?"
    assert "".join(wrapped("日", 1)) == UNKNOWN


def test_what_has_no_ink_is_left_out() -> None:
    assert printable("Coca\u00adCola\u200d\u202e \ufeffx") == "CocaCola x"
    assert printable("☕\ufe0f\U000e0101") == "☕"


def test_a_letter_and_its_mark_are_the_letter_that_fonts_have() -> None:
    assert printable("Сы\u0440 и\u0306 е\u0308 ти\u0306н") == "Сыр й ё тйн"
    assert printable("q\u0301") == "q\u0301"
    assert len(printable("a" + "\u0301\u0323" * 200_000)) == 400_000, "at once"
