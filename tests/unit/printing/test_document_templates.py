from __future__ import annotations

import msgspec
import pytest

from appliance.api.document_data import (
    CashReceipt,
    DeliveryNote,
    DocumentData,
    Fiscal,
    Issuer,
    OrderCopy,
    Sums,
)
from appliance.api.documents import Document, Heading, Image, KeyValue, Table, Text
from appliance.api.values import Money
from appliance.printing import template as engine
from appliance.printing.fault import TemplateFault
from appliance.printing.labels import LABELS
from appliance.printing.layout import lay_out
from appliance.printing.library import DOCUMENTS, Library, built_in
from appliance.printing.samples import SAMPLES, sample
from appliance.printing.template_xml import MAX_BYTES
from appliance.printing.text import plain_text

LANGUAGES = ("en", "ru", "bg", "kk", "uz")


def filled(body: str, data: DocumentData | None = None, **files: bytes) -> Document:
    """Fill a template of the cash receipt in."""
    source = f'<document title="{{number}}">{body}</document>'.encode()
    library = Library({"cash_receipt.xml": source, **files}, "/etc/t")
    return library.fill(data if data is not None else receipt())


def receipt(**more: object) -> CashReceipt:
    found = sample("cash_receipt", "en")
    assert isinstance(found, CashReceipt)
    return msgspec.structs.replace(found, **more)


def fault(body: str, **files: bytes) -> str:
    with pytest.raises(TemplateFault) as caught:
        filled(body, **files)
    return str(caught.value)


# --- the box's own ------------------------------------------------------------------------------


def test_the_templates_of_the_box_have_no_fault() -> None:
    assert Library().faults() == []
    assert LABELS.faults() == []
    assert LABELS.languages == tuple(sorted(LANGUAGES))
    assert set(SAMPLES) == set(DOCUMENTS)
    assert {f"{name}.xml" for name in DOCUMENTS} <= set(built_in())


@pytest.mark.parametrize("columns", [32, 42, 48, 64])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_each_document_in_each_language_at_each_width(
    name: str, language: str, columns: int
) -> None:
    data = sample(name, language)
    sheet = lay_out(Library().fill(data), columns)
    text = plain_text(sheet)
    words = "".join(text.split())
    assert max(map(len, text.split("\n"))) <= columns
    assert "".join(data.issuer.name.split()) in words
    assert "".join(LABELS.say(language, "not_fiscal").split()) in words
    assert data.check in words
    assert "{" not in text
    for label in ("amount", "to_pay", "expected_cash"):
        if language != "en":
            assert LABELS.say("en", label) not in text


def test_every_label_is_used_or_is_the_layouts() -> None:
    source = b"".join(built_in().values()).decode()
    unused = [
        key
        for key in LABELS.english
        if f"{{@{key}}}" not in source and f"{{@{key.partition(':')[0]}:" not in source
    ]
    # The layout says some; a technician's templates may ask for the others.
    spare = {"unit", "quantity", "price", "signature"}
    assert set(unused) - spare == {"original", "copy", "page"}


def test_amounts_dates_and_words_go_by_the_language() -> None:
    body = "<text>{amount} {amount|currency} {issued_at|day}</text><text>{amount|words}</text>"
    english = filled(body).blocks
    assert english == (
        Text(text="3\u00a0450.50 3\u00a0450.50\u00a0EUR 2026-08-06"),
        Text(text="Three thousand four hundred fifty euros and 50 cents"),
    )
    russian = filled(body, receipt(language="ru-KZ", currency="KZT")).blocks
    assert russian == (
        Text(text="3\u00a0450,50 3\u00a0450,50\u00a0KZT 06.08.2026"),
        Text(text="Три тысячи четыреста пятьдесят тенге 50 тиынов"),
    )


def test_a_bulgarian_invoice_has_a_number_of_ten_digits() -> None:
    data = sample("delivery_note", "bg")
    assert isinstance(data, DeliveryNote)
    assert "№ 0000001042" in plain_text(lay_out(Library().fill(data)))
    note = msgspec.structs.replace(data, invoice=False)
    assert note.printed_number == "1042"
    assert sample("delivery_note", "ru").printed_number == "1042"  # type: ignore[attr-defined]


