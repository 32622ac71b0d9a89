"""FaultyLink before an echo server: bytes pass, and break exactly where the plan says."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from appliance.testing.faulty_link import Fault, FaultyLink, random_faults, scripted


@pytest.fixture()
def echo():
    """An echo server; it records what it got from each connection and how that ended."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    got: list[bytearray] = []
    stop = threading.Event()

    def serve(connection, record):
        with connection:
            connection.settimeout(5)
            try:
                while data := connection.recv(65_536):
                    record += data
                    connection.sendall(data)
            except OSError:
                pass

    def accept():
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            got.append(bytearray())
            worker = threading.Thread(target=serve, args=(connection, got[-1]))
            worker.start()
            workers.append(worker)

    workers: list[threading.Thread] = []
    thread = threading.Thread(target=accept)
    thread.start()
    yield listener.getsockname()[1], got
    stop.set()
    socket.create_connection(listener.getsockname()).close()
    thread.join()
    listener.close()
    for worker in workers:
        worker.join()


def talk(link, data):
    """Send data, end the sending side, return what came back and how it ended."""
    back = bytearray()
    try:
        with socket.create_connection(("127.0.0.1", link.port), timeout=5) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while piece := sock.recv(65_536):
                back += piece
    except TimeoutError:
        raise
    except OSError:  # a reset shows while connecting, while talking, or as ENOTCONN
        return bytes(back), "reset"
    return bytes(back), "end"


def test_without_faults_everything_passes(echo):
    port, _ = echo
    data = bytes(range(256)) * 8_000  # more than the buffers between hold
    with FaultyLink("127.0.0.1", port) as link:
        sender = socket.create_connection(("127.0.0.1", link.port), timeout=5)
        writer = threading.Thread(target=sender.sendall, args=(data,))
        writer.start()
        back = bytearray()
        while len(back) < len(data):
            back += sender.recv(65_536)
        writer.join()
        sender.close()
    # The proxy's thread has ended: its counts are final.
    assert back == data and link.forwarded == {"up": len(data), "down": len(data)}
    assert (link.connections, link.faults) == (1, 0)


@pytest.mark.parametrize("after", [0, 1, 500, 999])
def test_upward_bytes_stop_exactly_at_the_fault(echo, after):
    port, got = echo
    with FaultyLink("127.0.0.1", port, scripted([Fault(after, "up", "reset")])) as link:
        _, end = talk(link, b"x" * 1000)
        assert end == "reset" and link.faults == 1
        assert link.forwarded["up"] == after
    assert all(len(record) <= after for record in got)


@pytest.mark.parametrize("after", [1, 500, 999])
def test_downward_bytes_stop_exactly_at_an_orderly_end(echo, after):
    port, _ = echo
    with FaultyLink("127.0.0.1", port, scripted([Fault(after, "down", "close")])) as link:
        back, _ = talk(link, b"x" * 1000)
        assert link.forwarded["down"] == after and len(back) <= after


def test_only_planned_connections_break(echo):
    port, _ = echo
    with FaultyLink("127.0.0.1", port, scripted([None, Fault(0)])) as link:
        assert [talk(link, b"hello")[0] for _ in range(3)] == [b"hello", b"", b"hello"]
        assert (link.connections, link.faults) == (3, 1)


def test_a_delay_holds_everything_and_then_lets_it_pass(echo):
    port, _ = echo
    with FaultyLink("127.0.0.1", port, scripted([Fault(3, "up", "delay", 0.2)])) as link:
        start = time.monotonic()
        assert talk(link, b"hello") == (b"hello", "end")
        assert time.monotonic() - start >= 0.2


def test_a_stall_ends_in_a_reset(echo):
    port, _ = echo
    with FaultyLink("127.0.0.1", port, scripted([Fault(3, "up", "stall", 0.1)])) as link:
        assert talk(link, b"hello")[1] == "reset"
        assert link.faults == 1


def test_closing_resets_open_connections(echo):
    port, _ = echo
    link = FaultyLink("127.0.0.1", port)
    with socket.create_connection(("127.0.0.1", link.port), timeout=5) as sock:
        sock.sendall(b"hello")
        assert sock.recv(5) == b"hello"
        link.close()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    link.close()


def test_an_appliance_that_is_not_there_resets_the_device():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with FaultyLink("127.0.0.1", port) as link:
        assert talk(link, b"hello")[1] == "reset"


def test_random_faults_repeat_with_their_seed():
    def faults(seed):
        plan = random_faults(seed, most=20)
        return [plan(number) for number in range(21)]

    assert faults("a") == faults("a") != faults("b")
    assert faults("a")[20] is None
    assert all(f.after < 1 << 20 for f in faults("a")[:20])
