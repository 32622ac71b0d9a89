import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.http.body import BodyFeed, BodyLost, WholeBody, bytes_body
from appliance.http.decoding import decoder
from appliance.http.encoding import encode
from appliance.http.problem import Problem


class Sink:
    """Records what it gets; pauses the flow after each piece while `greedy` is False."""

    def __init__(self, greedy=True):
        self.greedy = greedy
        self.flow = None
        self.body = b""
        self.events = []

    def data(self, chunk):
        assert not self.events
        self.body += chunk
        if not self.greedy:
            self.flow.pause()

    def end(self):
        self.events.append("end")

    def lost(self, reason):
        self.events.append(reason)


class Wire:
    def __init__(self, *, limit=1000, encoding="identity"):
        self.reading = True
        self.failures = []
        self.feed = BodyFeed(
            limit=limit,
            decoder=decoder(encoding),
            set_reading=lambda reading: setattr(self, "reading", reading),
            failed=self.failures.append,
        )

    def attach(self, sink):
        sink.flow = self.feed
        self.feed.attach(sink)
        return sink


def test_nothing_flows_before_resume_and_reading_stops_meanwhile():
    wire = Wire()
    wire.feed.arrived(b"early")
    assert not wire.reading
    sink = wire.attach(Sink())
    assert sink.body == b""
    wire.feed.resume()
    assert sink.body == b"early"
    assert wire.reading


def test_a_paused_sink_gets_one_piece_at_a_time():
    wire = Wire()
    sink = wire.attach(Sink(greedy=False))
    wire.feed.resume()
    wire.feed.arrived(b"a")
    wire.feed.arrived(b"b")
    wire.feed.ended()
    assert (sink.body, wire.reading, sink.events) == (b"a", False, [])
    wire.feed.resume()
    assert (sink.body, sink.events) == (b"ab", [])
    wire.feed.resume()
    assert sink.events == ["end"]


def test_pausing_and_resuming_from_inside_the_sink():
    wire = Wire()

    class Restless(Sink):
        def data(self, chunk):
            self.flow.pause()
            super().data(chunk)
            self.flow.resume()

    sink = wire.attach(Restless())
    wire.feed.resume()
    for byte in b"hello":
        wire.feed.arrived(bytes([byte]))
    wire.feed.ended()
    assert (sink.body, sink.events) == (b"hello", ["end"])


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_the_limit_counts_the_wire_and_the_decoded_body(encoding):
    wire = Wire(limit=1000, encoding=encoding)
    sink = wire.attach(Sink())
    wire.feed.resume()
    wire.feed.arrived(encode(encoding, b"x" * 1000))
    assert not wire.failures
    wire = Wire(limit=1000, encoding=encoding)
    sink = wire.attach(Sink())
    wire.feed.resume()
    wire.feed.arrived(encode(encoding, b"x" * 1001))
    wire.feed.arrived(b"more")
    wire.feed.ended()
    assert [problem.code for problem in wire.failures] == ["body_too_large"]
    assert sink.events == wire.failures
    assert len(sink.body) <= 1000


def test_what_a_sink_raises_is_answered_once():
    wire = Wire()

    class Broken(Sink):
        def data(self, chunk):
            raise Problem("conflict", "no")

    sink = wire.attach(Broken())
    wire.feed.resume()
    wire.feed.arrived(b"a")
    wire.feed.arrived(b"b")
    assert [problem.code for problem in wire.failures] == ["conflict"]
    assert sink.events == wire.failures


def test_what_a_sink_raises_at_the_end_is_answered_too():
    wire = Wire()

    class Broken(Sink):
        def end(self):
            raise Problem("conflict", "no")

    sink = wire.attach(Broken())
    wire.feed.resume()
    wire.feed.arrived(b"a")
    wire.feed.ended()
    assert [problem.code for problem in wire.failures] == ["conflict"]
    assert sink.events == []


def test_a_lost_connection_is_told_once_and_not_answered():
    wire = Wire()
    sink = wire.attach(Sink())
    wire.feed.resume()
    wire.feed.close(BodyLost("gone"))
    wire.feed.close(BodyLost("gone"))
    wire.feed.resume()
    assert len(sink.events) == 1 and isinstance(sink.events[0], BodyLost)
    assert not wire.failures


def test_an_encoding_that_ends_early_fails_at_the_end():
    wire = Wire(encoding="gzip")
    sink = wire.attach(Sink())
    wire.feed.resume()
    wire.feed.arrived(encode("gzip", b"hello")[:-1])
    wire.feed.ended()
    assert [problem.code for problem in wire.failures] == ["bad_encoding"]
    assert sink.events == wire.failures


def test_misuse_is_told():
    wire = Wire()
    with pytest.raises(RuntimeError):
        wire.feed.resume()
    wire.attach(Sink())
    with pytest.raises(RuntimeError):
        wire.feed.attach(Sink())


@given(st.lists(st.tuples(st.binary(max_size=20), st.booleans()), max_size=20), st.booleans())
def test_every_order_of_arrivals_and_resumes_delivers_the_same(steps, greedy):
    wire = Wire()
    sink = wire.attach(Sink(greedy))
    for data, resume in steps:
        wire.feed.arrived(data)
        if resume:
            wire.feed.resume()
        assert wire.feed.paused or wire.reading
    wire.feed.ended()
    for _ in range(len(steps) + 2):
        wire.feed.resume()
    assert sink.body == b"".join(data for data, _ in steps)
    assert sink.events == ["end"]


def test_a_whole_body_is_given_away_at_its_end():
    bodies = []
    feed = bytes_body(b"hello" * 50_000)
    feed.attach(WholeBody(bodies.append))
    assert bodies == []
    feed.resume()
    assert bodies == [b"hello" * 50_000]


def test_a_bytes_body_raises_what_its_sink_raises():
    class Broken(Sink):
        def data(self, chunk):
            raise ValueError("mine")

    feed = bytes_body(b"x")
    feed.attach(Broken())
    with pytest.raises(ValueError, match="mine"):
        feed.resume()
