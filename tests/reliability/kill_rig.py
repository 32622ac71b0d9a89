"""A real daemon with many printers, killed with signal 9 while a job of each is in some state."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paper_count import FATES, LINES, SAYS, Paper, Tally

from appliance.api.values import uuid7
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.receipt_printer import Faults
from appliance.testing.running_printer import RunningPrinter
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_testbed import UsbTestbed, environment
from appliance.testing.virtual_printer import VirtualPrinter

LONGEST_S = 90.0
ANSWERS = {"printed": 9, "processed": 9, "nothing": 0}
"""Bytes that are asked before a job."""

PLUGIN = """
from appliance import api
from appliance.api.documents import Qr, Text

@api.hookimpl
def manifest():
    return api.Manifest(name="receipts", version="1.0", title="Receipts")

@api.hookimpl
def collections():
    fields = (
        api.Field(name="owner", type="id", required=True),
        api.Field(name="text", type="text", required=True),
    )
    return [api.Collection(name="receipts", title="Receipts", fields=fields, kind="fact",
        bucket=("user:{owner}",), direction="both", write=("*",))]

@api.hookimpl
def document_kinds():
    return [api.DocumentKind(name="receipt", title="Receipt", collection="receipts")]

@api.hookimpl
def render_document(kind, record_id, row, language, context):
    lines = tuple(Text(text=f"@{row['text']}.{n}@") for n in range(4))
    code = Qr(data="https://example.com/" + row["text"], text="")
    return api.Document(title="Receipt", blocks=(lines[0], code, *lines[1:]), language="en")
"""


def install(site: Path, name: str, source: str) -> dict[str, str]:
    """Put a plugin where a daemon finds it; return what the daemon's environment needs."""
    about = site / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (site / f"{name}_plugin.py").write_text(source)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[appliance.plugins]\n{name} = {name}_plugin\n")
    path = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}


class Printer:
    """One printer of the daemon's, and the job that is at it."""

    def __init__(self, line: str, says: str, running: RunningPrinter, config: str) -> None:
        self.name, self.line, self.says = f"{line}_{says}", line, says
        self.running = running
        self.config = config
        self.job = ""
        self.follower = ""
        self.start = 0

    def printed(self) -> bytes:
        """What came out since the run began."""
        return self.running.printed[self.start :]

    def received(self) -> int:
        """Bytes taken since it was plugged in."""
        found: list[int] = []
        self.running.wait_for(lambda printer: found.append(printer.received) or True)
        return found[0]

    def mend(self) -> None:
        """Put all in order."""
        self.running.set_faults(Faults())
        self.running.new_paper()
        if not self.running.plugged:
            self.running.replug()


