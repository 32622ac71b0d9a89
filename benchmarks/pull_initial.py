"""A whole catalogue to a new device: with segments, without them, and the obvious way.

What counts is the daemon's CPU a device, because in the morning all devices come at once; rows a
second end to end include a client that decompresses and parses every line on the other core.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson
import zstandard

from benchmarks import load
from benchmarks.box import BenchBox, Peer
from benchmarks.limits import Server, naive_ms
from benchmarks.nginx import BINARY, Nginx
from benchmarks.process import Daemon
from benchmarks.result import Row, Run, median, missing, spread

SEGMENT_ROWS = 2_000
READY_S = 300.0
SIDE_BY_SIDE = 8
FETCHES = 400
"""Of one file from a server whose CPU for one fetch is less than a tick of the clock."""


class Fetched(NamedTuple):
    """What clients got: rows, compressed bytes, seconds, the segments' names."""

    rows: int
    received: int
    seconds: float
    segments: list[str]


class _Lines:
    """Decompresses frames as they arrive, and parses or only counts the lines in them."""

    def __init__(self, *, parse: bool) -> None:
        self._parse = parse
        self._zstd = zstandard.ZstdDecompressor()
        self._frame = self._zstd.decompressobj()
        self._tail = b""
        self.rows = 0
        self.received = 0
        self.others: list[dict[str, Any]] = []

    def take(self, data: bytes) -> None:
        """Take a piece of a body."""
        self.received += len(data)
        if not self._parse:
            return
        while data:
            text = self._frame.decompress(data)
            data = self._frame.unused_data
            if self._frame.eof:
                self._frame = self._zstd.decompressobj()
            *whole, self._tail = (self._tail + text).split(b"\n")
            for line in whole:
                value = orjson.loads(line)
                if "put" in value:
                    self.rows += 1
                else:
                    self.others.append(value)


def fetch(peer: Peer, *, segments: bool, parse: bool, names: Sequence[str] = ()) -> Fetched:
    """Pull a whole catalogue as a new device does.

    Args:
        peer: the device.
        segments: whether it takes segments.
        parse: read what comes; else the bytes are dropped, and `names` tells the segments.
        names: paths of the segments.
    """
    connection = load.Connection(peer)
    began = time.monotonic()
    found = _Lines(parse=parse or segments)
    connection.send(load.pull_request(None, collections=["goods"], segments=segments))
    connection.answer(taken=found.take)
    paths = [line["segment"]["url"] for line in found.others if "segment" in line]
    found._parse = parse
    for path in names or paths:
        connection.send(load.get(path))
        connection.answer(taken=found.take)
    seconds = time.monotonic() - began
    connection.close()
    return Fetched(found.rows, found.received, seconds, paths)


def fetch_all(peers: Sequence[Peer], segments: bool) -> int:
    """Let devices pull, some at a time; return the bytes they got. Nothing is parsed."""

    def some(place: int) -> Callable[[Any], int]:
        def run(barrier: Any) -> int:
            barrier.wait()
            return sum(
                fetch(peer, segments=segments, parse=False).received
                for peer in peers[place::SIDE_BY_SIDE]
            )

        return run

    return sum(load.in_threads([some(place) for place in range(min(SIDE_BY_SIDE, len(peers)))]))


def fetch_file(peer: Peer, times: int) -> int:
    """Fetch the one file of a server so often, each time with a new connection, as devices do."""
    sizes: list[int] = []
    for _ in range(times):
        connection = load.Connection(peer)
        connection.send(load.get("/"))
        connection.answer(taken=lambda data: sizes.append(len(data)))
        connection.close()
    return sum(sizes)


def _wait_for_segments(daemon: Daemon, clients: load.Clients, rows: int) -> None:
    """Wait until the daemon has cut its buckets and is idle again."""
    ends = time.monotonic() + READY_S
    peer = daemon.peers[0]
    while time.monotonic() < ends:
        got: Fetched = clients.run(_fetch_parsed, peer, True)
        if got.segments:
            if got.rows != rows:
                raise RuntimeError(f"{got.rows} of {rows} rows came in segments")
            return
        time.sleep(1)
    raise RuntimeError("no segments were built")


