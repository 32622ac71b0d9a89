"""Clients that are slow, broken or hostile: each costs one connection and nothing else."""

import contextlib
import itertools
import socket
import ssl
import time

import pytest

pytestmark = pytest.mark.slow

HOST = b"Host: localhost\r\n"


def _problem(answer, status, code):
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:fieldbox:problem:{code}"
    assert problem["status"] == status
    return problem


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"GET /v1/hello HTTP/1.1\r\n\r\n", 400, "bad_header"),
        (b"GET /v1/hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_header"),
        (b"GET /v1/hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "bad_header"),
        (b"GET /v1/hello HTTP/1.0\r\n" + HOST + b"\r\n", 505, "http_version"),
        (b"GET /v1/hello HTTP/2.0\r\n" + HOST + b"\r\n", 400, "bad_request"),
        (b"GET  /v1/hello HTTP/1.1\r\n" + HOST + b"\r\n", 400, "bad_request"),
        (b"rubbish\r\n\r\n", 400, "bad_request"),
        (b"GET /v1/hello HTTP/1.1\r\n" + HOST + b"no colon\r\n\r\n", 400, "bad_request"),
        (b"GET /v1/hello HTTP/1.1\r\n" + HOST + b"Spaced : x\r\n\r\n", 400, "bad_request"),
        (b"GET /v1/hello HTTP/1.1\r\n" + HOST + b"A: x\r\n folded\r\n\r\n", 400, "bad_request"),
        (b"GET /v1/hello HTTP/1.1\r\n" + HOST + b"A: \x00\r\n\r\n", 400, "bad_request"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "target_too_long"),
        (b"GET /" + b"a" * 90_000, 414, "target_too_long"),
        (
            b"GET /v1/hello HTTP/1.1\r\n" + HOST + b"A: " + b"a" * 9000 + b"\r\n\r\n",
            431,
            "headers_too_large",
        ),
        (
            b"GET /v1/hello HTTP/1.1\r\n" + HOST + b"A: bcd\r\n" * 101 + b"\r\n",
            431,
            "headers_too_large",
        ),
        (
            b"GET /v1/hello HTTP/1.1\r\n" + HOST + (b"A: " + b"b" * 2000 + b"\r\n") * 20 + b"\r\n",
            431,
            "headers_too_large",
        ),
        (
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            400,
            "bad_request",
        ),
        (
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n"
            b"Content-Length: 3\r\n\r\nabc",
            400,
            "bad_request",
        ),
        (
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
            400,
            "bad_request",
        ),
        (
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
            400,
            "bad_request",
        ),
        (
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
            400,
            "bad_request",
        ),
        (
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Content-Type: application/octet-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
            400,
            "body_incomplete",
        ),
        (
            b"POST /v1/swallow HTTP/1.1\r\n" + HOST + b"Content-Type: application/octet-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
            400,
            "body_incomplete",
        ),
        (
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Content-Type: application/octet-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 2000,
            400,
            "body_incomplete",
        ),
    ],
    ids=itertools.count(),
)
def test_malformed_requests_get_an_answer_and_the_end(server, request_bytes, status, code):
    with server.client() as client:
        client.send(request_bytes)
        answer = client.answer()
        _problem(answer, status, code)
        assert answer.headers["connection"] == "close"
        assert client.closed() == b""


