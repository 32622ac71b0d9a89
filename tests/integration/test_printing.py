"""Jobs on their real way: the store, a worker, a transport, a printer with faults; see
`print_office` for what must hold, and `tests/reliability/test_print_faults.py` for every byte."""

from __future__ import annotations

import time

import msgspec
import pytest
from print_office import DUMB, LINES, TELLING, office, payload_of

from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_transport import FileTransport
from appliance.hardware.tcp import TcpTransport
from appliance.printing.link import Link, Patience
from appliance.testing.receipt_printer import Faults

pytestmark = pytest.mark.slow  # real daemons, lines and waits


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    ("link", "confirmed"),
    [
        (TELLING, "printed"),
        (Link(answers=True, confirms="processed"), "processed"),
        (DUMB, "sent"),
    ],
)
def test_jobs_are_printed_once_in_their_order(tmp_path, line, link, confirmed):
    with office(tmp_path, line, link=link) as one:
        for number in (1, 2, 3):
            one.add(device=f"device-{number % 2}")
        jobs = [one.until_job(number, "completed") for number in (1, 2, 3)]
        assert [job.confirmed for job in jobs] == [confirmed] * 3
        one.printer.wait_printed(payload_of(3))
        printed = one.printer.printed
        assert printed.count(b"<invoice") == 3
        places = [printed.index(payload_of(number)) for number in (1, 2, 3)]
        assert places == sorted(places)


@pytest.mark.parametrize("line", LINES)
def test_paper_that_ends_in_the_middle(tmp_path, line):
    with office(tmp_path, line, Faults(paper_out_at=20)) as one:
        one.add()
        stopped = one.until_job(1, "stopped")
        assert (stopped.reason, stopped.detail) == ("printer-stopped", "media-empty")
        one.stands("media-empty")
        one.printer.set_faults(Faults())
        one.printer.new_paper()
        assert one.until_job(1, "completed").confirmed == "printed"
        assert one.papers(1) == 1
        assert one.worker.state.standing == "idle"


@pytest.mark.parametrize("line", LINES)
def test_no_paper_before_a_job_keeps_it_waiting(tmp_path, line):
    with office(tmp_path, line, Faults(paper_out_at=0)) as one:
        one.add()
        one.stands("media-empty")
        job = one.job(1)
        assert (job.state, job.attempts, one.printer.printed) == ("pending", 0, b"")
        one.printer.set_faults(Faults())
        one.printer.new_paper()
        one.until_job(1, "completed")
        assert one.papers(1) == 1


def test_an_open_cover_is_told_and_waited_for(tmp_path):
    with office(tmp_path, "pty") as one:
        one.printer.open_cover()
        one.worker.wake()
        one.stands("cover-open")
        one.add()
        one.printer.new_paper()
        one.until_job(1, "completed")
        assert one.papers(1) == 1


@pytest.mark.parametrize(
    ("faults", "reason"),
    [(Faults(silent=True), "timed-out"), (Faults(garbage=b"\xff\x80"), "garbled")],
)
def test_a_printer_that_does_not_answer_or_not_in_its_language(tmp_path, faults, reason):
    with office(tmp_path, "pty", faults) as one:
        one.add()
        one.stands(reason)
        assert one.job(1).state == "pending"
        assert one.worker.state.why
        one.printer.set_faults(Faults())
        one.until_job(1, "completed")
        assert one.papers(1) == 1


def test_late_answers_are_not_taken_for_answers_to_later_questions(tmp_path):
    with office(tmp_path, "pty", Faults(answer_delay_s=0.7)) as one:
        one.add()
        assert one.until_job(1, "completed").confirmed == "printed"
        assert one.papers(1) == 1


def test_a_printer_that_takes_no_more_and_never_says_why_is_given_up(tmp_path):
    patience = Patience(stall=3.0, confirm=0.5)
    with office(tmp_path, "tcp", Faults(deaf=True), DUMB, patience=patience) as one:
        one.add(title="long")
        one.stands("timed-out")
        job = one.until_job(1, "held")
        assert job.asks
        assert 0 < job.sent < job.total
        assert one.printer.printed == b""
        # It would take the beginning of the next one for the rest of this one.
        one.add()
        job = one.until(lambda: (job := one.job(2)).detail and job)
        assert (job.state, job.detail, job.attempts) == ("pending", "timed-out", 0)
        one.printer.set_faults(Faults())
        one.until_job(2, "completed")
        one.printer.wait_printed(payload_of(2))


class Refusing(TcpTransport):
    """A line that breaks at the first byte of every job, and takes what comes before."""

    def write(self, data, deadline):
        if not any(data.strip(b"\n")):
            return super().write(data, deadline)
        self.refusing()
        raise PrinterFault("refused", "switch it off and on again")

    def refusing(self):
        """What else happens at that moment."""


