"""An office for tests of printing: a box with one printer, its worker, a real line between them.

What must hold in every case: a job is printed once, or it is shown as unknown; none is lost, and
none is printed twice without a person asking.
"""

from __future__ import annotations

import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from appliance.api.documents import Document, Text
from appliance.api.values import uuid7
from appliance.config.load import load_texts
from appliance.hardware.print_desk import Payload, Unprintable
from appliance.hardware.print_worker import PrintWorker
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
from appliance.printing.battery import Gauge
from appliance.printing.job import Job
from appliance.printing.link import Link, Patience
from appliance.store.box import Box
from appliance.store.spool import Spool, SpoolReader
from appliance.store.spool_desk import SpoolDesk
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_program import UsbProgram
from appliance.testing.usb_testbed import UsbTestbed
from appliance.testing.virtual_printer import VirtualPrinter

PAPER = Document(title="Invoice", blocks=(Text(text="milk 2 x 1.20"),))
TELLING = Link(answers=True, confirms="printed")
DUMB = Link()
LINES = ("pty", "tcp")


def payload_of(number: int) -> bytes:
    return b"<invoice %d: milk 2 x 1.20 = 2.40>\n" % number


class Office:
    """A box with one printer and its worker."""

    def __init__(
        self,
        folder,
        line,
        faults=None,
        link=TELLING,
        *,
        age_h=24.0,
        patience=None,
        gauge=None,
    ):
        settings = load_texts([("a.toml", 'state_dir = "state"')], folder, {})
        self.now_ms = 1_800_000_000_000
        self.box = Box(settings, now_ms=lambda: self.now_ms, found=[])
        self.desk = SpoolDesk(
            self.box.store, self.box.plugins.registry, lambda: self.now_ms, age_h=age_h
        )
        self.line = line
        self.link = link
        self.patience = patience or Patience(stall=6.0, confirm=4.0)
        self.gauge = gauge or Gauge()
        self.ahead = 0.0
        self.program = None
        self.payload = payload_of
        self.printer = self.plugged_in(folder, faults).start()
        self.changed = threading.Condition()
        self.states = []
        self.worker = None
        self.begin_worker()

    def plugged_in(self, folder, faults):
        if self.line == "usb":
            self.place = tempfile.TemporaryDirectory(prefix="usb")  # its sockets need a short path
            root = Path(self.place.name)
            testbed = UsbTestbed(root)
            self.program = UsbProgram(root)
            return UsbPrinter(testbed, faults)
        if self.line == "pty":
            return VirtualPrinter.on_pty(faults, link=folder / "printer")
        return VirtualPrinter.on_tcp(faults)

    def transport(self):
        if self.program is not None:
            return self.program.transport()
        if self.line == "pty":
            return SerialTransport(self.printer.port, baud=115_200, clock=self.clock)
        return TcpTransport(*self.printer.address, clock=self.clock)

    def clock(self):
        return time.monotonic() + self.ahead

    def later(self, seconds):
        """Let so many seconds pass for the worker, which had better not wait for an answer."""
        self.ahead += seconds
        self.worker.wake()

    def begin_worker(self, cut=None):
        self.worker = PrintWorker(
            "van",
            self.transport(),
            self.link,
            self.desk,
            make=self.make,
            tell=self.tell,
            now_ms=lambda: self.now_ms,
            patience=self.patience,
            gauge=self.gauge,
            clock=self.clock if self.program is None else time.monotonic,
        )
        if cut is not None:
            self.worker.found_cut(cut)
        self.worker.start()

    def make(self, job, document):
        assert document == PAPER
        if job.title == "impossible":
            raise Unprintable("the picture is wider than the paper")
        return Payload(self.payload(job.number) * (100_000 if job.title == "long" else 1), 0.5)

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
        return self.printer.printed.count(self.payload(number))

    def close(self):
        self.worker.stop()
        if self.program is not None:
            with self.program:  # ends it
                pass
        self.printer.close()
        if self.program is not None:
            self.place.cleanup()
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