def test_a_smuggled_second_request_is_never_served(server):
    with server.client() as client:
        client.send(
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/hello HTTP/1.1\r\n"
            + HOST
            + b"\r\n"
        )
        assert client.answer().status == 400
        assert client.closed() == b""


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "allow"),
    [
        ("GET", "/v1/nothing", 404, "not_found", None),
        ("GET", "/v1/hello/", 404, "not_found", None),
        ("GET", "/v1//hello", 404, "not_found", None),
        ("GET", "/v1/hello?b=1", 400, "bad_target", None),
        ("GET", "/v1/hello?a=1&a=2", 400, "bad_target", None),
        ("GET", "/v1/hello?a=%zz", 400, "bad_target", None),
        ("GET", "/v1/hello?a=%ff", 400, "bad_target", None),
        ("DELETE", "/v1/hello", 405, "method_not_allowed", "GET, HEAD"),
        ("HEAD", "/v1/live", 405, "method_not_allowed", "GET"),
        ("BREW", "/v1/echo", 405, "method_not_allowed", "POST"),
        ("CONNECT", "localhost:80", 400, "bad_target", None),
        ("OPTIONS", "*", 400, "bad_target", None),
    ],
)
def test_requests_outside_the_table_keep_the_connection(server, method, path, status, code, allow):
    with server.client() as client:
        answer = client.request(method, path)
        if method == "HEAD":
            assert answer.status == status
        else:
            _problem(answer, status, code)
        assert answer.headers.get("allow") == allow
        assert client.request("GET", "/v1/hello?a=1").json()["query"] == {"a": "1"}


def test_the_absolute_form_of_a_target_is_taken(server):
    with server.client() as client:
        assert client.request("GET", "https://localhost/v1/hello").status == 200


def test_standing_headers_are_on_every_answer(server):
    with server.client() as client:
        for path in ("/v1/hello", "/v1/nothing"):
            headers = client.request("GET", path).headers
            assert headers["server"] == "fieldbox"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert "strict-transport-security" not in headers
            assert headers["x-request-id"]
            assert headers["date"].endswith("GMT")


def test_an_exception_is_logged_and_not_told(serve):
    server = serve()
    server.expects_complaints = True
    answer = server.get("/v1/crash")
    problem = _problem(answer, 500, "internal")
    assert "pomegranate" not in answer.body.decode()
    assert problem["instance"].endswith(answer.headers["x-request-id"])
    log = server.log.read_text()
    assert "the secret is pomegranate" in log
    assert answer.headers["x-request-id"] in log
    assert server.get("/v1/hello").status == 200


# Refusals before the body


def _refused_early(server, request_head, path, **headers):
    """Send headers that announce a gigabyte, and never send it."""
    with server.client() as client:
        announced = {"Content_Length": str(1 << 30), **headers}
        client.send(request_head("POST", path, b"", **announced))
        answer = client.answer()
        assert answer.headers["connection"] == "close"
        assert client.closed() == b""
        return answer


def test_a_huge_body_is_refused_before_it_is_read(server, request_head):
    answer = _refused_early(server, request_head, "/v1/echo")
    _problem(answer, 413, "body_too_large")


def test_requests_are_refused_before_their_body(server, request_head):
    _problem(_refused_early(server, request_head, "/v1/guarded"), 401, "unauthenticated")
    _problem(_refused_early(server, request_head, "/v1/none"), 404, "not_found")
    _problem(_refused_early(server, request_head, "/v1/hello"), 405, "method_not_allowed")
    answer = _refused_early(server, request_head, "/v1/guarded", Content_Type="text/plain")
    _problem(answer, 415, "media_type_unsupported")
    answer = _refused_early(server, request_head, "/v1/swallow", Content_Encoding="br")
    _problem(answer, 415, "encoding_unsupported")
    assert answer.headers["accept-encoding"] == "identity, gzip, zstd"


def test_overload_is_answered_before_the_body_but_health_still_works(serve, request_head):
    server = serve()
    server.get("/v1/control?overload=7")
    answer = _refused_early(server, request_head, "/v1/swallow")
    _problem(answer, 503, "overloaded")
    assert answer.headers["retry-after"] == "7"
    assert server.get("/v1/hello").status == 503
    assert server.get("/v1/stats").status == 200
    server.get("/v1/control?overload=0")
    assert server.get("/v1/hello").status == 200


def test_a_disk_without_room_is_told_before_the_body_and_only_where_it_is_needed(
    serve, request_head
):
    server = serve()
    server.get("/v1/control?full=1")
    answer = _refused_early(server, request_head, "/v1/swallow")
    _problem(answer, 507, "storage_full")
    assert answer.headers["retry-after"] == "60"
    assert "no room for documents" in answer.json()["detail"]
    assert server.get("/v1/hello").status == 200
    server.get("/v1/control?full=0")
    with server.client() as client:
        answer = client.request(
            "POST", "/v1/swallow", b"x", Content_Type="application/octet-stream"
        )
        assert answer.status == 200


