from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from appliance.api.documents import (
    Barcode,
    Block,
    Column,
    CopyMark,
    Document,
    Feed,
    Heading,
    Image,
    KeyValue,
    Qr,
    Rule,
    Signature,
    Table,
    Text,
    Total,
    Totals,
    as_copy,
)
from appliance.printing import picture as pictures
from appliance.printing.layout import lay_out
from appliance.printing.sheet import (
    BarcodeStrip,
    Cut,
    Line,
    PictureStrip,
    QrStrip,
    Sheet,
)
from appliance.printing.sheet import Feed as FeedStrip
from appliance.printing.text import plain_text
from appliance.printing.width import printable, width, wrapped

WIDTHS = (32, 42, 48, 64)
texts = st.text(
    alphabet=st.one_of(
        st.sampled_from("абв -АЯӘғқ‘₸0123 \n\t.,яé\u00a0"),
        st.sampled_from("日本\u0301\u200b\x1b\r\x00"),
        st.characters(),
    ),
    max_size=60,
)
long_texts = st.one_of(texts, st.text(alphabet="абв г", min_size=300, max_size=300))
aligns = st.sampled_from(["left", "center", "right"])
columns_of = st.lists(
    st.builds(
        Column,
        title=texts,
        align=aligns,
        width=st.integers(-1, 40),
        least=st.integers(-1, 40),
        shrinks=st.integers(0, 3),
        own_line=st.booleans(),
    ),
    min_size=1,
    max_size=8,
)
tables = columns_of.flatmap(
    lambda columns: st.builds(
        Table,
        columns=st.just(tuple(columns)),
        rows=st.lists(st.lists(long_texts, max_size=len(columns) + 1).map(tuple), max_size=3).map(
            tuple
        ),
        notes=st.lists(texts, max_size=3).map(tuple),
        header=st.booleans(),
    )
)
kinds = st.sampled_from(["code128", "code39", "ean13", "ean8", "upca", "itf"])
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Heading, text=long_texts, level=st.sampled_from([1, 2, 3])),
    st.builds(
        Text,
        text=texts,
        align=aligns,
        bold=st.booleans(),
        size=st.sampled_from(["normal", "tall", "large"]),
    ),
    st.builds(KeyValue, key=texts, value=long_texts, bold=st.booleans()),
    st.builds(
        Totals,
        rows=st.lists(
            st.builds(Total, label=texts, value=texts, strong=st.booleans()), max_size=3
        ).map(tuple),
    ),
    st.builds(Rule, strong=st.booleans()),
    st.builds(Qr, data=texts, text=st.none() | texts),
    st.builds(Barcode, data=texts | st.from_regex(r"[0-9]{7,13}", fullmatch=True), kind=kinds),
    st.builds(Image, data=st.binary(max_size=40), text=texts, align=aligns),
    st.builds(Signature, label=texts, name=texts, data=st.binary(max_size=40)),
    st.builds(Feed, lines=st.integers(-5, 10**9)),
    st.builds(CopyMark, copy=st.integers(0, 10**6)),
    tables,
)
documents = st.builds(
    Document,
    title=texts,
    blocks=st.lists(blocks, max_size=4).map(tuple),
    language=st.sampled_from(["en", "ru", "bg", "kk", "uz", "xx", ""]),
)


def letters(sheet: Sheet) -> list[Line]:
    return [strip for strip in sheet.strips if isinstance(strip, Line)]


def ink(*texts: str) -> list[str]:
    return sorted(c for text in texts for c in printable(text) if not c.isspace())


@given(documents, st.sampled_from(WIDTHS) | st.integers(8, 80))
def test_everything_stays_on_the_paper(document: Document, columns: int) -> None:
    sheet = lay_out(document, columns)
    assert (sheet.columns, sheet.dots, sheet.title) == (columns, columns * 12, document.title)
    assert isinstance(sheet.strips[-1], Cut)
    for strip in sheet.strips:
        match strip:
            case Line():
                assert width(strip.text) <= columns // (2 if strip.style.wide else 1)
                assert strip.text.isprintable()
            case QrStrip():
                assert 2 <= strip.module <= 12
            case PictureStrip():
                assert 0 <= strip.left <= sheet.dots - strip.width
            case FeedStrip():
                assert 1 <= strip.lines <= 50
    for line in plain_text(sheet).split("\n"):
        assert width(line) <= columns


