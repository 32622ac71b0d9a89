"""Jobs on their real way: the store, a worker, a transport, a printer with faults.

What must hold in every case: a job is printed once, or it is shown as unknown; none is lost, and
none is printed twice without a person asking.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from appliance.api.documents import Document, Text
from appliance.api.values import uuid7
from appliance.config.load import load_texts
from appliance.hardware.print_desk import Payload, Unprintable
from appliance.hardware.print_worker import PrintWorker
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
from appliance.printing.attempt import Link, Patience
from appliance.printing.job import Job
from appliance.store.box import Box
from appliance.store.spool import Spool, SpoolReader
from appliance.store.spool_desk import SpoolDesk
from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_printer import VirtualPrinter

pytestmark = pytest.mark.slow  # real daemons, lines and waits

PAPER = Document(title="Invoice", blocks=(Text(text="milk 2 x 1.20"),))
TELLING = Link(answers=True, confirms="printed")
DUMB = Link()
LINES = ("pty", "tcp")


def payload_of(number: int) -> bytes:
    return b"<invoice %d: milk 2 x 1.20 = 2.40>\n" % number


class Office:
    """A box with one printer and its worker."""

    def __init__(self, folder, line, faults=None, link=TELLING, *, age_h=24.0, patience=None):
        settings = load_texts([("a.toml", 'state_dir = "state"')], folder, {})
        self.now_ms = 1_800_000_000_000
        self.box = Box(settings, now_ms=lambda: self.now_ms, found=[])
        self.desk = SpoolDesk(
            self.box.store, self.box.plugins.registry, lambda: self.now_ms, age_h=age_h
        )
        self.line = line
        self.link = link
        self.patience = patience or Patience(stall=6.0, confirm=4.0)
        self.printer = (
            VirtualPrinter.on_pty(faults, link=folder / "printer")
            if line == "pty"
            else VirtualPrinter.on_tcp(faults)
        ).start()
        self.changed = threading.Condition()
        self.states = []
        self.worker = None
        self.begin_worker()

    def transport(self):
        if self.line == "pty":
            return SerialTransport(self.printer.port, baud=115_200)
        return TcpTransport(*self.printer.address)

    def begin_worker(self):
        self.worker = PrintWorker(
            "van",
            self.transport(),
            self.link,
            self.desk,
            make=self.make,
            tell=self.tell,
            now_ms=lambda: self.now_ms,
            patience=self.patience,
        )
        self.worker.start()

    def make(self, job, document):
        assert document == PAPER
        if job.title == "impossible":
            raise Unprintable("the picture is wider than the paper")
        return Payload(payload_of(job.number) * (100_000 if job.title == "long" else 1), 0.5)

    def tell(self, name, state):
        with self.changed:
            self.states.append(state)
            self.changed.notify_all()

    def add(self, **given):
        job = Job(
            **{
                "id": str(uuid7(self.now_ms)),
                "number": 0,
                "printer": "van",
                "title": "x",
                "created_at": 0,
            }
            | given
        )
        registry = self.box.plugins.registry
        job = self.box.store.write(lambda tx: Spool(tx, registry).add(job, PAPER))
        self.worker.wake()
        return job

    def job(self, number):
        return self.box.store.fetch(lambda db: SpoolReader(db).numbered(number))

    def until(self, true, seconds=30.0):
        """Wait until something is true; woken by every commit of the store and every state."""
        ends = threading.Event()
        deadline = seconds
        while not (found := true()):
            assert deadline > 0, (self.states, self.box.store.fetch(_all_jobs))
            ends.wait(0.02)
            deadline -= 0.02
        return found

    def until_job(self, number, *states):
        return self.until(lambda: (job := self.job(number)).state in states and job)

    def rest(self):
        """Have the worker ask and send nothing."""
        self.worker.pause(frozenset({"paused"}))
        self.until(lambda: "paused" in self.worker.state.reasons)

    def received(self):
        """How many bytes the printer got since it was plugged in."""
        found = []
        self.printer.wait_for(lambda printer: found.append(printer.received) or True)
        return found[0]

    def stands(self, reason):
        return self.until(lambda: reason in self.worker.state.reasons)

    def papers(self, number):
        """How often a job is wholly on paper."""
        return self.printer.printed.count(payload_of(number))

    def close(self):
        self.worker.stop()
        self.printer.close()
        self.box.close()


def _all_jobs(db):
    return SpoolReader(db).newest(50, only_open=False)


@contextmanager
def office(*arguments, **named):
    one = Office(*arguments, **named)
    try:
        yield one
    finally:
        one.close()


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
@pytest.mark.parametrize("fault", ["unplug_at", "power_off_at"])
@pytest.mark.parametrize("link", [TELLING, DUMB], ids=["telling", "dumb"])
def test_a_break_at_every_byte_asks_and_prints_nothing_twice(tmp_path, line, fault, link):
    questions = 9 if link is TELLING else 0  # DLE EOT 1, 2 and 4 come before each job
    ended = Counter()
    with office(tmp_path, line, link=link, patience=Patience(stall=6.0, confirm=0.5)) as one:
        for at in range(1, len(payload_of(1)) + 1 + (questions and questions + 7)):
            one.rest()
            one.printer.set_faults(Faults(**{fault: one.received() + at}))
            number = one.add().number
            one.worker.pause(frozenset())
            one.printer.wait_for(lambda printer: not printer.plugged)
            job = one.until(lambda n=number: (j := one.job(n)).state != "processing" and j)
            before = one.papers(number)
            ended[job.state] += 1
            assert before <= 1
            if job.state == "pending":
                assert (job.sent, before) == (0, 0)
                assert at <= questions + 1
            elif job.state == "held":
                assert job.asks
                assert 0 < job.sent <= len(payload_of(number))
            else:
                assert job.state == "completed"
                assert link is DUMB or before == 1
            one.printer.set_faults(Faults())
            one.printer.replug()
            one.worker.wake()
            follower = one.add().number
            one.until_job(follower, "completed")
            expected = before + (job.state == "pending")
            assert one.papers(number) == expected, "it was printed again and nobody asked"
    if link is TELLING:
        # Whatever broke after the first byte was asked about.
        assert ended["pending"] in (questions, questions + 1)
        assert ended["completed"] <= 1
    else:
        # Of such a printer it may be known only that everything was sent.
        assert ended["pending"] == 0


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
