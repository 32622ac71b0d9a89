"""The channel on a transport in memory, with a clock that stands still until it is moved.

This pins down the private names of twisted's HTTPChannel that the channel uses.
"""

import itertools
import json

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from appliance.http.limits import ConnectionLimits
from appliance.http.problem import Problem
from appliance.http.response import Response
from appliance.http.route import RequestBody, Route, RouteLimits
from appliance.http.site import make_site
from appliance.http.stream import ChunkStream

OCTETS = "application/octet-stream"
LIMITS = ConnectionLimits(headers_s=10, idle_s=20, body_stall_s=30, stall_s=40, linger_s=5)


class Transport(StringTransport):
    """A transport that ends as a real one does: the channel learns it from `connectionLost`."""

    aborted = False
    unsent = 0

    def abortConnection(self):
        self.aborted = True
        self.disconnecting = True

    def unsent_bytes(self):
        return self.unsent


class Device:
    subject = "device-1"


class Sink:
    def __init__(self):
        self.body, self.events = b"", []

    def data(self, chunk):
        self.body += chunk

    def end(self):
        self.events.append("end")

    def lost(self, reason):
        self.events.append(type(reason).__name__)


class Bench:
    """One connection of a site with a few routes."""

    def __init__(self, limits=LIMITS):
        self.clock = Clock()
        self.records = []
        self.credential = None
        self.calls = []
        self.sinks = []
        self.flows = []
        self.overload = None
        self.answer = None
        octets = RequestBody(media={OCTETS: {}}, required=False)

        def route(method, path, handler, **more):
            return Route(method=method, path=path, handler=handler, summary="", **more)

        self.site = make_site(
            [
                route("GET", "/plain", self._plain, auth="none"),
                route("GET", "/later", self._later, auth="none"),
                route("GET", "/stream", self._stream, auth="none"),
                route("GET", "/fails", self._fails, auth="none"),
                route("GET", "/problem", self._problem, auth="none"),
                route(
                    "POST",
                    "/echo",
                    self._echo,
                    auth="none",
                    request_body=octets,
                    limits=RouteLimits(max_body=1000),
                ),
                route(
                    "POST",
                    "/guarded",
                    self._echo,
                    request_body=octets,
                    limits=RouteLimits(max_body=1000),
                ),
                route(
                    "POST",
                    "/sink",
                    self._sink,
                    auth="none",
                    request_body=octets,
                    limits=RouteLimits(max_body=1 << 20, streaming=True),
                ),
                route(
                    "PATCH",
                    "/sink",
                    self._sink,
                    auth="none",
                    request_body=octets,
                    method_override=True,
                    limits=RouteLimits(max_body=1 << 20, streaming=True),
                ),
            ],
            clock=self.clock,
            authenticate=lambda _request: self.credential,
            overload=lambda: self.overload,
            limits=limits,
            observe=self.records.append,
            entropy=bytes,
        )
        self.transport = Transport()
        self.channel = self.site.buildProtocol(None)
        self.channel.makeConnection(self.transport)

    def _plain(self, request):
        self.calls.append(request)
        return Response(body=b"plain")

    def _later(self, request):
        self.calls.append(request)
        self.answer = Deferred()
        return self.answer

    def _stream(self, request):
        self.calls.append(request)
        self.closed = []
        self.pages = []

        def page():
            self.pages.append(Deferred())
            return self.pages[-1]

        return Response(body=ChunkStream(page, closed=self.closed.append))

    def _fails(self, request):
        raise RuntimeError("secret")

    def _problem(self, request):
        raise Problem("conflict", "This one.", headers={"Retry-After": "3"})

    def _echo(self, request):
        self.calls.append(request)
        return Response(body=request.body)

    def _sink(self, request):
        self.calls.append(request)
        sink = Sink()
        self.sinks.append(sink)
        self.flows.append(request.stream_body(sink))

    def send(self, data):
        self.channel.dataReceived(data)

    def take(self):
        """What was answered since the last time, as (status, headers, body) each."""
        data = self.transport.value()
        self.transport.clear()
        answers = []
        while data:
            head, _, data = data.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:])
            length = int(headers.get("content-length", 0))
            answers.append((int(lines[0].split()[1]), headers, data[:length]))
            data = data[length:]
        return answers

    def lose(self):
        self.channel.connectionLost(Failure(ConnectionLost()))


@pytest.fixture(autouse=True)
def logs():
    with structlog.testing.capture_logs() as captured:
        yield captured


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: box\r\n\r\n".encode()


