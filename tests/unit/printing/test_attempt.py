"""An attempt against a scripted printer: what is counted is what arrived, whatever goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.printing.attempt import attempt
from appliance.printing.attempt_steps import (
    Ask,
    Begin,
    Broken,
    Done,
    Drain,
    Drained,
    Dropped,
    Fill,
    Heard,
    Listen,
    NotBegun,
    Send,
    Stopped,
    Told,
    Took,
)
from appliance.printing.confirmation import process_id
from appliance.printing.leftover import Leftover
from appliance.printing.link import Link, Patience
from appliance.printing.look import look
from appliance.printing.status import Automatic, Block, RealTime, Transmitted

PAYLOAD = bytes(range(256)) * 2
EVERYTHING = Link(answers=True, reports=True, confirms="printed", clears=True)
PATIENCE = Patience(stall=20, confirm=10)


@dataclass
class Printer:
    """A printer that takes bytes until something happens.

    Attributes:
        breaks_at: the link breaks once so many bytes of the job arrived.
        empty_at: the paper ends there, for so many steps.
        silent: it answers nothing at all.
        deaf_at: it takes no byte from there on, and says nothing.
        cancel_at: a person gives the job up at that step.
        goes_after: so many times the line is listened to, then it is gone.
        no_paper: before the job begins.
    """

    breaks_at: int = -1
    empty_at: int = -1
    empty_steps: int = 3
    silent: bool = False
    deaf_at: int = -1
    cancel_at: int = -1
    no_paper: bool = False
    lasts: int = 2
    drains: int = 1
    goes_after: int = -1
    got: bytearray = field(default_factory=bytearray)
    begun: int = 0
    step: int = 0
    stops: list = field(default_factory=list)
    wants: bytes = b""
    filled: bytearray = field(default_factory=bytearray)
    keeps: bool = False

    def run(self, link, **given):
        given = {"number": 7, "seconds": 5.0, "patience": PATIENCE, "chunk": 100} | given
        steps = attempt(PAYLOAD, link, **given)
        answer = None
        try:
            while True:
                answer = self.do(steps.send(answer))
        except StopIteration as end:
            return end.value

    def do(self, step):
        self.step += 1
        assert self.step < 1_000, "it never ends"
        canceled = 0 <= self.cancel_at <= self.step
        if isinstance(step, Begin):
            self.begun += 1
            return Told(canceled)
        if isinstance(step, Stopped):
            self.stops.append(step.reasons)
            return Told(canceled)
        if isinstance(step, Ask):
            return self.heard(self.answers(step.command), canceled)
        if isinstance(step, Drain):
            return Drained(self.drains > 0, seconds=2.0, canceled=canceled)
        if isinstance(step, Listen) and not self.wants:
            self.goes_after -= 1
            gone = "unplugged" if self.goes_after == -1 else ""
            return Heard([], seconds=step.seconds, canceled=canceled, gone=gone)
        if isinstance(step, Listen):
            return self.heard(self.confirmation(), canceled)
        if isinstance(step, Fill):
            assert self.begun == 0
            self.filled += step.data
            return Took(len(step.data), [], canceled=canceled)
        assert isinstance(step, Send)
        return self.take(step.data, canceled)

    def heard(self, said, canceled):
        return Heard(said, seconds=0.1 if said else 2.0, canceled=canceled)

    def answers(self, command):
        if self.silent:
            return []
        if command == b"\x1dr\x01":
            return [Transmitted(0)]
        if command[:2] == b"\x10\x04":
            out = self.no_paper or self.out()
            meaning = {1: 0x08, 2: 0x20, 3: 0, 4: 0x60}
            return [RealTime(0x12 | (meaning[command[2]] if out else 0))]
        assert command.startswith(b"\x10\x14\x08")
        return [] if self.keeps else [Block(0x25, b"")]

    def out(self):
        return len(self.got) == self.empty_at and self.empty_steps > 0

    def take(self, data, canceled):
        if self.begun == 0:
            raise AssertionError("a byte of the job before Begin")
        question = len(self.got) == len(PAYLOAD)
        if question:
            self.wants += data
            return Took(len(data), [], canceled=canceled)
        if self.out():
            self.empty_steps -= 1
            said = [Automatic(b"\x18\0\x0c\0")]
            return Took(0, said, seconds=2.0, canceled=canceled)
        well = []
        if len(self.got) == self.empty_at and self.empty_steps == 0:
            self.empty_steps, well = -1, [Automatic(b"\x10\0\0\0")]
        if len(self.got) == self.deaf_at:
            return Took(0, well, seconds=2.0, canceled=canceled)
        size = len(data)
        for edge in (self.breaks_at, self.empty_at, self.deaf_at):
            if edge > len(self.got):
                size = min(size, edge - len(self.got))
        self.got += data[:size]
        gone = "unplugged" if 0 <= self.breaks_at <= len(self.got) else ""
        return Took(size, well, gone=gone, canceled=canceled)

    def confirmation(self):
        self.lasts -= 1
        if self.lasts > 0 or self.silent:
            return []
        if self.wants.startswith(b"\x1d(H"):
            return [Block(0x22, self.wants[-4:])]
        return [Transmitted(0)] if self.wants.endswith(b"\x1dr\x01") else []


@pytest.mark.parametrize(
    ("link", "confirmed"),
    [
        (EVERYTHING, "printed"),
        (Link(answers=True, confirms="processed"), "processed"),
        (Link(), "sent"),
    ],
)
def test_a_good_printer_gets_every_byte_once(link, confirmed):
    printer = Printer()
    assert printer.run(link) == Done(confirmed)
    assert printer.got == PAYLOAD
    assert (printer.begun, printer.stops) == (1, [])


@pytest.mark.parametrize("link", [EVERYTHING, Link()])
@pytest.mark.parametrize("cut", range(1, len(PAYLOAD) + 1))
def test_a_link_that_breaks_at_any_byte_is_counted_to_the_byte(link, cut):
    printer = Printer(breaks_at=cut)
    ending = printer.run(link)
    assert ending == Broken(cut, "unplugged")
    assert len(printer.got) == cut


def test_nothing_is_begun_without_paper():
    printer = Printer(no_paper=True)
    assert printer.run(EVERYTHING) == NotBegun(frozenset({"media-empty"}))
    assert (printer.begun, printer.got) == (0, b"")


def test_nothing_is_begun_on_a_printer_that_does_not_answer():
    printer = Printer(silent=True)
    ending = printer.run(EVERYTHING)
    assert isinstance(ending, NotBegun)
    assert ending.reasons == {"timed-out"}
    assert printer.begun == 0


@pytest.mark.parametrize("at", [1, 99, 100, 101, len(PAYLOAD) - 1])
def test_paper_that_ends_in_the_middle_is_waited_for_however_long_it_takes(at):
    printer = Printer(empty_at=at, empty_steps=200)
    assert printer.run(EVERYTHING) == Done("printed")
    assert printer.got == PAYLOAD
    assert printer.stops == [frozenset({"media-empty"}), frozenset()]


def test_a_printer_that_takes_no_more_and_does_not_say_why_is_given_up():
    printer = Printer(deaf_at=150)
    ending = printer.run(EVERYTHING)
    assert isinstance(ending, Broken)
    assert ending.sent == 150
    assert printer.stops == [frozenset({"timed-out"})]


def test_a_job_that_does_not_leave_the_machine_is_unknown():
    printer = Printer(drains=0)
    ending = printer.run(Link())
    assert isinstance(ending, Broken)
    assert ending.sent == len(PAYLOAD)


def test_a_line_that_goes_while_a_printer_without_a_voice_prints_makes_the_job_unknown():
    assert Printer(goes_after=2).run(Link(), seconds=5.0) == Broken(len(PAYLOAD), "unplugged")
    assert Printer(goes_after=3).run(Link(), seconds=5.0) == Done("sent")


def test_a_job_that_is_not_confirmed_is_unknown():
    printer = Printer(lasts=10_000)
    ending = printer.run(EVERYTHING)
    assert isinstance(ending, Broken)
    assert ending.sent == len(PAYLOAD)


def test_paper_that_ended_with_the_last_line_delays_the_confirmation_alone():
    printer = Printer(empty_at=len(PAYLOAD), empty_steps=1, lasts=30)
    assert printer.run(EVERYTHING, seconds=1, patience=Patience(confirm=4)) == Done("printed")
    assert printer.stops == [frozenset({"media-empty"})]


def test_the_confirmation_of_another_job_confirms_nothing():
    printer = Printer()
    printer.confirmation = lambda: [Block(0x22, process_id(6))]
    ending = printer.run(EVERYTHING)
    assert isinstance(ending, Broken)


def test_a_confirmation_that_arrives_with_a_status_is_heard():
    printer = Printer(lasts=10_000)
    ask = printer.answers

    def both(command):
        confirms = [Block(0x22, process_id(7))] if printer.wants else []
        return [*confirms, *ask(command)]

    printer.answers = both
    assert printer.run(EVERYTHING) == Done("printed")


@given(
    link=st.sampled_from([EVERYTHING, Link(), Link(answers=True, confirms="processed")]),
    breaks_at=st.integers(-1, len(PAYLOAD)),
    empty_at=st.integers(-1, len(PAYLOAD)),
    deaf_at=st.integers(-1, len(PAYLOAD)),
    cancel_at=st.integers(-1, 40),
    no_paper=st.booleans(),
    silent=st.booleans(),
    chunk=st.integers(1, 600),
    leftover=st.booleans(),
)
def test_what_is_told_is_what_arrived(link, chunk, leftover, **faults):
    printer = Printer(**faults)
    left = Leftover()
    if leftover:
        left.by(1.0, 9)
    ending = printer.run(link, chunk=chunk, leftover=left)
    assert left.there == (leftover and isinstance(ending, NotBegun | Dropped) and not printer.got)
    assert PAYLOAD.startswith(bytes(printer.got))
    if isinstance(ending, NotBegun):
        assert (len(printer.got), printer.begun) == (0, 0)
    else:
        assert printer.begun == 1
    if isinstance(ending, Done):
        assert printer.got == PAYLOAD
    if isinstance(ending, Broken | Dropped):
        assert ending.sent == len(printer.got)


def after_a_break(**faults):
    printer, left = Printer(**faults), Leftover()
    left.by(1.0, 9)
    left.asked = 1
    return printer, left


def test_a_printer_that_clears_is_cleared_and_gets_nothing_but_a_gap():
    printer, left = after_a_break()
    assert printer.run(EVERYTHING, leftover=left) == Done("printed")
    assert (printer.filled, left.there) == (b"\n" * 4, False)


@pytest.mark.parametrize("link", [EVERYTHING, Link(answers=True, confirms="processed"), Link()])
def test_a_printer_that_does_not_clear_gets_the_gap_as_well(link):
    printer, left = after_a_break(keeps=True)
    assert isinstance(printer.run(link, leftover=left), Done)
    assert printer.filled == b"\n" * 4


def test_no_job_begins_before_the_printer_took_the_end_of_what_was_cut():
    printer, left = after_a_break()
    ending = printer.run(Link(), leftover=left, cut=True)
    assert isinstance(ending, NotBegun)
    assert ending.reasons == {"timed-out"}
    assert (printer.begun, printer.got, printer.filled) == (0, b"", b"")
    assert left.there


def confirmed_by(*answers):
    """How a job ends whose question behind it (GS r 1) gets these answers, one after another."""
    printer, left = Printer(), list(answers)
    printer.confirmation = lambda: left.pop(0) if left else []
    return printer.run(Link(answers=True, confirms="processed")), printer.stops


def test_three_bytes_of_a_report_without_its_first_confirm_nothing():
    tail = [Transmitted(0), Transmitted(0x0C), Transmitted(0)]
    ending, stops = confirmed_by(tail)
    assert isinstance(ending, Broken)
    assert stops == []
    assert confirmed_by(tail, [], [Transmitted(0)])[0] == Done("processed")


def test_an_answer_that_says_there_is_no_paper_confirms_nothing_until_there_is():
    ending, stops = confirmed_by([Transmitted(0x0C)], [], [Transmitted(3)])
    assert ending == Done("processed")
    assert stops == [frozenset({"media-empty"}), frozenset()]


def test_process_ids_are_printable_and_differ_between_neighbours():
    ids = [process_id(number) for number in (*range(1_000), 95**4 - 1, 95**4 + 5)]
    assert all(len(one) == 4 and all(32 <= byte <= 126 for byte in one) for one in ids)
    assert len(set(ids[:1_001])) == 1_001


def test_a_look_tells_what_the_printer_warns_of():
    steps = look(EVERYTHING)
    step = next(steps)
    with pytest.raises(StopIteration) as end:
        while True:
            n = step.command[2]
            step = steps.send(Heard([RealTime(0x12 | (0x0C if n == 4 else 0))]))
    assert end.value.value.reasons == {"media-low"}
    assert not end.value.value.stops


class Reporting(Printer):
    """A printer that answers nothing, and says with its last bytes that its paper has ended."""

    waits = 30

    def take(self, data, canceled):
        took = super().take(data, canceled)
        if len(self.got) == len(PAYLOAD) and not self.wants:
            return Took(took.size, [Automatic(b"\x18\0\x0c\0")], canceled=canceled)
        return took

    def do(self, step):
        if isinstance(step, Listen) and self.waits >= 0:
            self.waits -= 1
            said = [] if self.waits >= 0 else [Automatic(b"\x10\0\0\0")]
            return Heard(said, seconds=2.0)
        return super().do(step)


@pytest.mark.parametrize("confirms", ["printed", "sent"])
def test_what_a_printer_reports_with_the_last_bytes_is_told_and_waited_for(confirms):
    printer = Reporting()
    ending = printer.run(
        Link(reports=True, confirms=confirms), seconds=1, patience=Patience(confirm=4)
    )
    assert ending == Done(confirms)
    assert printer.waits == -1
    assert printer.stops == [frozenset({"media-empty"}), frozenset()]
