"""Connections: what an idle live stream holds, and what a handshake costs, full and resumed."""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence

from benchmarks import load
from benchmarks.box import BenchBox, Peer
from benchmarks.process import Daemon
from benchmarks.result import Row, Run, median, spread

_open: list[load.Connection] = []
"""The live streams that a client process holds."""


def open_live(peers: Sequence[Peer]) -> int:
    """Open a live stream for each device and read its first event; they stay open."""
    for peer in peers:
        connection = load.Connection(peer)
        connection.send(load.get("/v1/live"))
        connection.wait_for(b"event: head")
        _open.append(connection)
    return len(_open)


def close_live() -> None:
    """Close them."""
    while _open:
        _open.pop().close()


def handshakes(peer: Peer, count: int, resumed: bool) -> tuple[float, int]:
    """Connect so often, one after another, each time with one small request.

    Returns:
        Seconds, and how many of the handshakes resumed a session.
    """
    context = load.tls(peer)
    session: ssl.SSLSession | None = None
    reused = 0
    began = time.monotonic()
    for _ in range(count):
        connection = load.Connection(peer, context, session)
        connection.ask(load.get("/v1/hello"))
        reused += bool(connection.socket.session_reused)
        if resumed:
            session = connection.socket.session
        connection.close()
    return time.monotonic() - began, reused


def measure(run: Run) -> Sequence[Row]:
    """Measure idle streams, then handshakes."""
    streams = run.size(1_000, 200)
    box = BenchBox(run.folder)
    box.fill(1_000, streams)
    rows: list[Row] = []
    with Daemon(box) as daemon, load.Clients() as clients:
        clients.run(open_live, daemon.peers[:20])
        time.sleep(1)
        before = daemon.rss
        opened = clients.run(open_live, daemon.peers[20:])
        time.sleep(2)
        after, cpu = daemon.rss, daemon.cpu_s
        began = time.monotonic()
        time.sleep(run.size(20, 5))
        idle = (daemon.cpu_s - cpu) / (time.monotonic() - began)
        clients.run(close_live)
        rows += [
            Row(
                f"idle live stream (of {opened})",
                (after - before) / (opened - 20) / 1024,
                "KiB",
                goal=40.0,
            ),
            Row(f"daemon with {opened} live streams", after / 1e6, "MB RSS", goal=150.0),
            Row(f"CPU with {opened} idle live streams", idle * 100, "% of a core"),
        ]
        time.sleep(1)
        count = run.size(300, 100)
        for resumed in (False, True):
            costs, rates = [], []
            for _ in range(run.repeats):
                cpu = daemon.cpu_s
                seconds, reused = clients.run(handshakes, daemon.peers[0], count, resumed)
                if reused < (count - 1 if resumed else 0):
                    raise RuntimeError(f"only {reused} of {count} handshakes resumed")
                costs.append((daemon.cpu_s - cpu) / count * 1e6)
                rates.append(count / seconds)
            kind = "resumed" if resumed else "full, with a client certificate"
            rows.append(
                Row(
                    f"handshake {kind}, and /v1/hello",
                    median(costs),
                    "us CPU",
                    spread=spread(costs),
                )
            )
            rows.append(
                Row(f"handshakes {kind}, one by one", median(rates), "/s", spread=spread(rates))
            )
    return rows
