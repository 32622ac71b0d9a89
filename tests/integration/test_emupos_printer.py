"""A job on its whole way into a printer that is not ours: spool, worker, TCP, emupos.

emupos runs as its users run it, with a configuration file; what is on its paper is asked of its
HTTP interface.
"""

from __future__ import annotations

import io
import json
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import msgspec
import paper_reader as reader
import pytest
from PIL import Image

from appliance.api.values import uuid7
from appliance.config.load import load_texts
from appliance.hardware.print_worker import Payload, PrintWorker
from appliance.hardware.tcp import TcpTransport
from appliance.printing.escpos import render
from appliance.printing.job import Job
from appliance.printing.layout import lay_out
from appliance.printing.library import Library
from appliance.printing.link import Link
from appliance.printing.profile import Profiles
from appliance.printing.samples import sample
from appliance.store.box import Box
from appliance.store.spool import Spool, SpoolReader
from appliance.store.spool_desk import SpoolDesk

pytestmark = pytest.mark.slow

# emupos answers DLE EOT, GS r and GS a, but neither GS ( H nor DLE DC4 8, and its printer has fewer
# pages than ours.
PROFILE = msgspec.structs.replace(
    Profiles().get("epson-tm-p80"),
    confirms="processed",
    clears=False,
    pages={"0": "cp437", "17": "cp866", "16": "cp1252", "19": "cp858", "18": "cp852"},
)
LINK = Link(answers=True, reports=True, confirms="processed")
DOCUMENT = Library().fill(sample("delivery_note", "ru"))
SHEET = lay_out(DOCUMENT, 48)


def until(true, seconds=30.0):
    """Wait until something is true."""
    pause = threading.Event()
    while not (found := true()):
        seconds -= 0.05
        assert seconds > 0
        pause.wait(0.05)
    return found


def unused_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class RunningPrinter:
    """``emupos run`` with one printer."""

    def __init__(self, folder):
        self.port, api = unused_port(), unused_port()
        self._url = f"http://127.0.0.1:{api}/api/v1"
        file = folder / "emupos.yaml"
        file.write_text(
            json.dumps(
                {
                    "schema": 1,
                    "api": {"port": api},
                    "devices": [
                        {
                            "id": "van",
                            "type": "printer",
                            "profile": "epson-tm-t20iii",
                            "connections": [{"tcp": {"port": self.port}}],
                            "receipts_dir": str(folder / "receipts"),
                        }
                    ],
                }
            )
        )
        with (folder / "emupos.log").open("w") as log:
            self._process = subprocess.Popen(
                [reader.emupos_folder() / "emupos", "run", "--config", file],
                stdout=log,
                stderr=log,
            )
        until(self._is_up)

    def _is_up(self):
        assert self._process.poll() is None, "emupos ended by itself"
        try:
            return self.ask("/devices") is not None
        except urllib.error.URLError:
            return False

    def ask(self, path, method="GET"):
        request = urllib.request.Request(self._url + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def receipts(self):
        """The pieces of paper so far, the newest first."""
        return json.loads(self.ask("/devices/van/receipts"))

    def newest(self):
        """The newest piece of paper."""
        text = self.ask("/devices/van/receipts/latest/text").decode()
        png = self.ask("/devices/van/receipts/latest/image")
        picture = Image.open(io.BytesIO(png)).convert("1")
        return reader.Paper(text.split("\n")[:-1], picture, [])

    def close(self):
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture(scope="module")
def printer(tmp_path_factory):
    reader.emupos_folder()
    found = RunningPrinter(tmp_path_factory.mktemp("emupos"))
    yield found
    found.close()


class Office:
    """A box with one printer and its worker."""

    def __init__(self, folder, port):
        settings = load_texts([("a.toml", 'state_dir = "state"')], folder, {})
        self._box = Box(settings, now_ms=lambda: 1_800_000_000_000, found=[])
        self._registry = self._box.plugins.registry
        desk = SpoolDesk(self._box.store, self._registry, lambda: 1_800_000_000_000, age_h=24.0)
        self.worker = PrintWorker(
            "van",
            TcpTransport("127.0.0.1", port),
            LINK,
            desk,
            make=self._make,
            tell=lambda name, state: None,
            now_ms=lambda: 1_800_000_000_000,
        )
        self.worker.start()

    @staticmethod
    def _make(job, document):
        rendered = render(lay_out(document, PROFILE.columns), PROFILE)
        return Payload(rendered.data, PROFILE.seconds(rendered.dots_high))

    def add(self):
        job = Job(
            id=str(uuid7(1_800_000_000_000)), number=0, printer="van", title="x", created_at=0
        )
        job = self._box.store.write(lambda tx: Spool(tx, self._registry).add(job, DOCUMENT))
        self.worker.wake()
        return job

    def job(self, number):
        return self._box.store.fetch(lambda db: SpoolReader(db).numbered(number))

    def until(self, number, state):
        return until(lambda: (job := self.job(number)).state == state and job)

    def close(self):
        self.worker.stop()
        self._box.close()


@contextmanager
def office(*arguments):
    one = Office(*arguments)
    try:
        yield one
    finally:
        one.close()


def test_a_document_comes_out_of_a_printer_that_is_not_ours(tmp_path, printer):
    before = len(printer.receipts())
    with office(tmp_path, printer.port) as one:
        job = one.until(one.add().number, "completed")
        assert job.confirmed == "processed"
        receipts = until(lambda: len(found := printer.receipts()) > before and found)
        assert len(receipts) == before + 1
        assert receipts[0]["boundary"] == "cut"
    (code,) = reader.compare(SHEET, PROFILE, printer.newest())
    reader.need_zbarimg()
    assert reader.read_codes([code.picture]) == [[code.data]]


@pytest.mark.parametrize("fault", ["paper-out", "cover-open"])
def test_a_job_waits_for_what_the_printer_lacks(tmp_path, printer, fault):
    before = len(printer.receipts())
    printer.ask(f"/devices/van/faults/{fault}", "PUT")
    with office(tmp_path, printer.port) as one:
        number = one.add().number
        reason = {"paper-out": "media-empty"}.get(fault, fault)
        until(lambda: reason in one.worker.state.reasons)
        assert one.job(number).state == "pending"
        assert len(printer.receipts()) == before
        printer.ask(f"/devices/van/faults/{fault}", "DELETE")
        one.until(number, "completed")
        until(lambda: len(printer.receipts()) == before + 1)
    reader.compare(SHEET, PROFILE, printer.newest())