def _fetch_parsed(peer: Peer, segments: bool) -> Fetched:
    return fetch(peer, segments=segments, parse=True)


def _devices(daemon: Daemon, clients: load.Clients, segments: bool, repeats: int) -> list[float]:
    """Return CPU milliseconds a device, with all devices of the box pulling at once."""
    found = []
    for _ in range(repeats):
        before = daemon.cpu_s
        clients.run(fetch_all, daemon.peers, segments)
        found.append((daemon.cpu_s - before) / len(daemon.peers) * 1e3)
    return found


def _end_to_end(peer: Peer, clients: load.Clients, segments: bool, run: Run) -> list[float]:
    got = [clients.run(_fetch_parsed, peer, segments) for _ in range(run.repeats)]
    return [one.rows / one.seconds for one in got]


def _file_ms(run: Run, server: Server | Nginx, times: int) -> list[float]:
    """Return CPU milliseconds of a server that sends one file to each new connection."""
    with server, load.Clients() as clients:
        clients.run(fetch_file, server.peer, 2)
        found = []
        for _ in range(run.repeats):
            before = server.cpu_s
            clients.run(fetch_file, server.peer, FETCHES)
            found.append((server.cpu_s - before) / times * 1e3)
        return found


def measure(run: Run) -> Sequence[Row]:
    """Measure one catalogue three ways."""
    rows = run.size(100_000, 20_000)
    devices = run.size(100, 32)
    box = BenchBox(run.folder, segments=SEGMENT_ROWS)
    box.fill(rows, devices)
    with load.Clients() as clients:
        with Daemon(box) as daemon:
            _wait_for_segments(daemon, clients, rows)
            rate_cut = _end_to_end(daemon.peers[0], clients, True, run)
            cut = _devices(daemon, clients, True, run.repeats)
        whole = b"".join(path.read_bytes() for path in sorted(box.state.glob("segments/*.zst")))
        box.configure(segments=0)
        with Daemon(box) as daemon:
            few = daemon.peers = daemon.peers[: run.size(12, 8)]
            rate = _end_to_end(few[0], clients, False, run)
            live = _devices(daemon, clients, False, run.repeats)
    file = run.folder / "whole"
    file.write_bytes(whole)
    bare = _file_ms(run, Server("file", run.folder / "bare", str(file)), FETCHES)
    static = _file_ms(run, Nginx(run.folder / "nginx", file), FETCHES) if BINARY else []
    naive = naive_ms(rows, 2)
    text = f"{rows:,} rows"
    note = f"{devices} devices, {len(whole) / 1e6:.2f} MB each; TLS handshake and pull included"
    return [
        Row(
            f"{text} with segments, CPU a device",
            median(cut),
            "ms",
            against="same bytes, bare Twisted TLS",
            limit=median(bare),
            spread=spread(cut),
            note=note,
        ),
        Row(
            "the same",
            median(cut),
            "ms",
            against="same bytes, nginx",
            limit=median(static),
            goal=1.7,
            spread=spread(static),
            note="± is nginx's",
        )
        if static
        else missing("the same against nginx (goal ≤ 1.7x)", "nginx is not installed"),
        Row(
            "rows -> dict -> json -> gzip each time",
            median(naive),
            "ms",
            against="with segments",
            limit=median(cut),
            goal=100.0,
            better="high",
            spread=spread(naive),
        ),
        Row(
            f"{text} without segments, CPU a device",
            median(live),
            "ms",
            against="with segments",
            limit=median(cut),
            spread=spread(live),
            note=f"{len(few)} devices at once",
        ),
        Row(
            f"{text} with segments, end to end", median(rate_cut), "rows/s", spread=spread(rate_cut)
        ),
        Row(f"{text} without segments, end to end", median(rate), "rows/s", spread=spread(rate)),
    ]
