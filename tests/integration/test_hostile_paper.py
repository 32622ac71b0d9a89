"""What people write and send by mistake, on paper: nothing is lost, nothing acts on a printer."""

from __future__ import annotations

import io

import msgspec
import paper_reader as reader
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paper_printers import PRINTERS, printed
from PIL import Image as Picture

from appliance.api.documents import (
    Barcode,
    Column,
    CopyMark,
    Document,
    Feed,
    Heading,
    Image,
    KeyValue,
    Qr,
    Table,
    Text,
    Total,
    Totals,
)
from appliance.printing.escpos import render
from appliance.printing.layout import lay_out
from appliance.printing.library import Library
from appliance.printing.samples import sample
from appliance.printing.sheet import Line, PictureStrip, QrStrip
from appliance.printing.width import UNKNOWN, printable

pytestmark = pytest.mark.slow

PANGRAMS = {
    "en": "The quick brown fox jumps over the lazy dog. 0123456789 €5 £6 $7",
    "ru": "Съешь же ещё этих мягких французских булок, да выпей чаю № 5 «Ё»",
    "bg": "Щъркелът ѝ яде жаби. Ах, чудна българска земьо, полюшвай цъфтящи жита",
    "kk": "Қазақтың әні көңілге үміт, ғұмырға һәм өңірге шырын беріп тұр — 1 250 ₸",
    "uz": "O‘zbekiston g‘oyasi: shirin choy, anʼana va qovun. Ўзбек тили: ғоз, қовун, ҳаво",
}
HOSTILE = {
    "emoji": "Чай 😀👍🏽 👨‍👩‍👧 ☕️ 5 шт",
    "marks on letters": "и\u0306 е\u0308 o\u0301\u0302\u0303\u0304\u0305 Z\u0338\u0321 \u0301",
    "from right to left": "שלום מרחבא مرحبا \u202e123\u202c",
    "wide": "可口可乐 日本語 한국어 ｶﾅ Ａ１",
    "commands": "\x1b@\x1dV\x00 \x10\x04\x01 \x10\x14\x01\x00\x01 \x1b*!\xff\xff \x1c& \x9b31m\x07",
    "nothing that prints": "\x00\x7f\x80\ud800\udfff\ue000\uffff",
    "invisible": "Coca\u00adCola\u200b\u200d\u2060\ufeff soft",
    "spaces": " a\tb\x0bc\u2028d\u3000e\u202f1\u00a0000 ",
    "questions": "? What? ¿Qué? Что?",
    "no substitutes": "„Аквилон“ “x” ‘y’ – — − … № ™ ½ ₽ ₸ ₴ soʻm",
}


@pytest.fixture(scope="module")
def emupos():
    with reader.emupos() as found:
        yield found


def texts(sheet):
    return [strip.text for strip in sheet.strips if isinstance(strip, Line)]


def ink(*parts):
    """What is not white space, in its order."""
    return "".join("".join(parts).split())


def paper_of(*blocks, columns=48):
    return lay_out(Document(title="x", blocks=blocks), columns)


@pytest.mark.parametrize("printer", PRINTERS)
@pytest.mark.parametrize("case", HOSTILE)
def test_nothing_people_write_is_lost_or_obeyed(emupos, printer, case):
    text = HOSTILE[case]
    for columns in (32, 48):
        sheet = paper_of(
            Text(text="before"), Text(text=text), Text(text=text, size="large"), columns=columns
        )
        printed(emupos, sheet, printer)
        assert ink(*texts(sheet)) == "before" + 2 * ink(printable(text))
    assert ink(*texts(sheet)).count("?") == 2 * text.count("?")
    assert (UNKNOWN in "".join(texts(sheet))) == (case in ("commands", "nothing that prints"))


