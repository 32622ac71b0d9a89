"""The limits of this machine in this run, which everything else is measured against."""

from __future__ import annotations

import gzip
import json
import os
import select
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import catalogue, load
from benchmarks.box import Peer
from benchmarks.process import ROOT, cpu_of
from benchmarks.result import Row, Run, median, spread

RECORD = 4_096
"""Bytes of one append: about one order."""


def commits_s(folder: Path, seconds: float = 1.0) -> float:
    """Return how many appends of a record, each with fdatasync, the disk takes in a second."""
    path = folder / "limit-commits"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        record = os.urandom(RECORD)
        done = 0
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            os.write(descriptor, record)
            os.fdatasync(descriptor)
            done += 1
    finally:
        os.close(descriptor)
        path.unlink()
    return done / passed


class Server:
    """A bare server of `benchmarks.servers`, as a process of its own."""

    def __init__(self, kind: str, folder: Path, *arguments: str) -> None:
        """Start it.

        Args:
            kind: see `benchmarks.servers`.
            folder: for its certificate.
            arguments: of that kind.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.servers", kind, str(folder), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], 30)
        port = self._process.stdout.readline() if readable else ""
        if not port.strip().isdigit():
            self.stop()
            raise RuntimeError(f"the {kind} server did not start")
        self.peer = Peer(("127.0.0.1", int(port)), str(folder / "limit.pem"), "", "", "")

    @property
    def cpu_s(self) -> float:
        """User and system seconds so far."""
        return cpu_of(self._process.pid)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def request_us(folder: Path, kind: str, *arguments: str, repeats: int, count: int) -> list[float]:
    """Return microseconds of server CPU for one request of a bare server, repeated."""
    with Server(kind, folder, *arguments) as server, load.Clients() as clients:
        request = load.get("/")
        peers = [server.peer] * 4
        clients.run(load.rounds, peers, [[request] * 200] * 4)
        found = []
        for _ in range(repeats):
            before = server.cpu_s
            done = clients.run(load.rounds, peers, [[request] * (count // 4)] * 4)
            found.append((server.cpu_s - before) / done.requests * 1e6)
    return found


def bare_request_us(run: Run, size: int = 200) -> float:
    """Return microseconds of CPU of a bare Twisted TLS request with an answer of `size` bytes."""
    count = run.size(20_000, 8_000)
    return median(
        request_us(run.folder / "bare", "bare", str(size), repeats=run.repeats, count=count)
    )


def naive_ms(rows: int, repeats: int) -> list[float]:
    """Return CPU milliseconds for one answer the obvious way: rows -> dict -> json -> gzip.

    The rows lie in an SQLite table with a column for each field, are read by `sqlite3`, made
    dicts, encoded by `json` and compressed by `gzip` at level 1, for each request anew. TLS and
    HTTP are left out, which favours it.
    """
    connection = sqlite3.connect(":memory:")
    names = list(catalogue.goods(0))
    connection.execute(f"CREATE TABLE goods (id TEXT PRIMARY KEY, {', '.join(names)})")
    connection.executemany(
        f"INSERT INTO goods VALUES ({', '.join('?' * (len(names) + 1))})",
        ((catalogue.fast_id(n), *catalogue.goods(n).values()) for n in range(rows)),
    )
    connection.row_factory = sqlite3.Row
    found = []
    for _ in range(repeats):
        began = time.process_time()
        answer = [dict(row) for row in connection.execute("SELECT * FROM goods ORDER BY id")]
        body = gzip.compress(json.dumps(answer, ensure_ascii=False).encode(), 1)
        found.append((time.process_time() - began) * 1e3)
        assert body
    return found


def measure(run: Run) -> Sequence[Row]:
    """Show the limits by themselves."""
    commits = [commits_s(run.folder) for _ in range(run.repeats)]
    count = run.size(20_000, 8_000)
    rows = [
        Row("append of 4 KiB + fdatasync", median(commits), "/s", spread=spread(commits)),
    ]
    for kind, name in (
        ("bare", "bare Twisted TLS request, 200 bytes"),
        ("web", "twisted.web TLS request, 200 bytes"),
    ):
        found = request_us(run.folder / "bare", kind, "200", repeats=run.repeats, count=count)
        rows.append(Row(name, median(found), "us CPU", spread=spread(found)))
    return rows
