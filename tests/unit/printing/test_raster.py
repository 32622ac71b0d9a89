from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from appliance.api.documents import Barcode, Document, Image, Qr
from appliance.printing.layout import lay_out
from appliance.printing.qr_code import qr_squares
from appliance.printing.raster import (
    CELL_HEIGHT,
    MAX_DOTS_HIGH,
    draw,
    line_picture,
    png,
    strip_picture,
)
from appliance.printing.sheet import Feed, Line, Sheet, Style

from .test_paper_layout import documents

LETTERS = "АЁЙЩЪЫЬЭЮЯѝЍӘҒҚҢӨҰҮҺІәғқңөұүһіЎЎҲҳ‘’№₸₽€«»„“–"


def black(picture: Pillow.Image) -> int:
    return picture.histogram()[0]


def test_every_letter_of_the_languages_has_a_picture_of_its_own() -> None:
    nothing = line_picture(Line(text="\U0010ffff"), 12).tobytes()
    seen = {}
    for letter in sorted(set(LETTERS)):
        dots = line_picture(Line(text=letter), 12)
        assert dots.tobytes() != nothing, letter
        assert 4 < black(dots) < 200, letter
        seen[letter] = dots.tobytes()
    assert len(set(seen.values())) == len(seen)


@pytest.mark.parametrize("text", ["|" * 48, "Щ" * 48, "_" * 48, "Ӛ́" * 40])
def test_a_full_line_fits_its_cells(text: str) -> None:
    picture = line_picture(Line(text=text), 576)
    assert picture.size == (576, CELL_HEIGHT)
    assert black(picture) > 48


def test_styles() -> None:
    plain = line_picture(Line(text="Чай"), 384)
    bold = line_picture(Line(text="Чай", style=Style(bold=True)), 384)
    large = line_picture(Line(text="Чай", style=Style(wide=True, tall=True)), 384)
    inverse = line_picture(Line(text="Чай", style=Style(inverse=True)), 384)
    assert black(bold) > black(plain)
    assert large.size == (384, 2 * CELL_HEIGHT)
    assert black(large) == 4 * black(plain)
    assert black(inverse) == 384 * CELL_HEIGHT - black(plain)


def test_a_picture_is_drawn_dot_by_dot_where_it_stands() -> None:
    out = io.BytesIO()
    given = Pillow.effect_noise((50, 20), 90).convert("1")
    given.save(out, "PNG")
    document = Document(title="t", blocks=(Image(data=out.getvalue(), align="right"),))
    picture = draw(lay_out(document, 32))
    assert picture.size == (384, 20 + CELL_HEIGHT)
    assert picture.crop((334, 0, 384, 20)).tobytes() == given.tobytes()
    assert black(picture) == black(given)


def test_a_sheet_without_end_is_cut_and_says_so() -> None:
    sheet = Sheet(title="t", columns=8, dots=96, strips=(Feed(lines=50),) * 1000)
    picture = draw(sheet)
    assert MAX_DOTS_HIGH - 51 * CELL_HEIGHT < picture.height <= MAX_DOTS_HIGH
    last = picture.crop((0, picture.height - CELL_HEIGHT, 96, picture.height))
    assert last.tobytes() == line_picture(Line(text="[...]"), 96).tobytes()


@given(documents, st.sampled_from([32, 48]))
def test_a_picture_is_as_high_as_its_strips(document: Document, columns: int) -> None:
    sheet = lay_out(document, columns)
    picture = draw(sheet)
    heights = [strip_picture(strip, sheet.dots).height for strip in sheet.strips]
    assert picture.size == (sheet.dots, sum(heights))


def test_a_code_can_be_read_with_a_seventh_of_it_spoiled() -> None:
    # 46 bytes: version 4 with the error correction M, version 3 with L (ISO/IEC 18004, table 7).
    squares = qr_squares("0198f2c4-7b1e-7c3a-9d52-3f6a1e0b8c47:5d41402ab")
    assert squares is not None
    assert len(squares) == 33


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed")
@pytest.mark.parametrize("columns", [32, 42, 48, 64])
def test_an_independent_reader_reads_the_codes(columns: int, tmp_path: Path) -> None:
    document = Document(
        title="t",
        blocks=(
            Qr(data="0198f2c4-7b1e-7c3a-9d52-3f6a1e0b8c47:5d41402a", text=""),
            Barcode(kind="ean13", data="400638133393"),
            Barcode(kind="code128", data="A-000318"),
            Barcode(kind="code39", data="K 77"),
        ),
    )
    file = tmp_path / "page.png"
    sheet = lay_out(document, columns)
    file.write_bytes(png(sheet))
    with Pillow.open(file) as picture:
        assert (picture.mode, picture.width) == ("1", columns * 12)
    ran = subprocess.run(["zbarimg", "-q", str(file)], capture_output=True, check=False)
    assert set(ran.stdout.decode().splitlines()) == {
        "QR-Code:0198f2c4-7b1e-7c3a-9d52-3f6a1e0b8c47:5d41402a",
        "EAN-13:4006381333931",
        "CODE-128:A-000318",
        "CODE-39:K 77",
    }


def dots(text: str) -> bytes:
    return line_picture(Line(text=text), 48).tobytes()


@pytest.mark.parametrize("text", ["а\u0300", "я\u0301", "q\u0308", "ж\u0306"])
def test_a_mark_on_a_letter_is_drawn_above_it(text: str) -> None:
    plain, marked = (line_picture(Line(text=one), 48) for one in (text[0], text))
    assert marked.tobytes() != plain.tobytes()
    # Below the small letter's height nothing changes, and the next cell stays white.
    assert marked.crop((0, 12, 48, 24)).tobytes() == plain.crop((0, 12, 48, 24)).tobytes()
    assert marked.crop((12, 0, 48, 24)).tobytes() == plain.crop((12, 0, 48, 24)).tobytes()


@pytest.mark.parametrize("mark", ["\u0338", "\u0321", "\u20e3"])
def test_a_mark_that_the_font_lacks_is_seen_to_be_missing(mark: str) -> None:
    assert len({dots("Z"), dots("Z" + mark), dots("Z\u0301"), dots("Z\u0301" + mark)}) == 4


def test_a_thousand_marks_on_a_letter_take_no_time() -> None:
    assert dots("a" + "\u0338\u0301" * 100_000) != dots("a")


def test_a_transparent_picture_of_16_million_pixels_does_not_fill_the_memory(
    tmp_path: Path,
) -> None:
    file = tmp_path / "logo.png"
    Pillow.new("RGBA", (4_000, 4_000), (0, 0, 0, 128)).save(file)
    code = (
        "import pathlib, re, sys\n"
        "from appliance.printing.picture import picture_strip\n"
        "data = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "assert picture_strip(data, 576, 576, 'left')\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', status)[1])\n"
    )
    command = [sys.executable, "-c", code, str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 180_000, "kB; unpacked it has 64 MB"
