from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.testing.receipt_printer import Faults, ReceiptPrinter

RASTER = b"\x1dv0\0\x02\0\x03\0"  # GS v 0: two bytes a row, three rows
ASK = {1: b"\x10\x04\x01", 2: b"\x10\x04\x02", 3: b"\x10\x04\x03", 4: b"\x10\x04\x04"}


def asked(printer: ReceiptPrinter, question: bytes, now: float = 0.0) -> bytes:
    printer.receive(question, now)
    return printer.answers(now)


def test_in_order_it_says_so() -> None:
    printer = ReceiptPrinter()
    assert [asked(printer, ASK[kind]) for kind in ASK] == [b"\x12"] * 4
    assert asked(printer, b"\x1dr\x01") == b"\0"
    assert printer.printed == b""


def test_without_paper_it_stands_still_and_answers() -> None:
    printer = ReceiptPrinter(Faults(paper_out_at=3))
    printer.receive(b"abcdef", 0.0)
    assert printer.printed == b"abc"
    assert [asked(printer, ASK[kind])[0] for kind in ASK] == [0x1A, 0x32, 0x12, 0x72]
    assert asked(printer, b"\x1dr\x01") == b""
    printer.new_paper()
    printer.advance(1.0)
    assert printer.printed == b"abcdef"
    assert printer.answers(1.0) == b"\0"


def test_an_open_cover_is_told_from_missing_paper() -> None:
    printer = ReceiptPrinter(Faults(cover_open_at=0))
    assert asked(printer, ASK[2]) == b"\x16"
    assert asked(printer, ASK[4]) == b"\x12"


def test_a_process_id_comes_back_when_all_before_it_is_printed() -> None:
    printer = ReceiptPrinter(Faults(speed=10))
    question = b"\x1d(H\x06\x00\x30\x30job7"
    printer.receive(b"0123456789" + question, 0.0)
    printer.advance(0.5)
    assert (printer.printed, printer.answers(0.5)) == (b"01234", b"")
    printer.advance(1.5)
    assert (printer.printed, printer.answers(1.5)) == (b"0123456789", b"\x37\x22job7\x00")


def test_what_looks_like_a_question_in_a_picture_is_printed() -> None:
    printer = ReceiptPrinter()
    picture = RASTER + b"\x10\x04\x01\x1dr\x01"
    assert asked(printer, picture + ASK[1]) == b"\x12"
    assert printer.printed == picture


def test_clearing_drops_what_is_not_printed() -> None:
    printer = ReceiptPrinter(Faults(paper_out_at=1))
    printer.receive(b"abc", 0.0)
    assert asked(printer, bytes((0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))) == b"\x37\x25\0"
    printer.new_paper()
    printer.advance(0.0)
    assert (printer.printed, printer.dropped) == (b"a", b"bc")


def test_without_power_the_buffer_is_lost_and_without_the_line_it_is_not() -> None:
    for faults, printed in ((Faults(power_off_at=6), b""), (Faults(unplug_at=6), b"abcdef")):
        printer = ReceiptPrinter(faults)
        printer.open_cover()
        printer.receive(b"abcdef", 0.0)
        assert not printer.plugged
        printer.new_paper()
        printer.advance(1.0)
        assert printer.printed == printed
        assert printer.printed + printer.dropped == b"abcdef"


def test_a_slow_head_fills_its_buffer_and_takes_no_more() -> None:
    printer = ReceiptPrinter(Faults(speed=100, buffer=50))
    assert printer.room == 50
    printer.receive(b"x" * 50, 0.0)
    assert printer.room == 0
    printer.advance(0.1)
    assert (printer.room, len(printer.printed)) == (10, 10)


def test_it_reports_once_when_told_to_and_then_what_changes() -> None:
    printer = ReceiptPrinter()
    assert asked(printer, b"\x1da\x0e") == bytes.fromhex("10000000")
    printer.advance(1.0)
    assert printer.answers(1.0) == b""
    printer.open_cover()
    printer.advance(2.0)
    assert printer.answers(2.0) == bytes.fromhex("38000000")
    printer.faults = Faults(paper_out_at=0)
    assert asked(printer, ASK[1], 3.0) == b"\x1a"
    printer.new_paper()
    printer.advance(4.0)
    assert printer.answers(4.0) == bytes.fromhex("10000000")
    printer.receive(b"\x1b@", 5.0)  # ends it
    printer.open_cover()
    printer.advance(6.0)
    assert printer.answers(6.0) == b""