def post(path, body=b"", length=None, **headers):
    length = len(body) if length is None else length
    lines = [f"POST {path} HTTP/1.1", "Host: box", f"Content-Type: {OCTETS}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def test_one_request_after_another():
    bench = Bench()
    bench.send(get("/plain") + post("/echo", b"hello") + get("/plain"))
    assert [(status, body) for status, _, body in bench.take()] == [
        (200, b"plain"),
        (200, b"hello"),
        (200, b"plain"),
    ]
    assert not bench.transport.disconnecting
    first, second, _ = bench.records
    assert (first.route, first.status, first.bytes_in, first.bytes_out) == ("/plain", 200, 0, 5)
    assert (second.route, second.bytes_in, second.request_id) == ("/echo", 5, "00000000-2")


@settings(max_examples=60)
@given(st.lists(st.integers(1, 700), max_size=12))
def test_any_fragmentation_gives_the_same_answers(cuts):
    request = (
        get("/plain")
        + post("/echo", b"hello")
        + b"POST /echo HTTP/1.1\r\nHost: box\r\nContent-Type: application/octet-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
        + get("/nothing")
        + get("/plain")
    )
    bench = Bench()
    places = [0, *sorted({cut % len(request) for cut in cuts} - {0}), len(request)]
    for start, end in itertools.pairwise(places):
        bench.send(request[start:end])
    assert [(status, body) for status, _, body in bench.take() if status == 200] == [
        (200, b"plain"),
        (200, b"hello"),
        (200, b"abcde"),
        (200, b"plain"),
    ]


@settings(max_examples=300)
@given(st.binary(max_size=200), st.booleans(), st.integers(0, 120))
def test_rubbish_is_answered_or_closed_but_never_raises(rubbish, lose, place):
    request = post("/sink", b"hello") + get("/plain")
    bench = Bench()
    bench.send(request[:place] + rubbish)
    bench.send(request[place:])
    for flow in bench.flows:
        flow.resume()
    if lose:
        bench.lose()
    bench.clock.advance(1000)
    assert not any(record.status == 500 for record in bench.records)


# Refusing before the body


def test_a_refused_body_is_discarded_and_the_connection_lingers():
    bench = Bench()
    bench.send(post("/echo", b"", length=1001))
    ((status, headers, body),) = bench.take()
    assert (status, headers["connection"]) == (413, "close")
    assert json.loads(body)["code"] == "body_too_large"
    assert bench.transport.disconnecting and not bench.transport.aborted
    bench.send(b"x" * 500 + get("/plain"))
    assert bench.take() == [] and bench.calls == []
    bench.clock.advance(5)
    assert bench.transport.aborted


def test_overload_is_decided_before_the_credential_and_the_body():
    bench = Bench()
    bench.overload = 9
    bench.send(post("/guarded", b"", length=500))
    ((status, headers, _),) = bench.take()
    assert (status, headers["retry-after"]) == (503, "9")


def test_nothing_is_read_while_the_credential_is_judged():
    bench = Bench()
    bench.credential = Deferred()
    bench.send(post("/guarded", b"hel", length=5))
    assert bench.transport.producerState == "paused"
    bench.clock.advance(1000)
    assert bench.calls == [] and not bench.transport.disconnecting
    bench.credential.callback(Device())
    assert bench.transport.producerState == "producing"
    bench.send(b"lo")
    ((status, _, body),) = bench.take()
    assert (status, body) == (200, b"hello")
    assert bench.records[0].subject == "device-1"


def test_a_credential_refused_late_ends_the_connection():
    bench = Bench()
    bench.credential = Deferred()
    bench.send(post("/guarded", b"hel", length=5))
    bench.credential.errback(Problem("unauthenticated", "No."))
    ((status, headers, _),) = bench.take()
    assert (status, headers["connection"]) == (401, "close")
    assert bench.calls == []


def test_a_credential_that_comes_after_the_client_left():
    bench = Bench()
    bench.credential = Deferred()
    bench.send(post("/guarded", b"hel", length=5))
    bench.lose()
    bench.credential.callback(Device())
    assert bench.calls == []
    assert bench.records[0].lost and bench.records[0].status == 0


def test_continue_is_sent_when_the_body_is_wanted():
    bench = Bench()
    bench.send(post("/echo", length=5, Expect="100-continue"))
    assert bench.transport.value() == b"HTTP/1.1 100 Continue\r\n\r\n"
    bench.transport.clear()
    bench.send(b"hello")
    assert bench.take()[0][2] == b"hello"


# Streams in


def test_a_sink_pauses_the_transport_and_the_deadline():
    bench = Bench()
    bench.send(post("/sink", b"one", length=6))
    (sink,), (flow,) = bench.sinks, bench.flows
    assert (sink.body, bench.transport.producerState) == (b"", "paused")
    bench.clock.advance(1000)
    flow.resume()
    assert (sink.body, bench.transport.producerState) == (b"one", "producing")
    flow.pause()
    bench.send(b"two" + get("/plain"))
    assert sink.body == b"one"
    flow.resume()
    assert (sink.body, sink.events) == (b"onetwo", ["end"])
    bench.calls[0].respond(Response(body=b"done"))
    assert [body for _, _, body in bench.take()] == [b"done", b"plain"]


def test_the_transport_does_not_resume_reading_while_the_sink_is_paused():
    """A drained send buffer says nothing about who takes the body."""
    bench = Bench()
    bench.send(post("/sink", b"one", length=6))
    bench.channel.pauseProducing()
    bench.channel.resumeProducing()
    assert bench.transport.producerState == "paused"


def test_a_full_send_buffer_does_not_stop_a_body():
    """Else a client that sends all before it reads, and we, would wait for each other."""
    bench = Bench()
    bench.send(post("/sink", b"one", length=6))
    bench.flows[0].resume()
    bench.channel.pauseProducing()
    assert bench.transport.producerState == "producing"


def test_a_stalled_body_is_lost_to_the_sink_and_answered():
    bench = Bench()
    bench.send(post("/sink", b"one", length=6))
    bench.flows[0].resume()
    bench.clock.advance(29)
    bench.send(b"t")
    bench.clock.advance(29)
    assert bench.sinks[0].events == []
    bench.clock.advance(1)
    assert bench.sinks[0].events == ["Problem"]
    ((status, headers, _),) = bench.take()
    assert (status, headers["connection"]) == (408, "close")


def test_an_answer_before_the_end_of_the_body_closes():
    bench = Bench()
    bench.send(post("/sink", b"one", length=6))
    bench.calls[0].respond(Response(status=409))
    ((status, headers, _),) = bench.take()
    assert (status, headers["connection"]) == (409, "close")
    assert bench.sinks[0].events == ["BodyLost"]
    bench.send(b"two" + get("/plain"))
    assert bench.take() == []


def test_a_connection_lost_in_a_body_is_told_to_sink_and_handler():
    bench = Bench()
    bench.send(post("/sink", b"one", length=6))
    lost = []
    bench.calls[0].on_lost(lambda: lost.append(True))
    bench.lose()
    assert bench.sinks[0].events == ["BodyLost"] and lost == [True]
    bench.calls[0].respond(Response())
    assert bench.transport.value() == b""


def test_the_method_is_overridden_where_the_route_allows():
    bench = Bench()
    bench.send(post("/sink", b"one", X_HTTP_Method_Override="PATCH"))
    bench.send(post("/echo", b"one", X_HTTP_Method_Override="PATCH"))
    assert bench.calls[0].method == "PATCH"
    assert bench.calls[0].route.method == "PATCH"


# Streams out


def test_a_stream_stops_while_the_client_does_not_take_it():
    bench = Bench()
    bench.send(get("/stream"))
    bench.pages[0].callback(b"one")
    assert len(bench.pages) == 2
    bench.channel.pauseProducing()
    bench.pages[1].callback(b"two")  # was under way
    assert len(bench.pages) == 2
    bench.channel.resumeProducing()
    bench.pages[2].callback(None)
    assert bench.closed == [True]
    assert bench.transport.value().endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_client_that_takes_nothing_is_aborted():
    bench = Bench()
    bench.send(get("/stream"))
    bench.transport.unsent = 1_000_000
    bench.channel.pauseProducing()
    bench.clock.advance(40)
    assert bench.transport.aborted
    bench.lose()
    assert bench.closed == [False]


def test_a_client_that_takes_a_little_is_not_aborted():
    bench = Bench()
    bench.send(get("/stream"))
    bench.transport.unsent = 1_000_000
    bench.channel.pauseProducing()
    for _ in range(10):
        bench.transport.unsent -= 2000
        bench.clock.advance(40)
        assert not bench.transport.aborted
    bench.transport.unsent -= 10  # too little to count
    bench.clock.advance(40)
    assert bench.transport.aborted


def test_a_stream_begun_on_a_full_connection_waits():
    bench = Bench()
    bench.send(get("/plain"))
    bench.take()
    bench.send(get("/later"))
    bench.channel.pauseProducing()
    bench.answer.callback(Response(body=ChunkStream(iter([b"page", None]).__next__)))
    assert b"page" not in bench.transport.value()
    bench.channel.resumeProducing()
    assert b"page" in bench.transport.value()


def test_what_is_pipelined_behind_a_stream_is_kept_in_bounds():
    bench = Bench()
    bench.send(get("/stream"))
    bench.channel.pauseProducing()
    bench.send(b"GET /plain HTTP/1.1\r\n" + b"A" * 20_000)
    assert bench.transport.producerState == "paused"


def test_a_pipelined_request_waits_until_the_answer_before_it_is_taken():
    bench = Bench()
    bench.send(get("/later") + get("/plain"))
    bench.channel.pauseProducing()
    bench.answer.callback(Response(body=b"first"))
    assert [body for _, _, body in bench.take()] == [b"first"]
    bench.channel.resumeProducing()
    assert [body for _, _, body in bench.take()] == [b"plain"]


# Deadlines between requests


def test_headers_have_a_total_time():
    bench = Bench()
    bench.send(get("/plain"))
    bench.take()
    bench.clock.advance(15)
    for byte in b"GET /plain":
        bench.send(bytes([byte]))
        bench.clock.advance(0.875)
    bench.send(b" HTTP/1.1\r\n")
    assert bench.take() == []
    bench.clock.advance(1.25)
    ((status, _, body),) = bench.take()
    assert status == 408 and json.loads(body)["code"] == "request_timeout"


def test_a_silent_connection_is_closed_without_a_word():
    bench = Bench()
    bench.clock.advance(10)
    assert bench.transport.disconnecting and bench.take() == []
    bench = Bench()
    bench.send(get("/plain"))
    bench.take()
    bench.clock.advance(19)
    assert not bench.transport.disconnecting
    bench.clock.advance(1)
    assert bench.transport.disconnecting and bench.take() == []


def test_a_handler_may_take_as_long_as_it_needs():
    bench = Bench()
    bench.send(get("/later"))
    bench.clock.advance(10_000)
    bench.answer.callback(Response(body=b"at last"))
    assert bench.take()[0][2] == b"at last"


# Failures


def test_an_unexpected_exception_is_logged_and_not_told(logs):
    bench = Bench()
    bench.send(get("/fails"))
    ((status, headers, body),) = bench.take()
    assert status == 500
    assert b"secret" not in body
    failed = next(entry for entry in logs if entry["event"] == "request_failed")
    assert failed["request_id"] == headers["x-request-id"]
    assert isinstance(failed["exc_info"], RuntimeError)


def test_an_answer_that_cannot_be_written_is_logged_and_cut(logs):
    bench = Bench()
    bench.send(get("/later"))
    bench.answer.callback(Response(body=b"x", media_type="text/plain; name=\u0416"))
    assert bench.transport.aborted
    assert [entry["event"] for entry in logs].count("request_failed") == 1
    bench = Bench()
    bench.send(post("/sink", b"abc"))
    bench.sinks[0].end = lambda: 1 / 0
    bench.flows[0].resume()
    assert [status for status, _, _ in bench.take()] == [500]


def test_a_problem_keeps_the_connection_and_its_headers(logs):
    bench = Bench()
    bench.send(get("/problem") + get("/plain"))
    (status, headers, body), (again, _, _) = bench.take()
    assert (status, headers["retry-after"], again) == (409, "3", 200)
    assert json.loads(body)["detail"] == "This one."
    assert not [entry for entry in logs if entry["event"] == "request_failed"]


def test_a_late_failure_after_the_client_left_is_not_answered(logs):
    bench = Bench()
    bench.send(get("/later"))
    bench.lose()
    bench.answer.errback(RuntimeError("too late"))
    assert bench.transport.value() == b""
    assert [entry["event"] for entry in logs].count("request_failed") == 1


# Closing


def test_drop_cuts_what_an_identity_has_under_way():
    bench = Bench()
    bench.credential = Device()
    bench.send(post("/guarded", b"hel", length=5))
    assert bench.site.drop(lambda identity: identity.subject == "device-2") == 0
    assert bench.site.drop(lambda identity: identity.subject == "device-1") == 1
    assert bench.transport.aborted


def test_draining_lets_the_answer_under_way_out():
    bench = Bench()
    bench.send(get("/later"))
    drained = []
    bench.site.drain().addCallback(drained.append)
    assert not bench.transport.disconnecting
    bench.answer.callback(Response(body=b"last"))
    ((_, headers, body),) = bench.take()
    assert (body, headers["connection"]) == (b"last", "close")
    assert bench.transport.disconnecting
    bench.lose()
    assert drained == [None]


def test_draining_closes_idle_connections():
    bench = Bench()
    bench.site.drain()
    assert bench.transport.disconnecting


def test_nothing_is_left_of_a_closed_connection():
    bench = Bench()
    bench.send(get("/stream"))
    bench.lose()
    bench.clock.advance(0)
    assert not bench.clock.getDelayedCalls()
    assert not bench.site.channels
