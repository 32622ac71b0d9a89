"""The same bytes read by virtual paper and by emupos, which share no code: both see the same.

Letters are compared as text and by the cells that have ink, since the fonts are not the same;
what is drawn dot by dot.
"""

from __future__ import annotations

import re

import msgspec
import paper_reader as reader
import pytest
from paper_printers import PRINTERS

from appliance.printing.escpos import render
from appliance.printing.layout import lay_out
from appliance.printing.library import Library
from appliance.printing.samples import sample
from appliance.testing import PaperMachine, VirtualPaper

LANGUAGES = ("en", "ru", "bg", "kk", "uz")
CODECS = {"WPC1250": "cp1250", "WPC1251": "cp1251", "WPC1252": "cp1252", "KZ1048": "kz1048"}
LIBRARY = Library()


@pytest.fixture(scope="module")
def emupos():
    with reader.emupos() as found:
        yield found


def machine(make, dots):
    """Return our paper of the printer that emupos plays."""
    pages = {number: CODECS.get(page, page.lower()) for number, page in make.pages.items()}
    pages = {number: page.replace("pc", "cp") for number, page in pages.items()}
    return PaperMachine(dots=dots, pages={**PaperMachine().pages, **pages})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("printer", PRINTERS)
def test_both_readers_see_the_same_paper(emupos, printer, language):
    profile, make = PRINTERS[printer]
    sheet = lay_out(LIBRARY.fill(sample("order_copy", language)), 48)
    profile = msgspec.structs.replace(profile, columns=48, dots=576)
    data = render(sheet, profile).data
    (theirs,) = emupos.print(data, make, 576)
    paper = VirtualPaper(machine(make, 576))
    paper.feed(data)
    paper.tear()
    assert not paper.strange
    (ours,) = paper.slips
    reader.compare(sheet, profile, reader.Paper(list(ours.lines), ours.picture, []))
    assert trimmed(ours.lines) == trimmed(theirs.lines)
    assert theirs.picture.height <= ours.picture.height  # emupos ends with the last ink


def trimmed(lines):
    """Lines without the white paper at the end, and without how a bar code's kind is called."""
    found = [re.sub(r"^\[barcode \S+", "[barcode", line) for line in lines]
    while found and not found[-1]:
        found.pop()
    return found
