"""Durable orders: how many a second, against appends with fdatasync.

Each answer is read before the next request of its connection is sent, so every order that counts
was acknowledged after its commit. (a) orders of a collection that the config declares, (b) orders
of the plugin ``preselling`` with its rules: states, sums, and references to 30 records each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from benchmarks import catalogue, load
from benchmarks.box import BenchBox, Peer
from benchmarks.limits import commits_s
from benchmarks.process import Daemon
from benchmarks.result import Row, Run, median, spread

CONNECTIONS = 16
BUNDLE = 8
"""Orders of one request."""


class Orders:
    """Makes requests of orders for each device, with running numbers that have no gaps."""

    def __init__(self, peers: Sequence[Peer], collection: str) -> None:
        self._peers = peers
        self._collection = collection
        self._next = [1] * len(peers)

    def requests(self, each: int, bundle: int) -> list[list[bytes]]:
        """Return so many requests for each device, with `bundle` orders in each."""
        return [self.requests_of(place, each, bundle) for place in range(len(self._peers))]

    def requests_of(self, place: int, each: int, bundle: int) -> list[bytes]:
        """Return requests of one device."""
        return [self._request(place, bundle) for _ in range(each)]

    def _request(self, place: int, bundle: int) -> bytes:
        body = b"".join(self._line(place) for _ in range(bundle))
        return load.post("/v1/push", body, media="application/x-ndjson")

    def _line(self, place: int) -> bytes:
        n = self._next[place]
        self._next[place] += 1
        user = self._peers[place].user_id
        outlet = catalogue.stable_id("outlet", place)
        if self._collection == "field_orders":
            row = catalogue.plain_order(n, user, outlet)
        else:
            party = catalogue.stable_id("party", place)
            house = catalogue.stable_id("house", 0)
            row = catalogue.order(n * 100 + place, user, outlet, party, house)
        return catalogue.mutation(n, self._collection, row)


def accepted(peer: Peer, request: bytes) -> None:
    """Send one request and check that every order in it was taken as it is.

    Raises:
        RuntimeError: one was not.
    """
    connection = load.Connection(peer)
    for line in load.lines(connection.ask(request)):
        answer: dict[str, Any] = orjson.loads(line)
        if answer["outcome"] != "applied" or answer["issues"]:
            raise RuntimeError(f"an order of the benchmark was not applied: {answer}")
    connection.close()


class Pushed:
    """What repeated rounds gave.

    Attributes:
        rate: orders a second.
        cpu_us: microseconds of daemon CPU an order.
        commits: appends with fdatasync a second, measured right before each round.
    """

    def __init__(self) -> None:
        self.rate: list[float] = []
        self.cpu_us: list[float] = []
        self.commits: list[float] = []

    @property
    def limit(self) -> float:
        """The limit that makes the rates' median over it the median of the rounds' ratios.

        A disk that others use changes from one second to the next, so each round is compared
        with what the disk did right before it.
        """
        ratios = [rate / commits for rate, commits in zip(self.rate, self.commits, strict=True)]
        return median(self.rate) / median(ratios)


def pushed(
    daemon: Daemon,
    collection: str,
    *,
    bundle: int,
    orders: int,
    repeats: int,
    connections: int = CONNECTIONS,
) -> Pushed:
    """Push about so many orders a repeat.

    Args:
        daemon: serves a box with at least `connections` devices.
        collection: ``field_orders`` or ``orders``.
        bundle: orders of one request.
        orders: of one repeat.
        repeats: how often.
        connections: devices that push at once.
    """
    peers = daemon.peers[:connections]
    maker = Orders(peers, collection)
    found = Pushed()
    with load.Clients() as clients:
        for place, peer in enumerate(peers):
            clients.run(accepted, peer, maker.requests_of(place, 1, bundle)[0])
        for _ in range(repeats):
            requests = maker.requests(max(1, orders // connections // bundle), bundle)
            found.commits.append(commits_s(daemon.folder, 0.5))
            before = daemon.cpu_s
            done: load.Round = clients.run(load.rounds, peers, requests)
            pushed_orders = done.requests * bundle
            found.rate.append(pushed_orders / done.seconds)
            found.cpu_us.append((daemon.cpu_s - before) / pushed_orders * 1e6)
    return found


def measure(run: Run) -> Sequence[Row]:
    """Measure both kinds of orders, in bundles and one by one."""
    box = BenchBox(run.folder)
    box.fill(run.size(100_000, 20_000), CONNECTIONS)
    rows: list[Row] = []
    with Daemon(box) as daemon:
        for collection, title in (
            ("field_orders", "(a) declared collection"),
            ("orders", "(b) preselling with rules"),
        ):
            for bundle, count in ((BUNDLE, run.size(6_400, 1_920)), (1, run.size(1_600, 640))):
                found = pushed(daemon, collection, bundle=bundle, orders=count, repeats=run.repeats)
                name = f"{title}, {bundle} a request"
                rows.append(
                    Row(
                        name,
                        median(found.rate),
                        "orders/s",
                        against="commits/s",
                        limit=found.limit,
                        goal=2.0 if bundle == BUNDLE else None,
                        better="high",
                        spread=spread(found.rate),
                    )
                )
                if bundle == BUNDLE:
                    rows.append(rows[-1]._replace(against="", limit=None, goal=10_000.0))
                rows.append(
                    Row(f"{name}: CPU", median(found.cpu_us), "us", spread=spread(found.cpu_us))
                )
    return rows
