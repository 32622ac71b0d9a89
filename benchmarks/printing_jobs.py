"""Print jobs end to end: from a device's request to the first byte at the printer, and how late
the daemon's event loop is while three printers print.

The document is a delivery note of 60 lines in Russian, made by a plugin through the template of
the trade, so plugin, template, layout, letters, spool and line are all in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import orjson

from appliance.api.values import uuid7
from appliance.testing.device import Device
from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_printer import VirtualPrinter
from benchmarks.import_lateness import Lateness, _part
from benchmarks.process import ROOT, cpu_of
from benchmarks.result import Row, Run

PLUGIN = """
import msgspec
from appliance import api
from appliance.api.document_data import DeliveryNote

@api.hookimpl
def manifest():
    return api.Manifest(name="bench", version="1.0", title="Bench")

@api.hookimpl
def collections():
    fields = (api.Field(name="owner", type="id", required=True),)
    return [api.Collection(name="papers", title="Papers", fields=fields, kind="fact",
        bucket=("user:{owner}",), direction="both", write=("*",))]

@api.hookimpl
def document_kinds():
    return [api.DocumentKind(name="paper", title="Paper", collection="papers")]

@api.hookimpl
def render_document(kind, record_id, row, language, context):
    from appliance.printing.samples import sample
    note = sample("delivery_note", "ru")
    lines = (note.lines * 60)[:60]
    return msgspec.structs.replace(note, lines=lines)
"""
"""It takes the appliance's own sample, which a partner's plugin could not import."""

PRINTERS = ("one", "two", "three")
HEAD = 60 * 72.0 * 8
"""Bytes a second of a mobile printer's head, whole pictures: 576 dots at 60 mm/s."""

FIRST_BYTE_MS = 100.0
LATE_MS = 20.0
READY_S = 60.0


def measure(run: Run) -> Sequence[Row]:
    """See the module."""
    folder = run.folder
    site = folder / "site"
    _install(site)
    with ExitStack() as stack:
        printers = {
            name: stack.enter_context(
                VirtualPrinter.on_pty(Faults(speed=HEAD, buffer=4_096), link=folder / name)
            )
            for name in PRINTERS
        }
        config = _config(folder)
        path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": path}
        noted = folder / "lateness"
        daemon = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.daemon", str(config), "--lateness", str(noted)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=(folder / "daemon.log").open("wb"),
            text=True,
        )
        stack.callback(daemon.wait, 60)
        stack.callback(daemon.terminate)
        assert daemon.stdout is not None
        if not daemon.stdout.readline().startswith("ready https://"):
            raise RuntimeError(f"the daemon did not start; see {folder / 'daemon.log'}")
        device = _enrolled(folder, config, environment)
        stack.callback(device.close)
        record = device.create("papers", {"owner": device.identity.user["id"]})
        device.sync()
        firsts, cpu = _firsts(device, printers, record, daemon.pid, run.size(20, 4))
        lateness = Lateness(noted)
        lateness.since()
        count = run.size(15, 3)
        _print(device, record, PRINTERS, count)
        _wait(device, 3 * count)
        late = lateness.since()
    return [
        Row(
            "document to first byte at the printer, median",
            sorted(firsts)[len(firsts) // 2],
            "ms",
            goal=FIRST_BYTE_MS,
            note=f"60 lines, {len(firsts)} jobs, request included; worst {max(firsts):.0f}",
        ),
        Row("daemon CPU of a job of 60 lines, printing included", cpu, "ms"),
        Row(
            "reactor late while three printers print, p99",
            _part(late, 0.99),
            "ms",
            goal=LATE_MS,
            note=f"worst {max(late):.1f} ms in {len(late):,} looks, {3 * count} jobs",
        ),
    ]


def _install(site: Path) -> None:
    about = site / "bench-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "bench_plugin.py").write_text(PLUGIN)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: bench\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[appliance.plugins]\nbench = bench_plugin\n")


def _config(folder: Path) -> Path:
    lines = ['state_dir = "state"', "[http]", 'listen = "127.0.0.1:0"', "[mdns]", "enabled = false"]
    lines += ["[log]", 'level = "warning"', "[printing]", "status_slip = false"]
    for name in PRINTERS:
        lines += [f"[printers.{name}]", 'transport = "serial"', f'port = "{folder / name}"']
        lines += ["baud = 115200", 'profile = "bixolon-spp-r"']
    config = folder / "appliance.toml"
    config.write_text("\n".join(lines) + "\n")
    return config


def _command(config: Path, environment: dict[str, str], *arguments: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "appliance.cli", "--config", str(config), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    return done.stdout


def _enrolled(folder: Path, config: Path, environment: dict[str, str]) -> Device:
    _command(config, environment, "user", "add", "driver", "--role", "driver")
    invited = orjson.loads(
        _command(config, environment, "device", "invite", "--user", "driver", "--json")
    )
    device = Device(folder / "device.db")
    device.enroll(invited, name="bench")
    return device


def _new_id() -> str:
    return str(uuid7(int(time.time() * 1000)))


def _firsts(
    device: Device, printers: dict[str, VirtualPrinter], record: str, pid: int, count: int
) -> tuple[list[float], float]:
    """Print one job after another; return milliseconds to each first byte, and CPU of one."""
    firsts = []
    printer = printers["one"]
    before = cpu_of(pid)
    for _ in range(count):
        there = len(printer.printed)
        began = time.monotonic()
        job_id = _new_id()
        device.print(job_id, "paper", record, printer="one")
        printer.wait_for(lambda one, there=there: len(one.printed) > there)  # type: ignore[misc]
        firsts.append((time.monotonic() - began) * 1e3)
        while device.print_job(job_id)["state"] != "completed":
            time.sleep(0.05)
    return firsts, (cpu_of(pid) - before) / count * 1e3


def _print(device: Device, record: str, names: Sequence[str], count: int) -> None:
    for _ in range(count):
        for name in names:
            device.print(_new_id(), "paper", record, printer=name)


def _wait(device: Device, count: int) -> None:
    until = time.monotonic() + 600
    while time.monotonic() < until:
        device.pull()
        rows = [one.row for one in device.rows("print_jobs")]
        if all(row["state"] == "completed" for row in rows) and len(rows) >= count:
            return
        time.sleep(0.2)
    raise RuntimeError("the jobs were not printed in ten minutes")
