"""Paper read back by programs that are not ours: each document, language, width and printer."""

from __future__ import annotations

import itertools

import paper_reader as reader
import pytest
from paper_printers import PRINTERS, printed

from appliance.api.documents import Barcode, Document, Qr, Text
from appliance.printing.layout import lay_out
from appliance.printing.library import Library
from appliance.printing.raster import draw
from appliance.printing.samples import SAMPLES, sample
from appliance.printing.sheet import BarcodeStrip, QrStrip

pytestmark = pytest.mark.slow

LANGUAGES = ("en", "ru", "bg", "kk", "uz")
WIDTHS = (32, 42, 48, 64)
EVERY_DAY = dict(
    zip(
        itertools.product(SAMPLES, LANGUAGES),
        itertools.cycle(itertools.product(WIDTHS, PRINTERS)),
        strict=False,
    )
)
"""A width and a printer for each document in each language, all of them in turn."""
LIBRARY = Library()


@pytest.fixture(scope="module")
def emupos():
    reader.need_zbarimg()
    with reader.emupos() as found:
        yield found


def read(codes):
    """Read all codes at once."""
    found = reader.read_codes([code.picture for code in codes])
    for code, data in zip(codes, found, strict=True):
        assert data == [code.data]


def codes_of(sheet):
    """What a reader should say of a sheet."""
    return [reader.said(one) for one in sheet.strips if isinstance(one, QrStrip | BarcodeStrip)]


@pytest.mark.parametrize(("name", "language"), EVERY_DAY)
def test_a_document_is_read_back_as_it_was_laid_out(emupos, name, language):
    columns, printer = EVERY_DAY[name, language]
    sheet = lay_out(LIBRARY.fill(sample(name, language)), columns)
    codes = printed(emupos, sheet, printer)
    data = codes_of(sheet)
    assert [code.data for code in codes] == data
    *on_paper, drawn = reader.read_codes([*(code.picture for code in codes), draw(sheet)])
    assert [*on_paper, drawn] == [*([one] for one in data), data]


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_every_document_on_every_paper(emupos, printer, columns):
    codes = []
    for name, language in itertools.product(SAMPLES, LANGUAGES):
        sheet = lay_out(LIBRARY.fill(sample(name, language)), columns)
        codes += printed(emupos, sheet, printer)
    assert len(codes) == len(SAMPLES) * len(LANGUAGES)
    read(codes)


CODES = (
    Barcode(kind="code128", data="F-{01}/a{B"),
    Barcode(kind="code39", data="FB-017 A"),
    Barcode(kind="ean13", data="4600682000013"),
    Barcode(kind="ean8", data="46006813"),
    Barcode(kind="upca", data="012345678905"),
    Barcode(kind="itf", data="04600682000013"),
    Qr(data="A"),
    Qr(data="https://example.com/обмен?ү=қ&№=1"),
    Qr(data="x" * 997),
)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_codes_of_all_kinds_are_read_off_paper_and_off_our_picture(emupos, printer, columns):
    blocks = [part for code in CODES for part in (Text(text="above"), code, Text(text="below"))]
    sheet = lay_out(Document(title="x", blocks=tuple(blocks)), columns)
    data = codes_of(sheet)
    assert len(data) == len(CODES), "some code did not fit the paper"
    codes = printed(emupos, sheet, printer)
    assert [code.data for code in codes] == data
    ours = [draw(lay_out(Document(title="x", blocks=(code,)), columns)) for code in CODES]
    read([*codes, *map(reader.Code, data, ours)])