def test_what_a_fiscal_device_printed_says_so() -> None:
    data = receipt(language="bg", fiscal=Fiscal(device="DT1", qr="q", mobile_trade=True))
    text = plain_text(lay_out(Library().fill(data)))
    assert "БЕЗ СТАЦИОНАРЕН ОБЕКТ" in text
    assert "DT1" in text
    assert "Не е фискален документ" not in text
    plain = plain_text(lay_out(Library().fill(receipt(language="bg", fiscal=Fiscal()))))
    assert "БЕЗ СТАЦИОНАРЕН" not in plain


def test_the_least_data_there_can_be() -> None:
    data = OrderCopy(
        language="kk",
        document_id="x",
        issued_at=0,
        lines=(),
        sums=Sums(payable=Money(0)),  # type: ignore[arg-type]
    )
    blocks = Library().fill(data).blocks
    assert not any(isinstance(block, Table) for block in blocks)
    assert all(block.value for block in blocks if isinstance(block, KeyValue))


# --- a technician's -----------------------------------------------------------------------------


def test_a_template_of_the_folder_stands_in_place_of_the_boxs() -> None:
    document = filled('<heading level="1">{@cash_receipt} — {issuer.name}</heading>')
    assert document.blocks == (Heading(text="Cash receipt — Aquilon Wholesale Ltd", level=1),)
    assert document.title == "K-00077"


def test_a_part_of_the_folder_is_in_every_document() -> None:
    library = Library({"footer.xml": b"<part><text>Thank you</text></part>"})
    for name in SAMPLES:
        assert library.fill(sample(name, "en")).blocks[-1] == Text(text="Thank you")


def test_labels_of_the_folder() -> None:
    catalogue = (
        'msgctxt "cash_receipt"\nmsgid "Cash receipt"\nmsgstr "Квитанция"\n\n'
        'msgctxt "thanks"\nmsgid "Thank you"\nmsgstr "Спасибо за покупку"\n'
    ).encode()
    files = {"ru.po": catalogue}
    body = "<heading>{@cash_receipt}</heading><text>{@thanks}</text><text>{@amount}</text>"
    russian = filled(body, receipt(language="ru"), **files).blocks
    assert [block.text for block in russian] == [  # type: ignore[union-attr]
        "Квитанция",
        "Спасибо за покупку",
        "Сумма",
    ]
    english = filled(body, **files).blocks
    assert [block.text for block in english] == [  # type: ignore[union-attr]
        "Cash receipt",
        "Thank you",
        "Amount",
    ]


def test_a_picture_of_the_folder() -> None:
    body = '<image file="logo.png" width="50">Aquilon</image>'
    assert filled(body, **{"logo.png": b"PNG"}).blocks == (
        Image(data=b"PNG", text="Aquilon", width=50),
    )
    assert "there is no picture 'logo.png'" in fault(body)
    assert "there is no picture '/etc/passwd'" in fault('<image file="/etc/passwd"/>')


def test_loops_and_conditions() -> None:
    body = """
      <pair for="one in basis" key="{one.number}" if="one.amount">{one.amount}</pair>
      <text if="method is cash">cash</text><text if="method is not cash">other</text>
      <text if="fiscal or tax">either</text><text if="fiscal and tax">both</text>
      <text if="not fiscal">none</text><text if="fiscal.number">number</text>
      <group if="tax"><text>{{{tax}}}</text></group>
    """
    document = filled(body)
    assert [getattr(block, "text", None) for block in document.blocks] == [
        None,
        None,
        "cash",
        "either",
        "none",
        "{575.08}",
    ]