@given(columns_of, st.data(), st.sampled_from(WIDTHS))
def test_nothing_of_a_table_and_its_notes_is_lost(
    columns: list[Column], data: st.DataObject, paper: int
) -> None:
    cells = st.tuples(*[long_texts for _ in columns])
    rows = data.draw(st.lists(cells, min_size=1, max_size=3))
    notes = data.draw(st.lists(texts, min_size=len(rows), max_size=len(rows)))
    table = Table(columns=tuple(columns), rows=tuple(rows), notes=tuple(notes), header=False)
    printed = ink(plain_text(lay_out(Document(title="t", blocks=(table,)), paper)))
    assert printed == ink(*(cell for row in rows for cell in row), *notes)


@given(long_texts, long_texts, st.sampled_from(WIDTHS))
def test_nothing_of_words_is_lost(one: str, other: str, paper: int) -> None:
    blocks = (
        Heading(text=one, level=1),
        KeyValue(key=other, value=one),
        Totals(rows=(Total(label=one, value=other, strong=True),)),
        Text(text=other, size="large"),
    )
    sheet = lay_out(Document(title="t", blocks=blocks), paper)
    assert ink(plain_text(sheet)) == ink(one, other, one, one, other, other)


@given(st.integers(10**3, 10**9), st.integers(0, 99), st.sampled_from(WIDTHS))
def test_a_figure_is_never_cut_in_two(whole: int, part: int, paper: int) -> None:
    figure = f"{whole:,}".replace(",", "\u00a0") + f",{part:02d}"
    columns = (
        Column(title="Name", own_line=True),
        Column(title="Qty", align="right", width=6),
        Column(title="Sum", align="right", width=6),
    )
    table = Table(columns=columns, rows=(("Tea", figure, figure),))
    lines = plain_text(lay_out(Document(title="t", blocks=(table,)), paper)).split("\n")
    said = figure.replace("\u00a0", " ")
    assert sum(line.count(said) for line in lines) == 2
    assert not any(f"{said} {said}" in line for line in lines)


@pytest.mark.parametrize(("one", "other"), [("2", "150,00"), ("12", "150"), ("3", "2 150,00")])
@pytest.mark.parametrize("columns", WIDTHS)
def test_two_figures_are_never_read_as_one(one: str, other: str, columns: int) -> None:
    heads = tuple(Column(title="", align="right", width=8) for _ in range(2))
    table = Table(columns=heads, rows=((one, other),), header=False)
    text = plain_text(lay_out(Document(title="t", blocks=(table,)), columns))
    assert f"{one} {other}" not in text
    assert f"{one}  {other}" in text


def order(rows: int, name: str = "Water, 500 ml") -> Document:
    columns = (
        Column(title="No.", align="right", width=3, own_line=True),
        Column(title="Item", least=16, own_line=True),
        Column(title="Qty", align="right", width=9),
        Column(title="Price", align="right", width=9),
        Column(title="Amount", align="right", width=10),
    )
    cells = tuple((str(n), name, "24 pcs", "94.90", "2 277.60") for n in range(1, rows + 1))
    return Document(title="t", blocks=(Table(columns=columns, rows=cells),))


def test_wide_paper_has_the_columns_side_by_side_and_narrow_paper_the_name_above() -> None:
    assert plain_text(lay_out(order(1), 48)).splitlines() == [
        "No. Item                     Qty Price    Amount",
        "  1 Water, 500 ml         24 pcs 94.90  2 277.60",
    ]
    assert plain_text(lay_out(order(1), 32)).splitlines() == [
        "No. Item",
        "             Qty Price    Amount",
        "1 Water, 500 ml",
        "          24 pcs 94.90  2 277.60",
    ]


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_and_a_thousand_lines_and_a_long_name(columns: int) -> None:
    assert len(letters(lay_out(order(0), columns))) == (2 if columns == 32 else 1)
    many = plain_text(lay_out(order(1000), columns))
    assert many.count("2 277.60") == 1000
    long = "слово " * 49 + "конец!"
    assert "".join(plain_text(lay_out(order(1, long), columns)).split()).count("слово") == 49