words = st.text(
    st.one_of(
        st.sampled_from("абвЁё №«»“—ғқў‘’ʻ 019.,-%"),
        st.characters(),
        st.sampled_from("日\u0301\n{?"),
    ),
    max_size=60,
)
aligns = st.sampled_from(["left", "center", "right"])
sizes = st.sampled_from(["normal", "tall", "large"])
blocks = st.one_of(
    st.builds(Heading, text=words, level=st.sampled_from([1, 2, 3])),
    st.builds(Text, text=words, align=aligns, bold=st.booleans(), size=sizes),
    st.builds(KeyValue, key=words, value=words, bold=st.booleans()),
    st.builds(
        Totals, rows=st.tuples(st.builds(Total, label=words, value=words, strong=st.booleans()))
    ),
    st.builds(CopyMark, copy=st.integers(0, 3)),
    st.builds(Feed, lines=st.integers(0, 5)),
    st.builds(Qr, data=words),
    st.builds(Barcode, data=words, kind=st.sampled_from(["code128", "code39"])),
    st.builds(
        Table,
        columns=st.just((Column(title="Товар"), Column(title="Сумма", align="right"))),
        rows=st.lists(st.tuples(words, words), max_size=3).map(tuple),
    ),
)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(blocks, max_size=5),
    st.sampled_from(list(PRINTERS)),
    st.sampled_from((16, 32, 42, 48, 64)),
)
def test_any_document_on_any_paper(emupos, found, printer, columns):
    printed(emupos, paper_of(Text(text="x"), *found, columns=columns), printer)


@pytest.mark.parametrize("printer", PRINTERS)
@pytest.mark.parametrize("language", PANGRAMS)
def test_all_letters_of_all_languages(emupos, printer, language):
    sheet = paper_of(
        Text(text=PANGRAMS[language]),
        Text(text=PANGRAMS[language].upper(), bold=True),
        KeyValue(key=PANGRAMS[language], value="12,50"),
    )
    printed(emupos, sheet, printer)
    assert UNKNOWN not in "".join(texts(sheet))


@pytest.mark.parametrize(
    "printer",
    [one if one == "generic" else pytest.param(one, marks=pytest.mark.slow) for one in PRINTERS],
)
def test_a_name_of_300_characters_and_a_thousand_lines(emupos, printer):
    note = sample("delivery_note", "kk")
    one = note.lines[0]
    words = [f"«Өмір-{n:02}»" for n in range(30)]
    name = " ".join(words)[:300].ljust(300, "!")
    lines = [msgspec.structs.replace(one, line_no=n, name=f"Қант {n}") for n in range(1, 1_001)]
    lines[500] = msgspec.structs.replace(lines[500], name=name)
    sheet = lay_out(Library().fill(msgspec.structs.replace(note, lines=tuple(lines))), 48)
    printed(emupos, sheet, printer)
    whole = ink(*texts(sheet))
    assert len(name) == 300
    assert all(word in whole for word in name.split())
    assert all(f"Қант{n}" in whole for n in (1, 500, 502, 1_000))
    assert len(texts(sheet)) > 1_000


@pytest.mark.parametrize("printer", PRINTERS)
def test_a_document_without_lines(emupos, printer):
    note = msgspec.structs.replace(sample("delivery_note", "ru"), lines=(), packaging=())
    printed(emupos, lay_out(Library().fill(note), 48), printer)
    printed(emupos, paper_of(Table(columns=(Column(title="Товар"),), rows=())), printer)
    profile, make = PRINTERS[printer]
    assert emupos.print(render(paper_of(), profile).data, make, 576) == []


def png(picture):
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("printer", PRINTERS)
def test_pictures_too_large_and_broken(emupos, printer):
    whole = png(Picture.radial_gradient("L").resize((4_000, 4_000)))
    sheet = paper_of(
        Image(data=whole, text="logo"),
        Text(text="Чек"),
        Image(data=whole[: len(whole) // 2], text="half a logo"),
        Image(data=b"GIF89a" + bytes(90), text="no logo"),
        Image(data=png(Picture.new("1", (9_000, 9_000))), text="huge logo"),
        Text(text="Итого"),
    )
    printed(emupos, sheet, printer)
    (picture,) = [strip for strip in sheet.strips if isinstance(strip, PictureStrip)]
    assert picture.width <= 576
    said = ink(*texts(sheet))
    assert said == "Чек[halfalogo][nologo][hugelogo]Итого"


@pytest.mark.parametrize("printer", PRINTERS)
def test_a_code_of_a_thousand_bytes_is_read_and_a_longer_one_is_written(emupos, printer):
    reader.need_zbarimg()
    data = "https://example.com/" + "0123456789" * 98
    assert len(data) == 1_000
    sheet = paper_of(Qr(data=data, text=""), Text(text="below"))
    (code,) = printed(emupos, sheet, printer)
    assert reader.read_codes([code.picture]) == [[data]]
    longer = paper_of(Qr(data=data + "x", text=""))
    assert printed(emupos, longer, printer) == []
    assert not any(isinstance(strip, QrStrip) for strip in longer.strips)
    assert ink(*texts(longer)) == data + "x"
