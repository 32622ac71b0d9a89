import io
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from appliance.http.deadline import Deadline
from appliance.http.events import EventStream
from appliance.http.file_body import READ, FileBody
from appliance.http.problem import Problem
from appliance.http.ranges import select_part
from appliance.http.stream import PAGE, ChunkStream


class Outlet:
    """Records an answer's body; pauses the body each time more than `room` was written."""

    def __init__(self, room=1 << 30):
        self.clock = Clock()
        self.room = room
        self.body = None
        self.taken = b""
        self.unread = 0
        self.finished = False
        self.aborted = False
        self.turns = []

    def turn(self):
        """One turn of the reactor."""
        turns, self.turns = self.turns, []
        for call in turns:
            call()

    def run(self, body):
        self.body = body
        body.start(self)
        return self

    def write(self, data):
        assert not self.finished and not self.aborted
        self.taken += data
        self.unread += len(data)
        if self.unread > self.room:
            self.body.pause()

    def drain(self):
        self.unread = 0
        self.body.resume()

    def finish(self):
        assert not self.finished
        self.finished = True

    def abort(self):
        self.aborted = True

    def later(self, seconds, call):
        if not seconds:
            self.turns.append(call)
            return lambda: self.turns.remove(call)
        delayed = self.clock.callLater(seconds, call)
        return lambda: delayed.cancel() if delayed.active() else None


@pytest.fixture(autouse=True)
def quiet():
    """structlog prints by default; what a test needs of it, it captures."""
    with structlog.testing.capture_logs() as logs:
        yield logs
    logging.shutdown()


def test_pages_are_produced_only_while_they_are_taken():
    produced, closed = [], []

    def page():
        produced.append(1)
        return b"x" * 100 if len(produced) < 4 else None

    outlet = Outlet(room=50).run(ChunkStream(page, closed=closed.append))
    assert (len(produced), len(outlet.taken)) == (1, 100)
    outlet.drain()
    assert len(produced) == 2
    outlet.drain()
    outlet.drain()
    assert outlet.finished and closed == [True]


def test_a_page_may_come_later():
    waiting = []

    def page():
        waiting.append(Deferred())
        return waiting[-1]

    outlet = Outlet().run(ChunkStream(page))
    outlet.body.pause()
    outlet.body.resume()
    assert len(waiting) == 1
    waiting[0].callback(b"one")
    waiting[1].callback(b"")
    waiting[2].callback(None)
    assert (outlet.taken, outlet.finished) == (b"one", True)


def test_a_page_that_comes_after_the_client_left_is_dropped():
    waiting, closed = Deferred(), []
    outlet = Outlet().run(ChunkStream(lambda: waiting, closed=closed.append))
    outlet.body.lost()
    waiting.callback(b"late")
    assert (outlet.taken, closed) == (b"", [False])


@pytest.mark.parametrize("late", [False, True])
def test_a_producer_that_fails_cuts_the_connection(quiet, late):
    waiting, closed = Deferred(), []

    def page():
        if late:
            return waiting
        raise RuntimeError("broken")

    outlet = Outlet().run(ChunkStream(page, closed=closed.append))
    if late:
        waiting.errback(RuntimeError("broken"))
    assert outlet.aborted and not outlet.finished
    assert closed == [False]
    assert [entry["event"] for entry in quiet] == ["answer_broken"]


def test_a_fast_producer_lets_others_have_a_turn():
    pages = iter([b"x" * PAGE] * 3 + [None])
    outlet = Outlet().run(ChunkStream(lambda: next(pages)))
    assert len(outlet.taken) == PAGE
    outlet.turn()
    assert len(outlet.taken) == 2 * PAGE
    for _ in range(5):
        outlet.turn()
    assert outlet.finished


def test_a_thousand_small_pages_do_not_recurse():
    pages = iter([b"x"] * 5000 + [None])
    outlet = Outlet().run(ChunkStream(lambda: next(pages)))
    assert outlet.finished and len(outlet.taken) == 5000


@given(st.lists(st.integers(0, 200_000), max_size=8), st.integers(0, 100_000))
def test_all_pages_arrive_whatever_the_client_takes(sizes, room):
    pages = iter([*(bytes([number]) * size for number, size in enumerate(sizes)), None])
    outlet = Outlet(room).run(ChunkStream(lambda: next(pages)))
    for _ in range(40):
        outlet.turn()
        outlet.drain()
    expected = b"".join(bytes([number]) * size for number, size in enumerate(sizes))
    assert (outlet.taken, outlet.finished) == (expected, True)


# Events


