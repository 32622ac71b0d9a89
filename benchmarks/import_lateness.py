"""Lateness while a large file comes in: how long devices wait for an answer during an import.

``fieldbox import`` reaches the running daemon over its control socket, as an office does it, while
one device asks ``/v1/hello`` again and again. The same is measured on an idle daemon before.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import catalogue, load
from benchmarks.box import BenchBox, Peer
from benchmarks.process import ROOT, Daemon
from benchmarks.result import Row, Run

PAUSE_S = 0.005
MOST_S = 600.0


def pings(peer: Peer, seconds: float, stop: str) -> list[float]:
    """Return milliseconds to each answer, until the time is over or the file `stop` is there."""
    connection = load.Connection(peer)
    request = load.get("/v1/hello")
    found = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not Path(stop).exists():
        began = time.monotonic()
        connection.ask(request)
        found.append((time.monotonic() - began) * 1e3)
        time.sleep(PAUSE_S)
    connection.close()
    return found


def _part(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def write_file(path: Path, rows: int, price: int) -> None:
    """Write goods as a CSV file in the built-in profile ``csv``."""
    names = ("code", "article", "label", "unit", "price", "active")
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(names) + "\n")
        for number in range(rows):
            row = catalogue.goods(number)
            cells = [row["code"], row["article"], row["label"], row["unit"]]
            cells += [f"{(row['price'] + price) / 10_000:.4f}", "1" if row["active"] else "0"]
            file.write(",".join(cells) + "\n")


def bring_in(box: BenchBox, file: Path) -> float:
    """Run ``fieldbox import`` beside the daemon; return the seconds it took."""
    command = [sys.executable, "-m", "appliance.cli", "--config", str(box.config)]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "import", "goods", str(file), "--profile", "csv", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=MOST_S,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the import failed: {done.stdout[-500:]} {done.stderr[-500:]}")
    return time.monotonic() - began


def measure(run: Run) -> Sequence[Row]:
    """Measure idle, during a first import, and during one that changes every row."""
    rows = run.size(50_000, 10_000)
    box = BenchBox(run.folder)
    box.fill(1_000, 1)
    first, second = run.folder / "first.csv", run.folder / "second.csv"
    write_file(first, rows, 0)
    write_file(second, rows, 10_000)
    stop = run.folder / "stop"
    found: list[Row] = []
    with Daemon(box) as daemon, load.Clients() as clients:
        idle: list[float] = clients.run(pings, daemon.peers[0], run.size(10, 3), str(stop))
        for name, file in (("new", first), ("changed", second)):
            waiting = clients.start(pings, daemon.peers[0], MOST_S, str(stop))
            before = daemon.cpu_s
            seconds = bring_in(box, file)
            cpu = daemon.cpu_s - before
            stop.touch()
            during: list[float] = waiting.result()
            stop.unlink()
            found += [
                Row(
                    f"answer while {rows:,} {name} rows come in, p99",
                    _part(during, 0.99),
                    "ms",
                    goal=20.0,
                    note=f"median {_part(during, 0.5):.1f} ms of {len(during)}",
                ),
                Row("the same", _part(during, 0.99), "ms", "idle p99", _part(idle, 0.99)),
                Row(f"import of {name} rows", rows / seconds, "rows/s"),
                Row(f"import of {name} rows: daemon", cpu / rows * 1e6, "us CPU a row"),
            ]
    return found
