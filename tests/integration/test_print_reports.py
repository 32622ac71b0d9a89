"""What a printer says by itself, and what it keeps of a job that broke, on a job's real way."""

from __future__ import annotations

import pytest
from print_office import office

from appliance.printing.link import Link, Patience
from appliance.testing.receipt_printer import Faults
from appliance.testing.usb_testbed import missing

pytestmark = pytest.mark.slow  # real lines and waits

PRINTED = Link(answers=True, reports=True, confirms="printed", clears=True)
PROCESSED = Link(answers=True, reports=True, confirms="processed")
LINKS = pytest.mark.parametrize("link", [PRINTED, PROCESSED], ids=["printed", "processed"])
QUESTIONS = 9
"""Bytes of DLE EOT 1, 2 and 4, which come before each job."""

PICTURE = b"\x1dv0\0\x48\0\x20\0" + bytes(range(256)) * 9
"""GS v 0: 32 rows of 72 bytes; there are questions and commands in it, as in any picture."""


def slip(number: int, lines: int = 3) -> bytes:
    text = b"<invoice %d: milk 2 x 1.20 = 2.40>\n" % number
    return b"\x1b@\x1da\x0e" + text * lines


def drawn(number: int) -> bytes:
    return slip(number) + PICTURE + b"<end of %d>\n" % number


def reports(printer) -> int:
    found = []
    printer.wait_for(lambda one: found.append(one.reports) or True)
    return found[0]


def was_taken_for_data(printer, place: int) -> bool:
    """Whether the printer took the byte there for a part of something that began before."""
    found = []
    printer.wait_for(lambda one: found.append(place not in one.heads) or True)
    return found[0]


@pytest.mark.parametrize("line", ["pty", "tcp", "usb"])
def test_what_stops_a_job_is_known_from_reports_alone(tmp_path, line):
    if line == "usb" and missing():
        pytest.skip(missing())
    dumb = Link(reports=True, confirms="printed")  # it answers no DLE EOT
    # TCP has the whole job in its own buffers at once, so there the printer stops behind it; with
    # a small window on top the kernel's timers would take half a minute for a job.
    buffer = 65_536 if line == "tcp" else 256
    with office(tmp_path, line, link=dumb) as one:
        one.payload = lambda number: slip(number, 1_500)
        for number, (fault, reason) in enumerate(
            [("paper_out_at", "media-empty"), ("cover_open_at", "cover-open")], 1
        ):
            at = len(one.printer.printed) + 20_000
            one.printer.set_faults(Faults(**{fault: at}, buffer=buffer))
            one.add()
            one.until(lambda n=number, r=reason: one.job(n).detail == r)
            assert one.job(number).state == "stopped"
            one.stands(reason)
            one.printer.set_faults(Faults(buffer=buffer))
            one.printer.new_paper()
            assert one.until_job(number, "completed").confirmed == "printed"
            assert one.papers(number) == 1


@LINKS
def test_a_report_between_a_question_and_its_answer_is_no_answer(tmp_path, link):
    faults = Faults(answer_delay_s=0.15, report_gap_s=0.05)
    with office(tmp_path, "pty", faults, link) as one:
        one.payload = slip
        for number in (1, 2):
            one.add()
            # Its answer is on the way; the report comes before it, in two pieces.
            one.printer.wait_printed(slip(number))
            before = reports(one.printer)
            one.printer.open_cover()
            one.printer.wait_for(lambda printer, b=before: printer.reports > b)
            one.printer.new_paper()
            assert one.until_job(number, "completed").confirmed == link.confirms
            assert one.papers(number) == 1
        one.until(lambda: one.worker.state.standing == "idle")


@LINKS
def test_noise_that_looks_like_a_report_or_its_end_confirms_nothing(tmp_path, link):
    noises = ("18000c00", "000c00", "131800", "ff80", "3722")
    with office(tmp_path, "pty", Faults(speed=400), link, patience=Patience(confirm=4)) as one:
        one.payload = slip
        for number, noise in enumerate(noises, 1):
            before = len(one.printer.printed)
            one.add()
            one.printer.wait_for(lambda printer, b=before: len(printer.printed) > b + 40)
            one.printer.say(bytes.fromhex(noise))
            job = one.until_job(number, "completed", "held")
            # The beginning of a block may swallow the confirmation; then a person is asked.
            assert job.state == "completed" or (job.asks and noise == "3722")
            assert one.papers(number) == 1, "it was confirmed before it was printed"


CUTS = (1, 4, len(slip(1)) - 1, len(slip(1)) + 3, len(slip(1)) + 700, len(drawn(1)) + 3)
"""In the reset, in GS a, in a line, in the head of a picture, in its data, in the question."""

KEEPING = {
    "clears": (PRINTED, Faults(hears_pictures=True)),
    "says that it clears and does not": (PRINTED, Faults(keeps=True)),
    "does not clear": (PROCESSED, Faults()),
}


@pytest.mark.parametrize("kind", KEEPING)
def test_what_follows_a_pulled_cable_is_whole_and_nothing_comes_twice(tmp_path, kind):
    link, usual = KEEPING[kind]
    pull = {name: getattr(usual, name) for name in ("hears_pictures", "keeps")}
    patience = Patience(stall=6.0, confirm=0.5)
    with office(tmp_path, "pty", usual, link, patience=patience) as one:
        one.payload = drawn
        for at in CUTS:
            one.rest()
            one.printer.set_faults(Faults(unplug_at=one.received() + QUESTIONS + at, **pull))
            broken = one.add().number
            one.worker.pause(frozenset())
            one.printer.wait_for(lambda printer: not printer.plugged)
            one.until(lambda n=broken: one.job(n).asks)
            one.printer.set_faults(usual)
            one.printer.replug()
            one.worker.wake()
            follower = one.add().number
            one.until_job(follower, "completed")
            printed = one.printer.printed
            assert one.papers(follower) == 1
            assert one.papers(broken) <= 1
            assert not was_taken_for_data(one.printer, printed.index(drawn(follower)))
            assert printed[: printed.index(drawn(follower))].endswith(b"\n" * 4)
            assert one.job(broken).asks


def test_the_answer_to_a_job_that_was_given_up_confirms_no_other(tmp_path):
    with office(tmp_path, "pty", Faults(paper_out_at=60), PROCESSED) as one:
        one.payload = slip
        job = one.add()
        one.until_job(1, "stopped")
        assert one.worker.cancel(job.id)
        one.until_job(1, "canceled")
        one.add()
        one.stands("media-empty")
        # The question behind job 1 is in the printer still; its head is slow.
        one.printer.set_faults(Faults(speed=300))
        one.printer.new_paper()
        one.until_job(2, "completed")
        assert one.papers(2) == 1, "the answer to job 1 was taken for its own"


def test_the_rest_of_a_job_that_was_given_up_is_dropped_where_the_printer_can(tmp_path):
    with office(tmp_path, "pty", Faults(paper_out_at=60), PRINTED) as one:
        one.payload = slip
        job = one.add()
        one.until_job(1, "stopped")
        assert one.worker.cancel(job.id)
        one.until_job(1, "canceled")
        one.add()
        one.printer.wait_for(lambda printer: bool(printer.dropped))
        one.printer.set_faults(Faults())
        one.printer.new_paper()
        one.until_job(2, "completed")
        assert (one.papers(1), one.papers(2)) == (0, 1)
