"""Sheets as bytes of a printer, read back by a small reader of our own, dot by dot."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from PIL import Image

from appliance.printing import escpos
from appliance.printing.escpos import TooLong, render
from appliance.printing.profile import Profile, Profiles
from appliance.printing.raster import line_picture, strip_picture
from appliance.printing.sheet import (
    BarcodeStrip,
    Cut,
    Feed,
    Line,
    PictureStrip,
    QrStrip,
    Sheet,
    Style,
)

EPSON = Profiles().get("epson-tm-p80")
KINDS = ("raster", "graphics", "column")


def sheet(*strips, columns=48):
    return Sheet(title="x", columns=columns, dots=columns * 12, strips=strips)


def profile(**given):
    return Profile(**({"title": "x", "pages": {"0": "cp437"}, "cut": "none"} | given))


def read(data):
    """Read bytes back into (lines of letters with their page, pictures); nothing is passed over."""
    out, at, text, page, band = [], 0, b"", None, []

    def flush_band():
        if band:
            height = 24 * len(band)
            width = max(len(columns) for columns in band)
            picture = Image.new("1", (width, height), 255)
            for number, columns in enumerate(band):
                for x, column in enumerate(columns):
                    for y in range(24):
                        if column[y // 8] >> (7 - y % 8) & 1:
                            picture.putpixel((x, number * 24 + y), 0)
            out.append(picture)
            band.clear()

    while at < len(data):
        rest = data[at:]
        if rest[:2] == b"\x1b@":
            at += 2
        elif rest[:3] == b"\x1da\x0e":  # report changes; it follows the reset
            assert data[at - 2 : at] == b"\x1b@"
            at += 3
        elif rest[:2] in (b"\x1bt", b"\x1bu"):
            page, at = rest[2], at + 3
        elif rest[:2] in (b"\x1bE", b"\x1d!", b"\x1ba", b"\x1dV"):
            out.append((rest[:2], rest[2]))
            at += 3
        elif rest[:4] == b"\x1dv0\x00":
            wide = rest[4] + 256 * rest[5]
            high = rest[6] + 256 * rest[7]
            out.append(bits(rest[8 : 8 + wide * high], wide * 8, high))
            at += 8 + wide * high
        elif rest[:3] == b"\x1d(L":
            size = rest[3] + 256 * rest[4]
            body = rest[5 : 5 + size]
            if body[:2] == b"0p":
                wide = body[6] + 256 * body[7]
                high = body[8] + 256 * body[9]
                out.append(bits(body[10:], wide, high))
            at += 5 + size
        elif rest[:2] == b"\x1b3":
            at += 3
        elif rest[:2] == b"\x1b2":
            flush_band()
            at += 2
        elif rest[:3] == b"\x1b*\x21":
            wide = rest[3] + 256 * rest[4]
            raw = rest[5 : 5 + 3 * wide]
            band.append([raw[3 * x : 3 * x + 3] for x in range(wide)])
            assert rest[5 + 3 * wide : 6 + 3 * wide] == b"\n"
            at += 6 + 3 * wide
        elif rest[:1] == b"\n":
            out.append((page, text))
            text, at = b"", at + 1
        else:
            assert rest[0] >= 0x20, rest[:8]
            text, at = text + rest[:1], at + 1
    assert text == b""
    return out


def bits(raw, wide, high):
    return Image.frombytes("1", (wide, high), bytes(byte ^ 0xFF for byte in raw))


def same_dots(found, wanted):
    """Whether two pictures have the same black dots; white at the right and below counts not."""

    def black(picture):
        return {
            (x, y)
            for y in range(picture.height)
            for x in range(picture.width)
            if not picture.getpixel((x, y))
        }

    return black(found) == black(wanted)


def test_letters_of_the_font_are_sent_as_letters():
    found = read(render(sheet(Line(text="Кефир 1 л"), Line(text="Total")), EPSON).data)
    assert found == [(17, "Кефир 1 л".encode("cp866")), (17, b"Total")]


@pytest.mark.parametrize("images", KINDS)
def test_a_line_with_other_letters_alone_is_drawn(images):
    first, odd, last = Line(text="Total"), Line(text="Сомасы 12,50 ₸"), Line(text="Thanks")
    found = read(render(sheet(first, odd, last), profile(images=images)).data)
    assert found[0] == (0, b"Total")
    assert found[-1] == (0, b"Thanks")
    (picture,) = found[1:-1]
    assert same_dots(picture, line_picture(odd, 576))
    assert picture.height >= 30, "it stands as far from the next line as letters do"


def test_styles_are_set_where_they_change_and_end():
    bold = Line(text="A", style=Style(bold=True, wide=True, tall=True))
    found = read(render(sheet(bold, bold, Line(text="b"), Feed(lines=2)), EPSON).data)
    assert found == [
        (b"\x1bE", 1),
        (b"\x1d!", 0x11),
        (0, b"A"),
        (0, b"A"),
        (b"\x1bE", 0),
        (b"\x1d!", 0),
        (0, b"b"),
        (0, b""),
        (0, b""),
    ]


def test_inverse_is_drawn_over_the_whole_width():
    line = Line(text="Copy 1", style=Style(inverse=True))
    (picture,) = read(render(sheet(line), profile()).data)
    assert same_dots(picture, line_picture(line, 576))


@pytest.mark.parametrize("images", KINDS)
def test_codes_and_pictures_are_drawn_dot_by_dot(images):
    strips = (
        QrStrip(data="https://example.com/обмен", module=4),
        BarcodeStrip(kind="ean13", data="4600682000013"),
        PictureStrip(width=9, height=3, rows=b"\xff\x80\x81\x00\xff\x80", left=13),
    )
    generic = profile(qr="picture", barcodes="picture", images=images)
    pictures = read(render(sheet(*strips), generic).data)
    whole = Image.new("1", (576, sum(strip_picture(one, 576).height for one in strips)), 255)
    top = 0
    for one in strips:
        drawn = strip_picture(one, 576)
        whole.paste(drawn, (0, top))
        top += drawn.height
    found = Image.new("1", (576, sum(one.height for one in pictures)), 255)
    top = 0
    for one in pictures:
        found.paste(one, (0, top))
        top += one.height
    assert same_dots(found, whole)
    assert all(one.height <= generic.image_rows for one in pictures)


def test_a_printer_that_draws_codes_gets_their_data():
    data = render(
        sheet(
            QrStrip(data="ABC", module=5),
            BarcodeStrip(kind="code128", data="A-1"),
            BarcodeStrip(kind="ean8", data="46006819"),
        ),
        EPSON,
    ).data
    assert b"\x1d(k\x03\x001C\x05" in data, "the dots of a square"
    assert b"\x1d(k\x06\x001P0ABC" in data
    assert b"\x1dk\x49\x05{BA-1" in data
    assert b"\x1dk\x0346006819\x00" in data


def test_a_brace_in_a_code_128_does_not_act_on_the_printer():
    data = render(sheet(BarcodeStrip(kind="code128", data="a{B{1")), EPSON).data
    assert b"\x1dk\x49\x09{Ba{{B{{1" in data


@pytest.mark.parametrize("images", KINDS)
@pytest.mark.parametrize("columns", [64, 96])
def test_paper_wider_than_80_mm_takes_pictures_of_its_width(images, columns):
    line = Line(text="Сомасы ₸".rjust(columns), style=Style(inverse=True))
    wide = profile(images=images, columns=columns, dots=columns * 12)
    (picture,) = read(render(sheet(line, columns=columns), wide).data)
    assert same_dots(picture, line_picture(line, columns * 12))


def test_a_picture_in_parts_that_fit_the_length_of_graphics():
    high = PictureStrip(width=576, height=1_500, rows=b"\xff" * 72 * 1_500)
    tall = profile(images="graphics", image_rows=4_000)
    pictures = read(render(sheet(high), tall).data)
    assert sum(one.height for one in pictures) == 1_500
    assert len(pictures) == 2


def test_tall_letters_move_the_paper_by_their_height():
    tall = Line(text="₸", style=Style(tall=True))
    (picture,) = read(render(sheet(tall), profile()).data)
    assert picture.height == 48
    assert render(sheet(tall), profile()).dots_high == 48
    blank = Line(text="  ", style=Style(tall=True))
    assert render(sheet(blank), EPSON).data.endswith(b"\x1d!\x01 \n"), (
        "a space is high, nothing not"
    )


@pytest.mark.parametrize(
    ("cut", "command"), [("full", b"\x1dV\x00"), ("partial", b"\x1dV\x01"), ("none", b"")]
)
def test_the_last_line_is_fed_past_the_edge_before_the_cut(cut, command):
    printer = profile(cut=cut, feed_lines=3)
    data = render(sheet(Line(text="x"), Cut()), printer).data
    assert data.endswith(b"x\n\n\n\n" + command)


def test_datecs_is_asked_by_its_own_command():
    data = render(sheet(Line(text="Сирене")), Profiles().get("datecs-dpp")).data
    assert data == b"\x1b@\x1bu\x09" + "Сирене".encode("cp866") + b"\n"


def test_columns_of_datecs_are_spaced_by_dots():
    data = render(sheet(Line(text="Қымыз")), Profiles().get("datecs-dpp")).data
    assert b"\x1b3\x18" in data
    assert b"\x1b3\x10" not in data


def test_a_clone_is_taken_out_of_its_mode_for_chinese():
    data = render(sheet(Line(text="x")), Profiles().get("xprinter")).data
    assert data.startswith(b"\x1b@\x1c.")


def test_a_job_has_its_limit(monkeypatch):
    monkeypatch.setattr(escpos, "MAX_BYTES", 1_000)
    with pytest.raises(TooLong):
        render(sheet(*[Line(text="milk " * 8)] * 40), EPSON)


def test_thousands_of_drawn_lines_do_not_fill_the_memory():
    code = (
        "import pathlib, re\n"
        "from appliance.printing.escpos import render\n"
        "from appliance.printing.profile import Profiles\n"
        "from appliance.printing.sheet import Line, Sheet\n"
        "def peak(lines):\n"
        "    strips = tuple(Line(text=f'Сомасы ₸ {n}') for n in range(lines))\n"
        "    sheet = Sheet(title='x', columns=48, dots=576, strips=strips)\n"
        "    render(sheet, Profiles().get('generic'))\n"
        "    status = pathlib.Path('/proc/self/status').read_text()\n"
        "    return re.search(r'VmHWM:\\s+(\\d+)', status)[1]\n"
        "print(peak(10), peak(4_000))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    few, many = map(int, done.stdout.split())
    assert many - few < 40_000, "kB; all of them at once would take 130 MB"


@pytest.mark.parametrize("images", KINDS)
def test_pictures_are_cut_alike_however_many_wait(images, monkeypatch):
    strips = [Line(text="₸" * n, style=Style(tall=n % 3 == 0)) for n in range(1, 40)]
    printer = profile(images=images, image_rows=100)
    whole = render(sheet(*strips), printer)
    monkeypatch.setattr(escpos, "_MOST_WAITING", 130)
    assert render(sheet(*strips), printer) == whole


def test_how_long_it_takes_is_told_by_the_dots():
    rendered = render(sheet(Line(text="a"), Line(text="b"), Feed(lines=2)), EPSON)
    assert rendered.dots_high == 4 * EPSON.line_dots
    assert EPSON.seconds(800) == pytest.approx(1.0)


def test_the_terminal_is_never_taken_from_other_threads(capsys):
    strips = sheet(*(PictureStrip(width=64, height=24, rows=bytes(192)) for _ in range(20)))
    before, usual = sys.stdout, sys.getswitchinterval()
    work = threading.Thread(target=lambda: [render(strips, EPSON) for _ in range(30)])
    sys.setswitchinterval(1e-6)
    work.start()
    seen = set()
    while work.is_alive():
        seen.add(sys.stdout is before)
    sys.setswitchinterval(usual)
    assert seen == {True}
    assert capsys.readouterr().out == ""


def test_importing_the_library_leaves_nothing_behind(tmp_path):
    code = (
        "import logging, os, tempfile;"
        "from appliance.printing.escpos import _library;"
        "_library();"
        "print(len(logging.getLogger().handlers), os.listdir(tempfile.gettempdir()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"TMPDIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0 []\n"