def test_data_is_never_read_as_a_template() -> None:
    evil = "{@amount} </text><feed lines='50'/> &amp; {issuer.name}"
    document = filled("<text>{number}</text>", receipt(number=evil))
    assert document.blocks == (Text(text=evil),)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("\n<colum/>", ":2: <colum> cannot stand in <document>; there are: barcode, copy-mark,"),
        ("<hedding/>", "did you mean 'heading'?"),
        ("\n\n<text>{nmber}</text>", ":3: there is no field 'nmber' here; did you mean 'number'?"),
        ("<text>{issuer.nam}</text>", "'issuer' has no field 'nam'; did you mean 'name'?"),
        ("<text>{number.x}</text>", "'number' has no fields, so 'x' cannot be one of it"),
        ("<text>{basis}</text>", 'basis is a list; go through it with for="one in basis"'),
        ("<text>{basis.amount}</text>", "'basis' is a list"),
        ("<text>{issuer}</text>", "issuer has fields of its own; name one, such as issuer.name"),
        ("<text>{fiscal.mobile_trade}</text>", "cannot be printed; use it in if"),
        ("<text>{@amont}</text>", "there is no label 'amont'; did you mean 'amount'?"),
        ("<text>{@copy}</text>", "there is no label 'copy'"),
        ("<text>{@sorts:method}</text>", "there are no labels sorts:...; did you mean 'sort'?"),
        ("<text>{amount|word}</text>", "there is no |word; did you mean 'words'?"),
        ("<text>{number|words}</text>", "|words is for Money, and number is none"),
        ("<text>100 } 3</text>", "write '}}' for the sign"),
        ("<text>{</text>", "write '{{' for the sign"),
        ("<text>{}</text>", "is no name of a field"),
        ("<text>{__class__}</text>", "is no name of a field"),
        ("<text>{issuer.__class__}</text>", "is no name of a field"),
        ("<text>{amount * 2}</text>", "is no name of a field"),
        ('<text colour="red"/>', "<text> has no attribute 'colour'; there are: align, bold, for"),
        ('<text align="middle"/>', "align='middle'; there are: center, left, right"),
        ('<heading level="9"/>', "level='9' is no number from 1 to 3"),
        ('<heading level="٣"/>', "is no number from 1 to 3"),
        ('<text if="basis is cash"/>', "'basis' cannot be compared with a word"),
        ('<text if="a b c"/>', "is no condition"),
        ('<text if="tax and fiscal or number"/>', 'mixes "and" with "or"'),
        ('<text for="basis"/>', 'is not written as for="line in lines"'),
        ('<text for="one in number"/>', "'number' is no list"),
        ('<text for="number in basis"/>', "the name 'number' is taken already"),
        ("<table><row/></table>", "a <table> needs a <column>"),
        (
            "<table><column/>\n<row><cell/><cell/></row></table>",
            ":2: the <row> has 2 cells and the table 1 columns",
        ),
        ('<table><column if="tax"/></table>', "a <column> has neither if nor for"),
        ('<table><column/><row><cell if="tax"/></row></table>', "a <cell> has neither"),
        ('<include part="nothing"/>', "there is no part 'nothing'"),
        ('<include part="cash_receipt"/>', "a part begins with <part>"),
        ('<signature of="number"/>', "is nobody who signs"),
        ("<text><b>x</b></text>", "<b> cannot stand in <text>"),
        ("words", "text directly in <document>"),
        ("<feed/>words", "text after <feed> in <document>"),
        ("<text>", "no well-formed XML: mismatched tag"),
        ("<text>a & b</text>", "&amp;"),
        ("<?php x?>", "processing instruction"),
        ("<text>&harm;</text>", "undefined entity"),
        ("<group>" * 20 + "</group>" * 20, "nested deeper than 16"),
        ("<feed/>" * 2001, "more than 2000 elements"),
        ("<!--" + "x" * MAX_BYTES + "-->", "bytes; a template has 262144 at most"),
    ],
)
def test_a_wrong_template_is_told_with_file_and_line(body: str, said: str) -> None:
    text = fault(body)
    assert text.startswith("/etc/t/cash_receipt.xml")
    assert said in text


