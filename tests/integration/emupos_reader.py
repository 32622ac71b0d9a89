"""Runs in emupos's own Python: what its printer makes of the bytes of a job, job by job.

One job a line of JSON in, ``{"profile": ..., "pages": {...}, "dots": ..., "data": base64}``, one
line of JSON out: the receipts as text and PNG, the events, and what the printer said back.
"""

from __future__ import annotations

import base64
import json
import sys
from importlib import resources

import yaml
from emupos.config import PrinterProfile
from emupos.printer.printer import Printer


def bundled(name, pages, dots):
    """Return a profile of emupos's own, with more code pages and of another width."""
    file = resources.files("emupos").joinpath("profiles", "printers", f"{name}.yaml")
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    known = found["code_pages"]
    for number, page in pages.items():
        known.setdefault(int(number), page)
    return PrinterProfile.model_validate(found | {"width_dots": dots})


def answer(job):
    profile = bundled(job["profile"], job["pages"], job["dots"])
    printer = Printer("reader", profile, sensor_open_level="high", job_idle_timeout_ms=60_000)
    out = printer.open_connection("job", 0.0)
    out += printer.receive("job", base64.b64decode(job["data"]), 0.0)
    out += printer.close_connection("job", 0.0)
    return {
        "receipts": [
            {"text": one.text, "png": base64.b64encode(one.png).decode()} for one in out.receipts
        ],
        "events": [{"type": str(one.type), **one.data} for one in out.events],
        "said": b"".join(one.data for one in out.writes).hex(),
    }


for line in sys.stdin:
    sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
    sys.stdout.flush()
