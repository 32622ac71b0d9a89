"""A box, its spool, a print worker, a real line and a virtual printer: what faults are tried on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from paper_count import Paper, Tally, fate

from appliance.api.documents import Document, Text, as_copy
from appliance.api.values import uuid7
from appliance.config.load import load_texts
from appliance.config.usb_name import UsbName
from appliance.hardware.print_desk import Payload
from appliance.hardware.print_worker import PrintWorker
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
from appliance.printing.escpos import Rendered, render
from appliance.printing.job import Job
from appliance.printing.layout import lay_out
from appliance.printing.link import Link, Patience
from appliance.printing.profile import Profiles
from appliance.store.box import Box
from appliance.store.spool import Spool, SpoolReader
from appliance.store.spool_desk import SpoolDesk
from appliance.testing.receipt_printer import Faults
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_program import UsbProgram
from appliance.testing.usb_testbed import UsbTestbed
from appliance.testing.virtual_printer import VirtualPrinter

T = TypeVar("T")
LINKS = {
    "printed": Link(answers=True, confirms="printed"),
    "processed": Link(answers=True, confirms="processed"),
    "nothing": Link(),
}
ASKED = {"printed": 20, "processed": 12, "nothing": 0}
"""Bytes of questions about a job: DLE EOT 1, 2 and 4 before, GS ( H or GS r after it."""

PROFILE = msgspec.structs.replace(Profiles().get("generic"), feed_lines=1)
PATIENCE = Patience(stall=2.0, confirm=1.0)
LONGEST_S = 60.0
NOBODY = 65_534


def _render(document: Document) -> Rendered:
    return render(lay_out(document, PROFILE.columns, {}), PROFILE)


class Stuck(Exception):
    """Something that had to happen did not; the text says how all stood then."""


class Rig:
    """One printer on one line, for one run of a fault after another.

    Attributes:
        line, says: which line, and what the printer says; see `paper_count`.
        printer: the virtual printer; `usb_name` names it where it is on USB.
        worker: prints on it.
        start: how many bytes were printed when the run began.
        current: the ids of its jobs.
        held, other: the transport of another program that has the line, and that program.
    """

    def __init__(
        self, folder: Path, line: str, says: str, tally: Tally, *, usb: Path | None, number: int
    ) -> None:
        """Make it.

        Args:
            folder: of the box.
            line: ``serial``, ``tcp`` or ``usb``.
            says: a key of `LINKS`.
            tally: that jobs are counted in.
            usb: the folder of emulated USB, which programs of nobody may enter.
            number: of the rig, 1 to 5; those of one USB folder differ.
        """
        folder.mkdir(parents=True)
        self.line, self.says, self._tally = line, says, tally
        settings = load_texts([("a.toml", 'state_dir = "state"')], folder, {})
        self.box = Box(settings, now_ms=lambda: int(time.time() * 1000), found=[])
        registry = self.box.plugins.registry
        self._desk = SpoolDesk(self.box.store, registry, self.box.now_ms, age_h=24.0)
        self.usb = usb
        self.usb_name = UsbName.parse(f"04b8:0e15:R{number}")
        self.program: UsbProgram | None = None
        self.printer = self._printer(folder, number)
        self._ran = 0
        self._documents: dict[str, Document] = {}
        self._payloads: dict[int, bytes] = {}
        self._changed = threading.Condition()
        self.start = 0
        self.current: list[str] = []
        self.held: Any = None
        self.other: UsbProgram | None = None
        self.worker = self.new_worker()

    def _printer(self, folder: Path, number: int) -> VirtualPrinter | UsbPrinter:
        if self.line == "serial":
            return VirtualPrinter.on_pty(link=folder / "printer").start()
        if self.line == "tcp":
            return VirtualPrinter.on_tcp().start()
        assert self.usb is not None
        self.testbed = UsbTestbed(
            self.usb,
            port=f"1-{number}",
            serial=f"R{number}",
            protocol=1 if self.says == "nothing" else 2,  # without a way back
        )
        self.testbed.mode = 0o666
        self.program = UsbProgram(self.usb, user=NOBODY)
        return UsbPrinter(self.testbed).start()

    def transport(self):
        """Return a new transport to the printer."""
        if self.line == "serial":
            return SerialTransport(self.printer.port, baud=115_200)
        if self.line == "tcp":
            return TcpTransport(*self.printer.address)
        return self.program.transport(self.usb_name)

    def new_worker(self) -> PrintWorker:
        """Start a worker, at first or after one was stopped."""
        self.worker = PrintWorker(
            "van",
            self.transport(),
            LINKS[self.says],
            self._desk,
            make=self._make,
            tell=lambda _name, _state: self._notify(),
            now_ms=self.box.now_ms,
            keeps_open=self.line != "tcp",
            patience=PATIENCE,
        )
        self.worker.start()
        return self.worker

    def _make(self, job: Job, document: Document) -> Payload:
        made = _render(as_copy(document, job.copy))
        self._payloads[job.number] = made.data
        # Of 1,000 lines a head of this profile has for minutes; the virtual one has not.
        return Payload(made.data, min(1.0, PROFILE.seconds(made.dots_high)))

    # --- jobs ------------------------------------------------------------------------------------

    def document(self) -> Document:
        """Return a document whose every line is on no other."""
        self._ran += 1
        return Document(
            title=f"Receipt {self._ran}",
            blocks=tuple(Text(text=f"@{self._ran}.{k}@") for k in range(4)),
        )

    def add(self, document: Document) -> str:
        """Give a job to the printer and return its id."""
        job_id = str(uuid7(self.box.now_ms()))
        job = Job(id=job_id, number=0, printer="van", title=document.title, created_at=0)
        registry = self.box.plugins.registry
        self.box.store.write(lambda tx: Spool(tx, registry).add(job, document))
        self._documents[job_id] = document
        self.worker.wake()
        return job_id

    def job(self, job_id: str) -> Job:
        """Return a job as it is stored."""
        found = self.box.store.fetch(lambda db: SpoolReader(db).get(job_id))
        if found is None:
            raise Stuck(f"job {job_id} is nowhere")
        return found

    def ended(self, job_id: str) -> bool:
        """Whether a job is finished or asks."""
        job = self.job(job_id)
        return job.final or job.asks

    def shown(self, job_id: str) -> bool:
        """Whether the box says of a job how it stands: it ended, has stopped, or has to wait."""
        job = self.job(job_id)
        reasons = self.worker.state.reasons - {"paused"}
        return job.final or job.asks or job.state == "stopped" or bool(reasons)

    def answer(self, job: Job, whole: bool) -> None:
        """Say what is on the paper, as a person who looks; print again what is not whole."""

        def take(tx):
            spool = Spool(tx, self.box.plugins.registry)
            if whole:
                return spool.change(job.on_paper(tx.now_ms))
            return spool.copy(
                spool.change(job.not_on_paper(tx.now_ms)), str(uuid7(self.box.now_ms()))
            )

        copy = self.box.store.write(take)
        if not whole:
            self._documents[copy.id] = self._documents[job.id]
            self.worker.wake()
            self.until(lambda: self.ended(copy.id), "the copy that a person asked for")
            if self.job(copy.id).state != "completed" or not self.on_paper(copy.id).whole:
                raise Stuck(f"the copy of job {job.number} was not printed: {self.job(copy.id)}")

    # --- paper -----------------------------------------------------------------------------------

    def printed(self) -> bytes:
        """Return what came out in this run."""
        return self.printer.printed[self.start :]

    def on_paper(self, job_id: str) -> Paper:
        """Look for a job on the paper of this run."""
        document = self._documents[job_id]
        lines = [b"@%s@" % one.text.strip("@").encode() for one in document.blocks[:4]]
        payload = self._payloads.get(self.job(job_id).number, b"")
        heads = {head - self.start for head in self.look(lambda printer: set(printer.heads))}
        return Paper.of(self.printed(), payload, lines, heads)

    def received(self) -> int:
        """Return how many bytes the printer took since it was plugged in."""
        return self.look(lambda printer: printer.received)

    def look(self, at: Callable[[object], T]) -> T:
        """Look at the printer itself."""
        found: list[T] = []
        self.printer.wait_for(lambda printer: found.append(at(printer)) or True)
        return found[0]

    def reported(self, reason: str) -> None:
        """Wait until the box shows a reason why the printer does not print."""
        self.until(lambda: reason in self.worker.state.reasons, f"the reason {reason}")

    def places(self, spots: str, document: Document) -> int:
        """Return how many places a fault may happen at: bytes on paper, or to the printer."""
        if spots == "once":
            return 1
        size = len(_render(document).data)
        return size if spots == "printed" else size + ASKED[self.says]

    # --- a run -----------------------------------------------------------------------------------

    def rest(self) -> None:
        """Have the worker ask and send nothing, and begin a new strip of paper."""
        self.worker.pause(frozenset({"paused"}))
        self.until(lambda: "paused" in self.worker.state.reasons, "the worker rests")
        self.start = len(self.printer.printed)

    def go(self) -> None:
        """Let the worker print."""
        self.worker.pause(frozenset())

    def mend(self) -> None:
        """Put everything in order, as a person does who comes to the printer."""
        self.printer.set_faults(Faults())
        self.printer.new_paper()
        if isinstance(self.printer, UsbPrinter):
            self.printer.error = 0
        if not self.printer.plugged:
            self.printer.replug()
        self.worker.wake()

    def judge(self, fault: str, ids: list[str], waited: set[str]) -> None:
        """Wait until all jobs ended, look at the paper, count, and answer what is asked."""
        for job_id in ids:
            self.until(lambda job_id=job_id: self.ended(job_id), "a job that ends or asks")
        self.printer.wait_for(lambda printer: not printer.waiting)
        for job_id in ids:
            job, paper = self.job(job_id), self.on_paper(job_id)
            found = fate(job, paper, waited=job_id in waited)
            self._tally.add(fault, self.line, self.says, found, paper, str(job))
            if job.asks:
                self.answer(job, bool(paper.whole))

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something is true. Raises `Stuck`."""
        ends = time.monotonic() + LONGEST_S
        with self._changed:
            while not true():
                if time.monotonic() > ends:
                    newest = self.box.store.fetch(
                        lambda db: SpoolReader(db).newest(4, only_open=False)
                    )
                    raise Stuck(
                        f"{what}: not within {LONGEST_S:.0f} s: {newest}, {self.worker.state}"
                    )
                self._changed.wait(0.01)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """End it."""
        self.worker.stop()
        if self.program is not None:
            self.program.__exit__(None, None, None)
        self.printer.close()
        self.box.close()