class KillRig:
    """The daemon, nine printers and a driver's device.

    Attributes:
        printers: of it.
        device: the driver's.
        box: the daemon.
    """

    def __init__(
        self,
        folder: Path,
        tally: Tally,
        lines: tuple[str, ...] = LINES,
        says: tuple[str, ...] = tuple(SAYS),
    ) -> None:
        folder.mkdir(parents=True)
        self._tally = tally
        self._usb = tempfile.TemporaryDirectory(prefix="usb")  # its sockets need a short path
        (folder / "profiles").mkdir()
        for one in says:
            (folder / "profiles" / f"{one}.toml").write_text(_profile(one))
        self.printers = [
            self._printer(folder, line, one, number)
            for line in lines
            for number, one in enumerate(says, 1)
        ]
        config = '[printing]\nprofiles = "profiles"\nstall_s = 5\n' + "".join(
            f'[printers.{one.name}]\nprofile = "{one.says}"\n{one.config}' for one in self.printers
        )
        plugin = install(folder / "site", "receipts", PLUGIN)
        usb = environment(Path(self._usb.name)) if "usb" in lines else {}
        self.box = DaemonProcess(folder, config, environment={**usb, **plugin})
        self.box.start()
        self.device = Device(folder / "device.db")
        self.device.enroll(self.box.invite("grigory", "driver"), name="phone")
        self.device.sync()
        self._runs = 0
        self._text = ""

    def _printer(self, folder: Path, line: str, says: str, number: int) -> Printer:
        if line == "serial":
            port = folder / f"port-{says}"
            running: RunningPrinter = VirtualPrinter.on_pty(link=port).start()
            config = f'transport = "serial"\nport = "{port}"\nbaud = 115200\n'
        elif line == "tcp":
            running = VirtualPrinter.on_tcp().start()
            host, at = running.address
            config = f'transport = "tcp"\nhost = "{host}:{at}"\n'
        else:
            testbed = UsbTestbed(Path(self._usb.name), port=f"1-{number}", serial=f"R{number}")
            running = UsbPrinter(testbed).start()
            config = f'transport = "usb"\nusb = "04b8:0e15:R{number}"\n'
        return Printer(line, says, running, config)

    # --- jobs ------------------------------------------------------------------------------------

    def print(self, printer: Printer, record: str) -> str:
        """Give a job to a printer and return its id."""
        job_id = new_id()
        self.device.print(job_id, "receipt", record, printer=printer.name)
        return job_id

    def record(self, text: str) -> str:
        """Make a record to print."""
        owner = self.device.identity.user["id"]
        record = self.device.create("receipts", {"owner": owner, "text": text})
        self.device.sync()
        return record

    def job(self, job_id: str) -> dict[str, Any]:
        """Ask the daemon how a job is."""
        return self.device.print_job(job_id)

    def stands(self, printer: Printer) -> str:
        """Return a job's state, with whether it asks."""
        job = self.job(printer.job)
        return "asks" if job["asks"] else str(job["state"])

    # --- a run -----------------------------------------------------------------------------------

    def run(
        self,
        name: str,
        arm: Callable[[Printer], None],
        ready: Callable[[KillRig, Printer], bool],
        *,
        kill: bool = True,
    ) -> None:
        """Bring a job of each printer into a state, kill the daemon, and see what became of them.

        Args:
            name: of the state, as in the table.
            arm: makes the printer behave so that the job gets there.
            ready: whether it is there.
            kill: with signal 9; else as systemd stops it.
        """
        self._runs += 1
        self._text = f"r{self._runs}"
        record, follower = self.record(self._text), self.record(f"f{self._runs}")
        for printer in self.printers:
            printer.start = len(printer.running.printed)
            arm(printer)
        for printer in self.printers:
            printer.job = self.print(printer, record)
        for printer in self.printers:
            self.until(lambda printer=printer: ready(self, printer), f"{printer.name}: {name}")
        before = {printer.name: self.stands(printer) for printer in self.printers}
        self.box.kill() if kill else self.box.stop()
        for printer in self.printers:
            printer.mend()
        self.device.use_address(self.box.start())
        for printer in self.printers:
            printer.follower = self.print(printer, follower)
        for printer in self.printers:
            self._judge(name, printer, before[printer.name])

    def _judge(self, name: str, printer: Printer, before: str) -> None:
        self._tally.run(name, printer.line, printer.says)
        for job_id, text in ((printer.job, self._text), (printer.follower, f"f{self._runs}")):
            self.until(lambda job_id=job_id: self._ended(job_id), f"{printer.name}: a job ends")
            job = self.job(job_id)
            printer.running.wait_for(lambda one: not one.waiting)
            paper = self._paper(printer, text)
            found = "lost"
            if job["asks"]:
                found = (
                    "asked_whole" if paper.whole else "asked_part" if paper.most else "asked_none"
                )
            elif job["state"] == "completed" and paper.whole:
                found = "waited" if before == "pending" and job_id == printer.job else "once"
            assert found in FATES
            told = f"{before} before, then {job}"
            self._tally.add(name, printer.line, printer.says, found, paper, told)
            if job["asks"]:
                self._answer(printer, job_id, text, paper)
        self.device.pull()
        seen = {row.id: row.row for row in self.device.rows("print_jobs")}
        if seen[printer.job]["state"] not in ("completed", "aborted"):
            self._tally.complain(f"{name}: the device sees {seen[printer.job]}")

    def _ended(self, job_id: str) -> bool:
        job = self.job(job_id)
        return bool(job["asks"]) or job["state"] in ("completed", "aborted", "canceled")

    def _answer(self, printer: Printer, job_id: str, text: str, paper: Paper) -> None:
        """Answer as a person who looks at the paper."""
        if paper.whole:
            self.device.print_job(job_id, "answer", answer="printed")
            return
        copy = self.device.print_job(job_id, "answer", answer="again", id=new_id())["id"]
        self.until(lambda: self._ended(copy), f"{printer.name}: the copy ends")
        if not self._paper(printer, text).whole:
            self._tally.complain(f"the copy is not on paper: {self.job(copy)}")

    def _paper(self, printer: Printer, text: str) -> Paper:
        lines = [f"@{text}.{n}@".encode() for n in range(4)]
        below = b"\n".join(lines[1:]) + b"\n"  # the code is above it
        heads: set[int] = set()
        printer.running.wait_for(lambda one: heads.update(one.heads) or True)
        # A setting's last byte and the text behind it are one piece of what the printer heard.
        near = {head - printer.start + more for head in heads for more in (0, 1)}
        paper = Paper.of(printer.printed(), below, lines, near)
        return paper if lines[0] in printer.printed() else paper._replace(whole=0)

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something is true. Raises `TimeoutError`."""
        ends = time.monotonic() + LONGEST_S
        while not true():
            if time.monotonic() > ends:
                raise TimeoutError(
                    f"{what}: not within {LONGEST_S:.0f} s; {self.box.log()[-3000:]}"
                )
            os.sched_yield()

    def close(self) -> None:
        """End it."""
        self.device.close()
        self.box.stop()
        for printer in self.printers:
            printer.running.close()
        self._usb.cleanup()


def new_id() -> str:
    """Make an id for a job."""
    return str(uuid7(int(time.time() * 1000)))


def _profile(says: str) -> str:
    answers = "false" if says == "nothing" else "true"
    confirms = "sent" if says == "nothing" else says
    return (
        f'title = "It says {says}"\npages = {{ 0 = "cp437" }}\ncut = "none"\nfeed_lines = 0\n'
        f'answers = {answers}\nconfirms = "{confirms}"\nspeed_mm_s = 60\n'
    )


# --- states -------------------------------------------------------------------------------------

SLOW = {"speed": 120.0, "buffer": 16, "most_at_once": 8}
"""A head on which a job of a hundred bytes is under way for most of a second."""


def _with(**given: Any) -> Callable[[Printer], None]:
    """Exchange faults; a name that ends in ``_at`` counts from here."""

    def arm(printer: Printer) -> None:
        places = {
            name: value
            + (printer.start if name == "paper_out_at" else printer.received())
            + (0 if name == "paper_out_at" else ANSWERS[printer.says])
            for name, value in given.items()
            if name.endswith("_at")
        }
        printer.running.set_faults(Faults(**{**given, **places}))

    return arm


def _is(*states: str) -> Callable[[KillRig, Printer], bool]:
    return lambda rig, printer: rig.stands(printer) in states


def _on_paper(count: int) -> Callable[[KillRig, Printer], bool]:
    return lambda _rig, printer: len(printer.printed()) >= count


def _all_sent(rig: KillRig, printer: Printer) -> bool:
    job = rig.job(printer.job)
    return job["total"] > 0 and printer.received() >= job["total"] + ANSWERS[printer.says]


def _stopped(rig: KillRig, printer: Printer) -> bool:
    # Of a printer that says nothing nobody knows that its paper is out.
    return printer.says == "nothing" or rig.stands(printer) == "stopped"


def states(chance: random.Random) -> dict[str, tuple[Any, Any]]:
    """Return the states of a job that the daemon is killed in, and how a job gets there."""
    moment = chance.randrange(1, 100)
    return {
        "killed: the job waits for its printer": (
            lambda printer: printer.running.unplug(),
            _is("pending"),
        ),
        "killed: before the first byte": (
            _with(deaf_at=0),
            _is("processing", "stopped", "completed"),
        ),
        "killed: in the middle of sending": (
            _with(deaf_at=50),
            _is("processing", "stopped", "completed"),
        ),
        "killed: at a random byte": (_with(**SLOW), _on_paper(moment)),
        "killed: all sent, not confirmed": (_with(speed=90.0), _all_sent),
        "killed: stopped without paper": (_with(paper_out_at=12), _stopped),
        "killed: the job asks": (_with(unplug_at=50), _is("asks")),
        "killed: completed, nobody was told": (_with(), _is("completed")),
    }
