"""Lateness while a large file comes in: how long devices wait for an answer during an import.

``fieldbox import`` reaches the running daemon over its control socket, as an office does it, while
one device asks ``/v1/hello`` again and again, and the reactor notes how late it runs what is due
every 5 ms. The same is measured on an idle daemon before.
"""

from __future__ import annotations

import struct
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


class Lateness:
    """What the daemon notes of its reactor, read piece by piece."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0

    def since(self) -> list[float]:
        """Return milliseconds that the reactor was late, each 5 ms, since this was called last."""
        whole = self._file.stat().st_size // 8 * 8
        with self._file.open("rb") as file:
            file.seek(self._read)
            found = file.read(whole - self._read)
        self._read = whole
        return list(struct.unpack(f"{len(found) // 8}d", found))


def _part(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


LISTS = 36
"""Price lists of a big company; with 10,000 products they make 360,000 prices."""


def write_products(path: Path, products: int) -> None:
    """Write products as a CSV file in the built-in profile ``csv``."""
    with path.open("w", encoding="utf-8") as file:
        file.write("Код,Наименование\n")
        for number in range(products):
            row = catalogue.goods(number)
            file.write(f"{row['code']},{row['label']}\n")


def write_prices(path: Path, products: int, more: int) -> int:
    """Write a price of every product in every list, so much dearer; return how many."""
    with path.open("w", encoding="utf-8") as file:
        file.write("Код,Тип цены,Цена,Валюта\n")
        for number in range(LISTS):
            for product in range(products):
                row = catalogue.goods(product, more + number * 100)
                file.write(f"{row['code']},P{number},{row['price'] / 10_000:.4f},RUB\n")
    return LISTS * products


def bring_in(box: BenchBox, kind: str, file: Path) -> float:
    """Run ``fieldbox import`` beside the daemon; return the seconds it took."""
    command = [sys.executable, "-m", "appliance.cli", "--config", str(box.config)]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "import", kind, str(file), "--profile", "csv", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=MOST_S,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the import failed: {done.stdout[-500:]} {done.stderr[-500:]}")
    return time.monotonic() - began


def measure(run: Run) -> Sequence[Row]:
    """Measure idle, while new prices come in, while all change, and while none does."""
    products = run.size(10_000, 500)
    box = BenchBox(run.folder)
    box.fill(1_000, 1)
    write_products(run.folder / "products.csv", products)
    files = {"new": run.folder / "first.csv", "changed": run.folder / "second.csv"}
    files["unchanged"] = files["changed"]
    for more, name in enumerate(("new", "changed")):
        rows = write_prices(files[name], products, more * 10_000)
    stop = run.folder / "stop"
    found: list[Row] = []
    noted = run.folder / "lateness"
    with Daemon(box, lateness=noted) as daemon, load.Clients() as clients:
        bring_in(box, "products", run.folder / "products.csv")
        lateness = Lateness(noted)
        lateness.since()
        idle: list[float] = clients.run(pings, daemon.peers[0], run.size(10, 3), str(stop))
        at_rest = lateness.since()
        for name, file in files.items():
            waiting = clients.start(pings, daemon.peers[0], MOST_S, str(stop))
            before, held = daemon.cpu_s, daemon.held
            seconds = bring_in(box, "prices", file)
            cpu = daemon.cpu_s - before
            late = lateness.since()
            stop.touch()
            during: list[float] = waiting.result()
            stop.unlink()
            found += [
                Row(
                    f"reactor late while {rows:,} {name} prices come in, p99",
                    _part(late, 0.99),
                    "ms",
                    goal=20.0,
                    note=f"idle p99 {_part(at_rest, 0.99):.1f}; median {_part(late, 0.5):.1f}, "
                    f"max {max(late):.0f} ms of {len(late)}",
                ),
                Row(
                    f"answer while {rows:,} {name} prices come in, p99",
                    _part(during, 0.99),
                    "ms",
                    goal=20.0,
                    note=f"median {_part(during, 0.5):.1f} ms of {len(during)}",
                ),
                Row("the same", _part(during, 0.99), "ms", "idle p99", _part(idle, 0.99)),
                Row(
                    f"import of {rows:,} {name} prices",
                    seconds,
                    "s",
                    goal=60.0 * rows / 360_000,
                    note=f"{rows / seconds:,.0f} rows/s",
                ),
                Row(f"import of {name} prices: daemon", cpu / rows * 1e6, "us CPU a row"),
                Row(
                    f"memory that the daemon gained by it: {name}", (daemon.held - held) / 1e6, "MB"
                ),
            ]
    return found
