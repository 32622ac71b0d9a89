"""Clients: blocking TLS connections on threads, in processes of their own.

Everything they send is made before the clock runs, so that the cores are the daemon's. What a
client costs never counts as the daemon's: that is read from the daemon's own process.
"""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, NamedTuple

import orjson
import zstandard

from benchmarks.box import Peer

TIMEOUT_S = 120.0
READ = 256 * 1024


class Answered(NamedTuple):
    """An HTTP answer: status, headers with lower-case names, body as it travelled."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def tls(peer: Peer) -> ssl.SSLContext:
    """Make the context of a device: TLS 1.3, its certificate, the box's authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.load_verify_locations(peer.authority)
    if peer.credential:
        context.load_cert_chain(peer.credential)
    return context


class Connection:
    """One connection of a device."""

    def __init__(
        self,
        peer: Peer,
        context: ssl.SSLContext | None = None,
        session: ssl.SSLSession | None = None,
    ) -> None:
        plain = socket.create_connection(peer.address, TIMEOUT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = (context or tls(peer)).wrap_socket(
            plain, server_hostname=peer.address[0], session=session
        )
        self._left = b""

    def send(self, request: bytes) -> None:
        """Send a whole request."""
        self.socket.sendall(request)

    def answer(self, *, taken: Callable[[bytes], None] | None = None) -> Answered:
        """Read one answer; `taken` gets the body piece by piece instead of its being kept."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        pieces: list[bytes] = []
        take = taken or pieces.append
        if headers.get(b"transfer-encoding") == b"chunked":
            while size := int(self._until(b"\r\n"), 16):
                self._exactly(size, take)
                self._until(b"\r\n")
            self._until(b"\r\n")
        else:
            self._exactly(int(headers.get(b"content-length", b"0")), take)
        return Answered(int(first.split(b" ")[1]), headers, b"".join(pieces))

    def ask(self, request: bytes) -> Answered:
        """Send a request and read its answer, which must be a success."""
        self.send(request)
        answer = self.answer()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {answer.body[:500]!r}")
        return answer

    def wait_for(self, mark: bytes) -> None:
        """Read until some bytes have come."""
        self._until(mark)

    def _more(self) -> bytes:
        data = self.socket.recv(READ)
        if not data:
            raise ConnectionError("the daemon closed the connection")
        return data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._left:
            self._left += self._more()
        found, _, self._left = self._left.partition(mark)
        return found

    def _exactly(self, size: int, take: Callable[[bytes], None]) -> None:
        if self._left:
            piece, self._left = self._left[:size], self._left[size:]
            size -= len(piece)
            take(piece)
        while size:
            data = self._more()
            if len(data) > size:
                data, self._left = data[:size], data[size:]
            size -= len(data)
            take(data)

    def close(self) -> None:
        """Close it."""
        self.socket.close()


def post(path: str, body: bytes, *, media: str = "application/json", encoding: str = "") -> bytes:
    """Return a whole request."""
    accept = f"Accept-Encoding: {encoding}\r\n" if encoding else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: box\r\nContent-Type: {media}\r\n{accept}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str) -> bytes:
    """Return a whole request."""
    return f"GET {path} HTTP/1.1\r\nHost: box\r\n\r\n".encode()


def pull_request(
    cursor: str | None,
    *,
    collections: Sequence[str] | None = None,
    segments: bool = False,
    encoding: str = "zstd",
) -> bytes:
    """Return a pull of everything, or of some collections."""
    asked: dict[str, Any] = {"cursor": cursor}
    if collections is not None:
        asked["collections"] = list(collections)
    if segments:
        asked["accept"] = ["segments"]
    return post("/v1/pull", orjson.dumps(asked), encoding=encoding)


def lines(answer: Answered) -> list[bytes]:
    """Return the lines of an answer, decoded."""
    body = answer.body
    if answer.headers.get(b"content-encoding") == b"zstd":
        reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)
        body = reader.read()
    return body.splitlines()


def in_threads(calls: Sequence[Callable[[threading.Barrier], Any]]) -> list[Any]:
    """Run calls side by side; each passes the barrier when it is ready to begin.

    Raises:
        BaseException: what the first call that failed raised.
    """
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)
    failures: list[BaseException] = []

    def run(place: int) -> None:
        try:
            results[place] = calls[place](barrier)
        except BaseException as error:
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        real = [e for e in failures if not isinstance(e, threading.BrokenBarrierError)]
        raise (real or failures)[0]
    return results


class Round(NamedTuple):
    """What a round of requests took: requests, seconds from the first to the last, bytes."""

    requests: int
    seconds: float
    received: int


def rounds(peers: Sequence[Peer], requests: Sequence[Sequence[bytes]]) -> Round:
    """Each peer sends its requests one after another on a connection of its own, all at once."""

    def one(place: int) -> Callable[[threading.Barrier], tuple[float, float, int]]:
        def run(barrier: threading.Barrier) -> tuple[float, float, int]:
            connection = Connection(peers[place])
            barrier.wait()
            began = time.monotonic()
            received = 0
            for request in requests[place]:
                received += len(connection.ask(request).body)
            ended = time.monotonic()
            connection.close()
            return began, ended, received

        return run

    found = in_threads([one(place) for place in range(len(peers))])
    seconds = max(ended for _, ended, _ in found) - min(began for began, _, _ in found)
    return Round(sum(map(len, requests)), seconds, sum(size for _, _, size in found))


class Clients:
    """A process in which clients run."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self._pool.submit(int).result()

    def start(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Begin to run a module's function there."""
        return self._pool.submit(call, *arguments)

    def run(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Run a module's function there and return what it returns."""
        return self.start(call, *arguments).result()

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown()
