"""Virtual paper by itself: where ink stands, where slips end, and that no bytes harm it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from appliance.testing import PaperMachine, VirtualPaper
from appliance.testing.paper_roll import MAX_HIGH

CUT = b"\x1dV\x00"


def printed(data: bytes, machine: PaperMachine | None = None, strange: bool = False):
    """Print a job and return its one slip."""
    paper = VirtualPaper(machine)
    paper.feed(data)
    paper.tear()
    assert strange or not paper.strange, paper.strange
    (slip,) = paper.slips
    return slip


def ink(slip):
    """The box around what is black."""
    return ImageChops.invert(slip.picture).getbbox()


def blocks(job: bytes) -> bytes:
    """Put a black cell for each ``#``."""
    return job.replace(b"#", b"\x1dB\x01 \x1dB\x00")


def raster(wide: int, high: int) -> bytes:
    return (
        b"\x1dv0\x00"
        + (wide // 8).to_bytes(2, "little")
        + high.to_bytes(2, "little")
        + b"\xff" * (wide // 8 * high)
    )


def test_letters_are_those_of_the_page_that_was_chosen():
    text = b"\x1bt\x11" + "Чай".encode("cp866") + b"\x1bt\x35" + "ің".encode("kz1048") + b"\n"
    assert printed(text).lines == ("Чайің",)
    datecs = PaperMachine(pages={9: "cp866"}, page_command="ESC u")
    assert printed(b"\x1bu\x09" + "Чай".encode("cp866") + b"\n", datecs).lines == ("Чай",)


def test_a_letter_that_the_page_lacks_is_a_box_and_is_counted():
    paper = VirtualPaper()
    paper.feed(b"\x1bt\x63\xe0A\n" + CUT)
    assert paper.strange == {"letter E0 of page 99": 1}
    assert paper.slips[0].lines == ("\ufffdA",)


def test_sizes_alignment_and_spacing_are_dots_on_paper():
    plain = printed(blocks(b"#\n"))
    left, top, right, bottom = ink(plain)
    assert (left, top, right, bottom, plain.picture.height) == (0, 0, 12, 24, 30)
    assert printed(blocks(b"\x1ba\x01#\n")).picture.size == (576, 30)
    assert ink(printed(blocks(b"\x1ba\x01#\n")))[0] == (576 - 12) // 2
    assert ink(printed(blocks(b"\x1ba\x02#\n")))[2] == 576
    large = printed(blocks(b"\x1d!\x12#\n\x1d!\x00#\n"))  # twice as wide, three times as high
    assert large.picture.height == 72 + 30
    assert ink(large)[2] == 24
    assert printed(blocks(b"\x1b3\x90#\n#\n")).picture.height == 144
    assert printed(blocks(b"\x1bd\x03#\n\x1bJ\x14")).picture.height == 3 * 30 + 30 + 10
    bold, usual = printed(b"\x1bEHHH\n".replace(b"E", b"E\x01")), printed(b"HHH\n")
    assert black(bold) > black(usual)
    assert black(printed(b"\x1b-\x02HHH\n")) > black(usual)


def black(slip):
    return slip.picture.convert("L").histogram()[0]


def test_letters_of_two_sizes_stand_on_one_line():
    slip = printed(blocks(b"#\x1d!\x01#\n"))
    small = slip.picture.crop((0, 0, 12, 48))
    assert ImageChops.invert(small).getbbox()[1] >= 24


def test_a_line_that_is_full_wraps_and_is_counted():
    paper = VirtualPaper()
    paper.feed(b"x" * 49 + b"\n" + CUT)
    assert paper.strange == {"line wrapped": 1}
    assert paper.slips[0].lines == ("x" * 48, "x")


GRAPHICS = b"\x1d(L\x1a\x000p0\x01\x01\x31\x10\x00\x08\x00" + b"\xff" * 16
COLUMNS = b"\x1b*\x21\x10\x00" + b"\xff" * 48 + b"\n"
SINGLE = b"\x1b*\x00\x08\x00" + b"\xff" * 8 + b"\n"


@pytest.mark.parametrize(
    ("job", "box", "line"),
    [
        (raster(16, 8), (0, 0, 16, 8), "[image 16x8]"),
        (raster(16, 8).replace(b"v0\x00", b"v0\x03"), (0, 0, 32, 16), "[image 32x16]"),
        (b"\x1ba\x01" + raster(16, 8), (280, 0, 296, 8), "[image 16x8]"),
        (GRAPHICS + b"\x1d(L\x02\x0002", (0, 0, 16, 8), "[image 16x8]"),
        (COLUMNS, (0, 0, 16, 24), "[image 16x24]"),
        (SINGLE, (0, 0, 16, 24), "[image 16x24]"),
    ],
)
def test_pictures_stand_where_they_were_sent(job, box, line):
    slip = printed(job)
    assert ink(slip) == box
    assert slip.lines[0] == line
    assert black(slip) == (box[2] - box[0]) * (box[3] - box[1])


def test_dots_of_columns_go_from_top_to_bottom():
    slip = printed(b"\x1b*\x21\x02\x00" + b"\x80\x00\x00" + b"\x00\x00\x01" + b"\n")
    dots = slip.picture.convert("L").tobytes()
    found = [divmod(at, 576) for at, dot in enumerate(dots) if not dot]
    assert found == [(0, 0), (23, 1)]


def test_what_is_wider_than_the_paper_is_cut_and_counted():
    narrow = PaperMachine(dots=384)
    for job in (raster(576, 8), COLUMNS.replace(b"\x10\x00", b"\x90\x01") + b"\xff" * 1152):
        paper = VirtualPaper(narrow)
        paper.feed(job)
        paper.tear()
        assert paper.strange["wider than the paper"] == 1
        assert paper.slips[0].picture.width == 384


def test_a_cut_a_finished_job_and_too_much_paper_end_a_slip():
    paper = VirtualPaper()
    paper.feed(b"one\n" + CUT + CUT + b"two\n\x1d(H\x06\x0000abcd" + b"three\n\n")
    assert [(slip.lines, slip.ended) for slip in paper.slips] == [
        (("one",), "cut"),
        (("two",), "torn"),
    ]
    paper.feed(b"\n" * (MAX_HIGH // 30))
    assert paper.slips[2].ended == "long"
    assert paper.slips[2].lines[0] == "three"
    assert paper.slips[2].picture.height <= MAX_HIGH + 30
    assert paper.clean


def test_a_slip_is_a_png_file_of_the_printers_dots():
    with Image.open(io.BytesIO(printed(b"A\n").png())) as opened:
        assert (opened.format, opened.size, opened.mode) == ("PNG", (576, 30), "1")
        assert round(opened.info["dpi"][0]) == 203


def test_what_no_printer_has_is_counted_and_does_not_hide_what_follows():
    paper = VirtualPaper()
    paper.feed(b"\x1b\x7fone\n\x1d\x01two\n\x1d(Z\x02\x00xythree\n\x07\x00" + CUT)
    assert paper.slips[0].lines == ("one", "two", "three")
    assert paper.strange == {"ESC 7F": 1, "GS 01": 1, "GS ( Z": 1, "byte 07": 1}


COMMANDS = st.one_of(
    st.binary(max_size=30),
    st.builds(
        lambda lead, rest: lead + rest,
        st.sampled_from(
            [
                *(b"\x1b*", b"\x1bt", b"\x1b3", b"\x1bD", b"\x1bd", b"\x1bJ", b"\x1b!", b"\x1b$"),
                *(b"\x1dv0", b"\x1dk", b"\x1d(k", b"\x1d(L", b"\x1d8L", b"\x1dL", b"\x1dW"),
                *(b"\x1d!", b"\x1dV", b"\x1dh", b"\x1dw", b"\x1d*", b"\x1bK", b"\x10\x14", b"\n"),
                *(b"\x1d(k\x05\x001P0xy\x1d(k\x03\x001Q0", GRAPHICS, b"\x1d(L\x02\x0002"),
            ]
        ),
        st.binary(max_size=12),
    ),
)


@given(st.lists(COMMANDS, max_size=30).map(b"".join), st.integers(1, 40))
def test_no_bytes_harm_it_and_pieces_change_nothing(data, size):
    whole, pieces = VirtualPaper(), VirtualPaper()
    whole.feed(data)
    for at in range(0, len(data), size):
        pieces.feed(data[at : at + size])
    for paper in (whole, pieces):
        paper.tear()
    assert [slip.lines for slip in whole.slips] == [slip.lines for slip in pieces.slips]
    assert whole.strange == pieces.strange
    for slip, other in zip(whole.slips, pieces.slips, strict=True):
        assert slip.picture.size == other.picture.size
        assert slip.picture.height <= MAX_HIGH + 70_000
        assert slip.picture.tobytes() == other.picture.tobytes()


def test_a_picture_that_announces_more_than_memory_has_is_bounded():
    paper = VirtualPaper()
    paper.feed(b"\x1d8L" + (2**32 - 1).to_bytes(4, "little") + b"0p0\x01\x01\x31")
    for _ in range(20):
        paper.feed(b"\xff" * 1_000_000)
    assert paper.clean
    assert len(paper._commands._data) <= 8 * 1024 * 1024