def test_it_reports_only_what_was_asked_for() -> None:
    printer = ReceiptPrinter()
    assert asked(printer, b"\x1da\x08") == bytes.fromhex("10000000")
    printer.open_cover()
    printer.advance(1.0)
    assert printer.answers(1.0) == b""
    printer.faults = Faults(paper_low=True)
    printer.advance(2.0)
    assert printer.answers(2.0) == bytes.fromhex("38000300")


def test_a_report_goes_before_an_answer_that_is_late_and_its_halves_stay_together() -> None:
    printer = ReceiptPrinter(Faults(answer_delay_s=1.0, report_gap_s=2.0))
    printer.receive(b"\x1da\x0e", 0.0)
    assert printer.answers(5.0) == bytes.fromhex("10000000")
    printer.receive(ASK[1], 10.0)
    printer.open_cover()
    printer.advance(10.0)
    assert printer.answers(11.5) == bytes.fromhex("3800")
    assert printer.answers(12.0) == bytes.fromhex("0000 12")


def test_a_cable_that_is_pulled_in_a_picture_leaves_the_printer_waiting_for_the_rest() -> None:
    printer = ReceiptPrinter()
    printer.receive(RASTER + b"ab", 0.0)
    printer.unplug()
    printer.replug()
    assert asked(printer, ASK[1]) == b""  # three of the four bytes that were missing
    assert asked(printer, b"\0" + ASK[1]) == b"\x12"
    printer.receive(RASTER + b"ab", 0.0)
    printer.power_off()
    printer.replug()
    assert asked(printer, ASK[1]) == b"\x12"


def test_some_printers_obey_what_stands_in_a_picture() -> None:
    printer = ReceiptPrinter(Faults(hears_pictures=True, paper_out_at=0))
    printer.receive(RASTER + b"ab", 0.0)
    assert asked(printer, bytes((0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))) == b"\x37\x25\0"
    printer.new_paper()
    printer.receive(b"text", 0.0)
    assert printer.printed == b"text"


def test_it_tells_its_battery_in_three_ways_which_printing_drains() -> None:
    questions = (b"\x1b`", b"\x1dIb", b"\x10\x14\x07\x05")
    assert [asked(ReceiptPrinter(), question) for question in questions] == [b""] * 3
    printer = ReceiptPrinter(Faults(battery=1.0, drain=0.01))
    full = (bytes((84 + 32, 57)), b"\x37\x45\x30\0", b"\x37\x45\x31\x36\0")
    assert tuple(asked(printer, question) for question in questions) == full
    printer.receive(b"x" * 90, 0.0)
    empty = (bytes((62 + 32, 57)), b"\x37\x45\x33\0", b"\x37\x45\x31\x31\0")
    assert tuple(asked(printer, question) for question in questions) == empty


@given(
    st.lists(
        st.sampled_from([b"text", RASTER + b"\x10\x04\x01\x1d\x1b\x10", b"\x1b@", b"\x1dk\x04A1\0"])
    ),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_however_a_stream_is_cut_the_same_is_printed(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    printer = ReceiptPrinter()
    at = number = 0
    while at < len(stream):
        size = cuts[number % len(cuts)]
        printer.receive(stream[at : at + size], 0.0)
        at, number = at + size, number + 1
    assert printer.printed == stream
    assert printer.answers(0.0) == b""


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_break_it_and_none_is_lost(chunks: list[bytes]) -> None:
    printer = ReceiptPrinter()
    for chunk in chunks:
        printer.receive(chunk, 0.0)
    printer.power_off()
    kept = printer.printed + printer.dropped
    assert len(kept) <= sum(map(len, chunks))
    position = -1
    stream = b"".join(chunks)
    for byte in kept:  # in order, but for the questions that were answered
        position = stream.index(byte, position + 1)