def test_events_pings_and_the_end():
    closed = []
    stream = EventStream(keepalive_s=20, closed=lambda: closed.append(True))
    outlet = Outlet().run(stream)
    stream.send("head", "1\n2")
    assert outlet.taken == b": \n\nevent: head\ndata: 1\ndata: 2\n\n"
    outlet.taken = b""
    outlet.clock.advance(19)
    assert outlet.taken == b""
    outlet.clock.advance(1)
    outlet.clock.advance(20)
    assert outlet.taken == b": \n\n" * 2
    stream.close()
    stream.close()
    stream.send("head", "3")
    outlet.clock.advance(100)
    assert (outlet.finished, closed, stream.open) == (True, [True], False)
    assert outlet.taken == b": \n\n" * 2
    assert not outlet.clock.getDelayedCalls()


def test_a_client_that_does_not_read_gets_the_newest_event_only():
    stream = EventStream()
    outlet = Outlet().run(stream)
    stream.pause()
    outlet.taken = b""
    for number in range(1000):
        stream.send("head", str(number))
    outlet.clock.advance(100)
    assert outlet.taken == b""
    stream.resume()
    assert outlet.taken == b"event: head\ndata: 999\n\n"


def test_an_event_sent_before_the_start_is_kept():
    stream = EventStream()
    stream.send("head", "5")
    assert Outlet().run(stream).taken.endswith(b"event: head\ndata: 5\n\n")


def test_a_stream_closed_before_its_start_is_an_empty_answer():
    stream = EventStream()
    stream.close()
    outlet = Outlet().run(stream)
    assert outlet.finished and outlet.taken == b""


def test_a_lost_client_ends_the_timer():
    closed = []
    stream = EventStream(closed=lambda: closed.append(True))
    outlet = Outlet().run(stream)
    stream.lost()
    assert closed == [True] and not outlet.clock.getDelayedCalls()


@pytest.mark.parametrize(("event", "data"), [("a b", ""), ("", ""), ("head\n", ""), ("head", "\r")])
def test_events_that_would_break_the_stream_are_refused(event, data):
    with pytest.raises(ValueError):
        EventStream().send(event, data)


# Files


def test_a_stretch_of_a_file_is_read_as_it_is_taken():
    content = bytes(range(256)) * 4096
    file = io.BytesIO(content)
    outlet = Outlet(room=0).run(FileBody(file, 100, len(content) - 200))
    assert len(outlet.taken) == READ
    for _ in range(10):
        outlet.drain()
    assert outlet.taken == content[100:-100]
    assert outlet.finished and file.closed


def test_a_client_that_takes_all_gets_a_read_a_turn():
    content = b"x" * (3 * READ)
    outlet = Outlet().run(FileBody(io.BytesIO(content), 0, len(content)))
    assert len(outlet.taken) == READ
    for _ in range(3):
        outlet.turn()
    assert outlet.taken == content and outlet.finished


def test_a_file_that_became_shorter_cuts_the_connection(quiet):
    file = io.BytesIO(b"short")
    outlet = Outlet().run(FileBody(file, 0, 10))
    outlet.turn()
    assert outlet.aborted and file.closed and not outlet.finished
    assert [entry["event"] for entry in quiet] == ["file_body_broken"]


def test_a_file_is_closed_when_the_client_leaves():
    file = io.BytesIO(b"x" * READ * 2)
    outlet = Outlet(room=0).run(FileBody(file, 0, READ * 2))
    outlet.body.lost()
    outlet.body.resume()
    assert file.closed and len(outlet.taken) == READ


@given(st.text(alphabet="bytes=-,0123456789 ", max_size=20), st.integers(0, 1000))
def test_any_range_is_a_stretch_inside_or_ignored_or_refused(value, size):
    try:
        part = select_part(value, None, '"tag"', size)
    except Problem as problem:
        assert problem.headers["Content-Range"] == f"bytes */{size}"
        return
    if part.partial:
        assert 0 <= part.offset < size and 0 < part.size <= size - part.offset
    else:
        assert (part.offset, part.size) == (0, size)


# Deadlines


@given(
    st.lists(st.tuples(st.sampled_from(["set", "clear"]), st.integers(0, 20), st.integers(0, 9)))
)
def test_a_deadline_passes_exactly_when_the_last_setting_says(steps):
    clock, passed = Clock(), []
    deadline = Deadline(clock, lambda: passed.append(clock.seconds()))
    due, expected = None, []
    for verb, seconds, wait in steps:
        if verb == "set":
            deadline.set(seconds)
            due = clock.seconds() + seconds
        else:
            deadline.clear()
            due = None
        for _ in range(wait):
            clock.advance(1)
            if due is not None and due <= clock.seconds():
                # A Clock moves in steps of one second: what is due now passes in this step.
                expected.append(max(due, clock.seconds()))
                due = None
        assert passed == expected
    deadline.stop()
    assert not clock.getDelayedCalls()