def test_a_line_that_refuses_each_first_byte_is_not_tried_without_a_pause(tmp_path):
    with office(tmp_path, "tcp", link=DUMB) as one:
        one.worker.stop()
        times = []
        line = Refusing(*one.printer.address)
        line.refusing = lambda: times.append(time.monotonic())
        one.transport = lambda: line
        one.begin_worker()
        one.add()
        one.until(lambda: len(times) == 2)
        one.worker.stop()
        assert times[1] - times[0] > 1, "each attempt is written down, and told to devices"
        job = one.until_job(1, "pending")
        assert (job.attempts, job.detail) == (2, "switch it off and on again")


def test_a_job_given_up_as_its_line_breaks_is_not_tried_again(tmp_path):
    with office(tmp_path, "tcp", link=DUMB) as one:
        one.worker.stop()
        line = Refusing(*one.printer.address)
        one.transport = lambda: line
        one.begin_worker()
        line.refusing = lambda: one.worker.cancel(one.job(1).id)
        one.add()
        assert one.until_job(1, "canceled").attempts == 1


def test_a_failure_that_nobody_foresaw_in_the_middle_of_a_job_prints_nothing_twice(tmp_path):
    with office(tmp_path, "pty", Faults(paper_out_at=20)) as one:
        one.worker.stop()
        tell = one.tell

        def failing(name, state):
            tell(name, state)
            if state.job and "media-empty" in state.reasons:
                raise RuntimeError("a part of the appliance that nobody thought of")

        one.tell = failing
        one.begin_worker()
        one.add()
        job = one.until(lambda: (job := one.job(1)).state != "pending" and job.sent and job)
        assert job.asks
        one.printer.set_faults(Faults())
        one.printer.new_paper()
        one.add()
        one.until_job(2, "completed")
        assert (one.job(1).attempts, one.papers(1) <= 1, one.papers(2)) == (1, True, 1)


def test_a_printer_that_is_away_and_comes(tmp_path):
    with office(tmp_path, "pty") as one:
        one.until(lambda: one.worker.state.since_ms)
        one.printer.unplug()
        one.add()
        one.stands("connecting-to-device")
        assert one.job(1).state == "pending"
        one.printer.replug()
        one.worker.wake()
        one.until_job(1, "completed")
        assert one.papers(1) == 1


def test_a_person_gives_up_a_job_that_is_being_printed(tmp_path):
    faults = Faults(speed=2, buffer=8, most_at_once=4)
    with office(tmp_path, "pty", faults) as one:
        job = one.add()
        one.until_job(1, "processing")
        assert one.worker.cancel(job.id)
        ended = one.until_job(1, "canceled")
        assert ended.reason == "job-canceled-by-user"
        assert not one.worker.cancel(job.id)
        assert one.papers(1) <= 1


def test_a_document_that_cannot_be_printed_does_not_stop_the_next(tmp_path):
    with office(tmp_path, "pty") as one:
        one.add(title="impossible")
        one.add()
        one.until_job(2, "completed")
        job = one.job(1)
        assert (job.state, job.reason) == ("aborted", "document-unprintable-error")
        assert job.detail == "the picture is wider than the paper"


def test_a_job_that_waited_too_long_is_not_printed(tmp_path):
    with office(tmp_path, "pty", Faults(silent=True), age_h=1.0) as one:
        one.add()
        one.stands("timed-out")
        one.now_ms += 2 * 3_600_000
        one.printer.set_faults(Faults())
        one.worker.wake()
        job = one.until_job(1, "aborted")
        assert job.reason == "job-aged-out"
        assert one.printer.printed == b""


def test_no_job_begins_while_the_power_is_low(tmp_path):
    with office(tmp_path, "pty") as one:
        one.worker.pause(frozenset({"power-low"}))
        one.add()
        one.stands("power-low")
        assert one.job(1).state == "pending"
        one.worker.pause(frozenset())
        one.until_job(1, "completed")


def test_a_stop_in_the_middle_of_a_job_asks_after_the_next_start(tmp_path):
    faults = Faults(speed=2, buffer=8, most_at_once=4)
    with office(tmp_path, "pty", faults) as one:
        one.add()
        one.until_job(1, "processing")
        one.worker.stop()
        assert one.until_job(1, "held").asks
        one.printer.set_faults(Faults())
        one.begin_worker()
        one.add()
        one.until_job(2, "completed")
        assert one.papers(1) <= 1


def test_a_folder_gets_nothing_for_the_sake_of_a_job_that_broke_off(tmp_path):
    with office(tmp_path, "pty", link=DUMB) as one:
        one.worker.stop()
        one.transport = lambda: FileTransport(tmp_path / "paper")
        cut = one.add()
        one.begin_worker(cut=msgspec.structs.replace(cut, total=100))
        one.until_job(1, "completed")
        (file,) = (tmp_path / "paper").glob("*.bin")
        assert file.read_bytes() == payload_of(1), "a picture would be none with lines before it"
