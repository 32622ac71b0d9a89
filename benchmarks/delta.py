"""A 200-row delta: what one request costs the daemon, cold and hot.

Hot: devices of different users stand at the same seq and pull the same 200 changes of a bucket
that all of them see, as after a change of prices. Cold: every request begins at a seq of its own,
and the daemon is told to keep no page, so nothing that an earlier request left behind serves it.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import load
from benchmarks.box import BenchBox
from benchmarks.limits import bare_request_us
from benchmarks.process import Daemon
from benchmarks.result import Row, Run, median, spread

CHANGED = 200
CONNECTIONS = 16


def _costs(box: BenchBox, seqs: list[int], repeats: int, *, cold: bool) -> list[float]:
    """Return microseconds of daemon CPU a request, for each of the repeats.

    Args:
        box: closed.
        seqs: where each request begins; cut into as many parts as there are repeats.
        repeats: how often.
        cold: whether the daemon keeps no page.
    """
    cursors = box.cursors(seqs)
    size = len(seqs) // repeats // CONNECTIONS * CONNECTIONS
    found = []
    with Daemon(box, forget_pages=cold) as daemon, load.Clients() as clients:
        peers = daemon.peers[:CONNECTIONS]
        warm = [[load.pull_request(cursor)] * 20 for cursor in cursors[:CONNECTIONS]]
        clients.run(load.rounds, peers, warm)
        for repeat in range(repeats):
            part = cursors[repeat * size : (repeat + 1) * size]
            asked = [
                [load.pull_request(cursor) for cursor in part[place::CONNECTIONS]]
                for place in range(CONNECTIONS)
            ]
            before = daemon.cpu_s
            done: load.Round = clients.run(load.rounds, peers, asked)
            found.append((daemon.cpu_s - before) / done.requests * 1e6)
    return found


def costs(box: BenchBox, run: Run) -> tuple[list[float], list[float]]:
    """Return what hot and cold deltas cost on a box with goods and `CONNECTIONS` devices."""
    count = run.size(1_600, 480) * run.repeats
    heads = box.change(CHANGED, passes=count // CHANGED + 2)
    hot = _costs(box, [heads[-1]] * count, run.repeats, cold=False)
    cold = _costs(box, [heads[-1] - 1 - n for n in range(count)], run.repeats, cold=True)
    return hot, cold


def measure(run: Run) -> Sequence[Row]:
    """Measure hot and cold deltas against the bare request."""
    box = BenchBox(run.folder)
    box.fill(run.size(100_000, 20_000), CONNECTIONS)
    hot, cold = costs(box, run)
    bare = bare_request_us(run)
    name = "bare request"
    return [
        Row(
            f"{CHANGED} rows, hot",
            median(hot),
            "us CPU",
            against=name,
            limit=bare,
            goal=4.0,
            spread=spread(hot),
        ),
        Row(
            f"{CHANGED} rows, cold",
            median(cold),
            "us CPU",
            goal=500.0,
            spread=spread(cold),
        ),
        Row(f"{CHANGED} rows, cold", median(cold), "us CPU", against=name, limit=bare),
    ]