def test_a_client_that_sends_on_can_read_the_refusal(server, request_head):
    """The server discards for a while instead of resetting, so the answer is not lost."""
    with server.client() as client:
        client.send(request_head("POST", "/v1/echo", b"", Content_Length="1000000"))
        for _ in range(20):
            client.send(b"x" * 50_000)
        _problem(client.answer(), 413, "body_too_large")


def test_a_client_that_never_stops_sending_is_cut(serve, request_head):
    server = serve(linger_bytes=200_000)
    with server.client() as client:
        client.send(request_head("POST", "/v1/echo", b"", Content_Length=str(1 << 30)))
        with pytest.raises((ConnectionError, ssl.SSLError)):
            for _ in range(20_000):
                client.send(b"x" * 50_000)


def test_a_chunked_body_is_bounded_while_it_arrives(server, request_head):
    with server.client() as client:
        client.send(
            b"POST /v1/echo HTTP/1.1\r\n" + HOST + b"Content-Type: application/octet-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(11):
            client.send(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
        _problem(client.answer(), 413, "body_too_large")
        assert client.closed() == b""


def test_expect_continue_asks_for_the_body_only_where_it_is_wanted(server, request_head):
    with server.client() as client:
        client.send(request_head("POST", "/v1/echo", b"abc", Expect="100-continue"))
        assert client.answer().status == 100
        client.send(b"abc")
        assert client.answer().body == b"abc"
        client.send(request_head("POST", "/v1/guarded", b"abc", Expect="100-continue"))
        _problem(client.answer(), 401, "unauthenticated")
    with server.client() as client:
        client.send(request_head("POST", "/v1/echo", b"abc", Expect="wonders"))
        _problem(client.answer(), 417, "expectation_failed")


def test_a_body_that_comes_before_the_credential_is_judged_is_not_lost(server):
    with server.client() as client:
        body = b"y" * 300_000
        assert client.request("POST", "/v1/guarded", body, X_Token="good").body == body


# Slowness


def test_slowloris_ends_by_total_time(serve):
    server = serve(headers_s=1.0)
    with server.client() as client:
        client.send(b"GET /v1/hello HTTP/1.1\r\nHost: localhost\r\n")
        began = time.monotonic()
        client.socket.settimeout(0.05)
        received = b""
        # A byte every 50 ms: each byte alone would keep a per-read timeout from firing.
        for _ in range(200):
            try:
                client.send(b"A")
                data = client.socket.recv(4096)
            except TimeoutError:
                continue
            except (ssl.SSLError, ConnectionError):
                break
            if not data:
                break
            received += data
        assert 0.8 < time.monotonic() - began < 5
        assert b" 408 " in received and b"request_timeout" in received


def test_a_silent_connection_ends_after_the_handshake_and_after_a_request(serve):
    server = serve(headers_s=0.5, idle_s=0.5)
    with server.client() as silent, server.client() as idle:
        assert idle.request("GET", "/v1/hello").status == 200
        assert silent.closed() == b""
        assert idle.closed() == b""


def test_a_handshake_that_does_not_end_is_cut(serve):
    server = serve(handshake_s=0.5)
    with socket.create_connection(("127.0.0.1", server.port), 30) as raw:
        raw.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello
        with pytest.raises(ConnectionError):
            assert raw.recv(100)
            raise ConnectionError
    server.until(lambda stats: stats["open"] == 1)


@pytest.mark.parametrize("path", ["/v1/echo", "/v1/swallow"])
def test_a_body_that_stops_coming_is_ended(serve, request_head, path):
    server = serve(body_stall_s=0.5)
    with server.client() as client:
        client.send(request_head("POST", path, b"", Content_Length="1000") + b"some")
        _problem(client.answer(), 408, "request_timeout")
        assert client.closed() == b""
    if path == "/v1/swallow":
        server.until(lambda stats: stats["lost"] == 1)


def test_a_peer_that_does_not_close_is_cut_after_the_linger(serve):
    server = serve(linger_s=0.5)
    with server.client() as client:
        client.send(b"rubbish\r\n\r\n")
        assert client.answer().status == 400
        # Neither an answer to the close alert nor a FIN comes from this client.
        server.until(lambda stats: stats["open"] == 1)


def test_a_stalled_reader_is_aborted_and_costs_others_nothing(serve):
    server = serve(stall_s=1.0)
    with server.client(receive_buffer=8192) as stalled:
        stalled.send(b"GET /v1/big?pages=100000 HTTP/1.1\r\n" + HOST + b"\r\n")
        produced = server.until(lambda stats: stats["produced"] > 0)["produced"]
        times = []
        for _ in range(20):
            began = time.monotonic()
            assert server.get("/v1/hello").status == 200
            times.append(time.monotonic() - began)
        assert sorted(times)[10] < 1.0
        stats = server.until(lambda stats: stats["open"] == 1)
        assert stats["produced"] - produced < 20_000_000
        with pytest.raises((ConnectionError, ssl.SSLError, EOFError)):
            stalled.answer()


def test_a_slow_reader_that_makes_progress_is_not_aborted(serve):
    server = serve(stall_s=1.0)
    with server.client(receive_buffer=4096) as slow:
        slow.send(b"GET /v1/big?pages=400 HTTP/1.1\r\n" + HOST + b"\r\n")
        slow.until(b"\r\n\r\n")
        body, whole = 0, 400 * 65536
        # Handshakes between the chunks spread the reading evenly over twice the stall time, however
        # fast the machine is; the stall time begins anew as long as something is taken.
        began = time.monotonic()
        for chunk in slow.chunks():
            body += len(chunk)
            while time.monotonic() - began < 2.0 * body / whole:
                assert server.get("/v1/hello").status == 200
        assert body == whole


# Pipelining


def test_pipelined_requests_are_answered_in_order(server):
    with server.client() as client:
        client.send(
            b"".join(
                b"GET /v1/hello?a=%d HTTP/1.1\r\n%b\r\n" % (number, HOST) for number in range(300)
            )
        )
        for number in range(300):
            assert client.answer().json()["query"] == {"a": str(number)}


def test_a_body_and_a_pipelined_request_in_one_write(server, request_head):
    with server.client() as client:
        client.send(
            request_head("POST", "/v1/echo", b"one")
            + b"one"
            + request_head("GET", "/v1/hello")
            + request_head("POST", "/v1/swallow", b"three")
            + b"three"
            + request_head("GET", "/v1/whoami")
            + request_head("GET", "/v1/hello")
        )
        assert client.answer().body == b"one"
        assert client.answer().status == 200
        assert client.answer().json() == {"bytes": 5}
        assert client.answer().status == 401
        assert client.answer().status == 200


def test_pipelining_without_reading_stops_the_server_reading(serve):
    server = serve()
    before = server.stats()["rss"]
    request = b"GET /v1/big?pages=16 HTTP/1.1\r\n" + HOST + b"\r\n"
    with server.client(receive_buffer=8192) as client:
        client.socket.settimeout(1.0)
        sent = 0
        with pytest.raises((TimeoutError, ssl.SSLError)):
            for _ in range(1_000_000):
                client.send(request * 100)
                sent += 100
        stats = server.stats()
        assert sent > 100
        assert stats["produced"] < 60_000_000
        assert stats["rss"] - before < 40_000_000


# Back-pressure


def test_a_paused_sink_stops_the_client(serve, request_head):
    server = serve()
    before = server.stats()["rss"]
    total = 200_000_000
    with server.client() as client:
        client.send(request_head("POST", "/v1/swallow?pause=1", b"", Content_Length=str(total)))
        client.socket.settimeout(1.0)
        sent = 0
        with pytest.raises((TimeoutError, ssl.SSLError)):
            while sent < total:
                sent += client.socket.send(b"u" * 16384)
        paused = server.stats()
        assert paused["swallowed"] <= 65536
        assert sent < total / 2
        assert paused["rss"] - before < 20_000_000
        server.get("/v1/release")
        stats = server.until(lambda stats: stats["swallowed"] > paused["swallowed"])
        assert stats["lost"] == 0
        client.socket.close()

    def released(stats):
        # A paused connection is not read, so its end is noticed only after it is released.
        server.get("/v1/release")
        return stats["lost"] == 1 and stats["open"] == 1

    server.until(released)


def test_200_mb_pass_through_in_bounded_memory(serve, request_head):
    server = serve()
    before = server.stats()["rss"]
    total = 200_000_000
    with server.client() as client:
        client.send(request_head("POST", "/v1/swallow", b"", Content_Length=str(total)))
        for _ in range(total // 1_000_000):
            client.send(b"u" * 1_000_000)
        assert client.answer().json() == {"bytes": total}
        client.send(b"GET /v1/big?pages=3000 HTTP/1.1\r\n" + HOST + b"\r\n")
        client.until(b"\r\n\r\n")
        assert sum(len(chunk) for chunk in client.chunks()) == 3000 * 65536
    assert server.stats()["rss"] - before < 25_000_000


# Cuts


def _requests(request_head):
    chunked = (
        b"POST /v1/swallow HTTP/1.1\r\n" + HOST + b"Content-Type: application/octet-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n"
    )
    return {
        "whole": request_head("POST", "/v1/echo", b"hello") + b"hello",
        "chunked": chunked,
        "guarded": request_head("POST", "/v1/guarded", b"abc", X_Token="good") + b"abc",
        "big": request_head("GET", "/v1/big?pages=40"),
    }


@pytest.mark.parametrize("kind", ["whole", "chunked", "guarded", "big"])
def test_a_cut_at_every_byte_leaves_no_trace(serve, pki, request_head, kind):
    """The server's log is checked for exceptions at the end of the test."""
    server = serve()
    context = pki.client_context()
    request = _requests(request_head)[kind]
    # Alternately a close of TLS, a FIN without it, and a reset.
    for cut, way in zip(range(len(request) + 1), itertools.cycle(range(3)), strict=False):
        client = server.client(context=context)
        client.send(request[:cut])
        if way == 0:
            client.socket.settimeout(0.001)
            with contextlib.suppress(OSError, ssl.SSLError):
                client.socket.unwrap()
        elif way == 1:
            client.socket.shutdown(socket.SHUT_WR)
        else:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        client.socket.close()
    stats = server.until(lambda stats: stats["open"] == 1)
    assert stats["streams"] == 0
    with server.client() as client:
        client.send(request)
        assert client.answer().status == 200


@pytest.mark.parametrize("kind", ["whole", "chunked", "guarded"])
def test_a_request_in_single_bytes_is_answered_the_same(server, request_head, kind):
    request = _requests(request_head)[kind]
    with server.client() as client:
        for index in range(len(request)):
            client.send(request[index : index + 1])
        answer = client.answer()
    assert answer.status == 200
    assert answer.body in (b"hello", b'{"bytes":8}', b"abc")


# Limits of connections


def test_more_connections_than_one_address_may_hold_are_closed_at_once(serve):
    server = serve(max_per_address=5)
    clients = [server.client() for _ in range(4)]
    fifth = server.client()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        server.client()
    for client in (*clients, fifth):
        assert client.request("GET", "/v1/hello").status == 200
    clients[0].socket.close()
    stats = fifth.request("GET", "/v1/stats").json()
    assert stats["refused"] == 1
    server.until(lambda stats: stats["open"] == 5)
    for client in (*clients, fifth):
        client.socket.close()


def test_half_open_connections_do_not_keep_others_out(serve):
    server = serve(handshake_s=0.5, headers_s=0.5, idle_s=0.5, max_connections=20)
    dead = [socket.create_connection(("127.0.0.1", server.port), 30) for _ in range(19)]
    stats = server.until(lambda stats: stats["open"] == 1)
    assert stats["refused"] == 0
    for one in dead:
        one.close()