def test_a_number_keeps_its_unit() -> None:
    assert wrapped("Water «Noon», 500 ml", 19) == ["Water «Noon»,", "500 ml"]
    assert wrapped("Cheese 45 %, by weight", 10) == ["Cheese", "45 %, by", "weight"]
    assert wrapped("Tea, 25 bags", 9) == ["Tea, 25", "bags"]
    assert [line.strip() for line in wrapped("500 ml", 4)] == ["500", "ml"]


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Pillow.new("L", (width, height), 0).save(out, "PNG")
    return out.getvalue()


def test_a_large_picture_is_made_to_fit() -> None:
    document = Document(title="t", blocks=(Image(data=picture(4000, 4000), width=50),))
    (strip,) = [s for s in lay_out(document).strips if isinstance(s, PictureStrip)]
    assert (strip.width, strip.height, strip.left) == (288, 288, 144)
    assert set(strip.rows) == {0xFF}
    assert len(strip.rows) == 288 * 36


def test_a_small_picture_stays_as_it_is_and_its_last_byte_is_white_beyond_it() -> None:
    document = Document(title="t", blocks=(Image(data=picture(9, 2), align="right"),))
    (strip,) = [s for s in lay_out(document, 32).strips if isinstance(s, PictureStrip)]
    assert (strip.width, strip.height, strip.left) == (9, 2, 384 - 9)
    assert strip.rows == b"\xff\x80\xff\x80"


def test_a_blob_is_found_by_its_name() -> None:
    document = Document(title="t", blocks=(Signature(label="Received", name="Ivan", sha256="ab"),))
    with_it = lay_out(document, 48, {"ab": picture(20, 10)})
    assert any(isinstance(strip, PictureStrip) for strip in with_it.strips)
    without = lay_out(document, 48)
    assert not any(isinstance(strip, PictureStrip) for strip in without.strips)
    for sheet in (with_it, without):
        assert next(line.text.split(" ")[0] for line in letters(sheet)) == "Received"


@pytest.mark.parametrize("data", [b"", b"nothing", picture(3, 3)[:40]])
def test_what_is_no_picture_says_what_it_would_show(data: bytes) -> None:
    document = Document(title="t", blocks=(Image(data=data, text="Logo"),))
    assert [line.text.strip() for line in letters(lay_out(document))] == ["[Logo]"]


def test_a_picture_of_too_many_dots_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    assert pictures.picture_strip(picture(10, 10), 50, 50, "left") is not None
    assert pictures.picture_strip(picture(11, 10), 50, 50, "left") is None
    assert pictures.picture_strip(picture(10, 10) + b" " * 100, 50, 50, "left") is None


def test_barcodes_that_can_be_drawn_and_others_as_letters() -> None:
    def strips(kind: str, data: str, columns: int = 48) -> list[object]:
        block = Barcode(kind=kind, data=data)  # type: ignore[arg-type]
        return list(lay_out(Document(title="t", blocks=(block,)), columns).strips[:-1])

    assert strips("ean13", "400638133393") == [BarcodeStrip(kind="ean13", data="4006381333931")]
    assert strips("ean13", "4006381333931") == [BarcodeStrip(kind="ean13", data="4006381333931")]
    for wrong in (("ean13", "4006381333932"), ("ean13", "чай"), ("code128", "x" * 40)):
        (line,) = strips(*wrong)
        assert isinstance(line, Line)
        assert line.text.strip() == wrong[1]


def test_a_reprint_is_marked_in_the_documents_language() -> None:
    document = Document(title="t", language="kk", blocks=(CopyMark(), Text(text="x")))
    assert "Түпнұсқа" in plain_text(lay_out(document))
    again = as_copy(document, 2)
    assert plain_text(lay_out(again)).split() == ["Көшірме", "2", "x"]
    assert letters(lay_out(again))[0].style.inverse
    unmarked = Document(title="t", language="ru", blocks=(Text(text="x"),))
    assert as_copy(unmarked, 0) == unmarked
    assert plain_text(lay_out(as_copy(unmarked, 1))).split() == ["Копия", "1", "x"]