def test_entities_of_a_document_type_are_refused_before_they_grow() -> None:
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    source = f'<!DOCTYPE d [<!ENTITY a0 "ha">{laughs}]><document><text>&a9;</text></document>'
    for evil in (source, '<!DOCTYPE d SYSTEM "file:///etc/passwd"><document/>'):
        with pytest.raises(TemplateFault, match="document type"):
            Library({"cash_receipt.xml": evil.encode()}).template(CashReceipt)


def test_parts_do_not_include_parts() -> None:
    part = b'<part>\n<include part="loop"/></part>'
    text = fault('<include part="loop"/>', **{"loop.xml": part})
    assert text.startswith("/etc/t/loop.xml:2: a part cannot include another one")


def test_nested_loops_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_STEPS", 50)
    body = '<group for="a in basis"><group for="b in basis"><group for="c in basis">' + (
        '<text for="d in basis">x</text></group></group></group>'
    )
    assert len(filled(body).blocks) == 16
    many = receipt(basis=receipt().basis * 3)
    with pytest.raises(TemplateFault, match="more than 50 steps"):
        filled(body, many)


def test_a_root_that_is_no_document_and_bytes_that_are_no_text() -> None:
    for source, said in ((b"<part/>", "begins with <document>"), (b"\xff", "well-formed")):
        with pytest.raises(TemplateFault, match=said):
            Library({"cash_receipt.xml": source}).template(CashReceipt)
    with pytest.raises(TemplateFault, match=r"ru\.po:1: "):
        Library({"ru.po": b"rubbish"})
    with pytest.raises(TemplateFault, match="UTF-8"):
        Library({"ru.po": b"\xff"})


def test_data_of_a_partners_own_takes_the_template_of_its_tag() -> None:
    class Notice(DocumentData, frozen=True, kw_only=True, tag="notice"):
        words: str

    library = Library({"notice.xml": b'<document title="n"><text>{words}</text></document>'})
    data = Notice(language="en", document_id="x", issued_at=0, words="Closed")  # type: ignore[arg-type]
    assert library.fill(data).blocks == (Text(text="Closed"),)
    with pytest.raises(TemplateFault, match="no such template"):
        Library().fill(data)


def test_a_title_that_says_nothing() -> None:
    assert Issuer().name == ""
    assert filled("<text>{comment}</text><pair key='a'> {comment} </pair>").blocks == ()


def test_a_cash_receipt_on_narrow_paper_reads_as_expected() -> None:
    text = plain_text(lay_out(Library().fill(sample("cash_receipt", "ru")), 32))
    assert text.splitlines() == [
        "            Оригинал",
        "       ООО «Аквилон Опт»",
        "         ИНН 7707083893",
        "603000, г. Нижний Новгород, ул.",
        "          Портовая, 12",
        "     Тел. +7 831 555-01-12",
        "         Филиал «Волга»",
        "           Приходный",
        "         кассовый ордер",
        "           № K-00077",
        "Дата            06.08.2026 10:06",
        "Автомобиль            А417ВС 152",
        "Водитель            Сергей Орлов",
        "Маршрут                     Юг-3",
        "--------------------------------",
        "Принято от",
        "        ИП Иванова Анна Петровна",
        "ИНН                 526098765432",
        "Основание",
        "1042        06.08.2026  3 000,00",
        "0987        28.07.2026    450,50",
        "--------------------------------",
        "Сумма               3 450,50 RUB",
        "В том числе НДС           575,08",
        "Прописью: Три тысячи четыреста",
        "пятьдесят рублей 50 копеек",
        "Способ оплаты           Наличные",
        "Внесено                 3 500,00",
        "Сдача                      49,50",
        "Долг после                799,50",
        "Кассир              Сергей Орлов",
        "",
        "",
        "Сдал ___________________________",
        "                    Сергей Орлов",
        "",
        "Принял _________________________",
        "                   Иванова А. П.",
        "",
        "              [QR",
        "0198f2c4-7b1e-7c3a-9d52-3f6a1e0b",
        "         8c47:5d41402a]",
        "0198f2c4-7b1e-7c3a-9d52-3f6a1e0b",
        "              8c47",
        "       Устройство: FB-017",
        "     Не является фискальным",
        "           документом",
    ]
