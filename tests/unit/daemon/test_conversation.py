from __future__ import annotations

import os
import pwd
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from appliance.daemon import conversation as module
from appliance.daemon.control_socket import CHUNK, MAX_LINE
from appliance.daemon.conversation import EXPORT_IDLE_S, EXPORT_MOST_S, Conversation
from appliance.daemon.operations.actor import actor_of, user_name
from appliance.daemon.operations.desk import Desk, Serving
from appliance.daemon.operations.operation import Listing, OperationRefused


class Pool:
    """A thread pool in which a test says when a call runs."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.inline = True

    def callInThreadWithCallback(
        self, done: Callable[[bool, Any], None], call: Callable[..., Any], *arguments: Any
    ) -> None:
        def run() -> None:
            try:
                result = call(*arguments)
            except BaseException:
                done(False, Failure())
            else:
                done(True, result)

        if self.inline:
            run()
        else:
            self.waiting.append(run)


class Reactor(Clock):
    def callFromThread(self, call: Callable[..., Any], *arguments: Any) -> None:
        call(*arguments)


class Transport:
    """What a conversation needs of its transport, over one end of a pair of sockets."""

    disconnecting = False

    def __init__(self, handle: socket.socket) -> None:
        self.handle = handle
        self.written = b""
        self.producer: Any = None
        self.state = "open"
        self.reading = True

    def getHandle(self) -> socket.socket:
        return self.handle

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True

    def writeSequence(self, parts: tuple[bytes, ...]) -> None:
        self.written += b"".join(parts)

    def loseConnection(self) -> None:
        assert self.producer is None, "the transport would wait for its producer"
        self.state = "closed"

    def abortConnection(self) -> None:
        self.state = "aborted"

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.written.splitlines()]


class Talk:
    """A conversation and everything around it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pool = Pool()
        self.asked: list[tuple[str, Any, str]] = []
        self.do: Callable[[Desk], Any] = lambda _desk: {"n": 1}
        self.open: set[Conversation] = set()
        self.pair = socket.socketpair()
        self.transport = Transport(self.pair[0])
        box: Any = object()
        self.reactor = Reactor()
        self.conversation = Conversation(self.reactor, box, self.pool, Serving(), self.open)  # type: ignore[arg-type]
        monkeypatch.setattr(module, "perform", self._perform)
        self.conversation.makeConnection(self.transport)  # type: ignore[arg-type]

    def _perform(self, desk: Desk, name: str, params: Any, actor: str) -> Any:
        self.asked.append((name, params, actor))
        return self.do(desk)

    def say(self, *requests: Any) -> list[dict[str, Any]]:
        """Send requests and return every answer so far."""
        for request in requests:
            line = request if isinstance(request, bytes) else orjson.dumps(request)
            self.conversation.dataReceived(line + b"\n")
        return self.transport.answers

    def lose(self) -> None:
        self.conversation.connectionLost(Failure(ConnectionDone()))


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    talk = Talk(monkeypatch)
    yield talk
    for end in talk.pair:
        end.close()


ME = f"cli:{user_name(os.getuid())}"


def test_a_request_is_done_for_who_the_kernel_says_asks(talk: Talk) -> None:
    assert talk.say({"op": "user.list", "params": {"a": 1}}) == [{"result": {"n": 1}}]
    assert talk.asked == [("user.list", {"a": 1}, ME)]


def test_requests_are_answered_one_after_another(talk: Talk) -> None:
    talk.pool.inline = False
    talk.say({"op": "one"}, {"op": "two"})
    assert len(talk.pool.waiting) == 1
    assert not talk.transport.reading
    talk.pool.waiting.pop()()
    assert [name for name, _, _ in talk.asked] == ["one"]
    talk.pool.waiting.pop()()
    assert [name for name, _, _ in talk.asked] == ["one", "two"]
    assert talk.transport.reading


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"op": 1}',
        b'{"op": "a", "more": 1}',
        b'{"params": {}}',
        b'{"op": "a", "actor": null}',
        b'{"op": "\xff"}',
        b"[" * 100_000,
        b'{"op": "a", "params": ' + b"[" * 100_000,
    ],
)
def test_what_is_no_request_is_refused_and_the_next_one_is_answered(
    talk: Talk, line: bytes
) -> None:
    first, second = talk.say(line, {"op": "a"})
    assert first["refused"]["code"] == "invalid"
    assert second == {"result": {"n": 1}}


def test_a_request_beyond_the_limit_ends_the_conversation(talk: Talk) -> None:
    talk.conversation.dataReceived(b"x" * (MAX_LINE + 1))
    (answer,) = talk.transport.answers
    assert answer["refused"]["code"] == "invalid"
    assert talk.transport.state == "closed"
    assert talk.asked == []


def test_a_request_at_the_limit_is_read(talk: Talk) -> None:
    shell = b'{"op": "a", "params": ""}'
    talk.say(shell.replace(b'""', b'"' + b"x" * (MAX_LINE - len(shell)) + b'"'))
    assert len(talk.asked) == 1


def test_a_refusal_and_a_failure_are_told_apart(talk: Talk) -> None:
    def refuse(_desk: Desk) -> None:
        raise OperationRefused("there is no such thing", "not_found")

    def fail(_desk: Desk) -> None:
        raise ZeroDivisionError("secret detail")

    talk.do = refuse
    talk.say({"op": "a"})
    talk.do = fail
    with capture_logs() as logs:
        refused, failed = talk.say({"op": "b"})
    assert refused == {"refused": {"text": "there is no such thing", "code": "not_found"}}
    assert "secret" not in str(failed)
    (entry,) = logs
    assert entry["reference"] == failed["error"]["reference"]
    assert isinstance(entry["exc_info"], ZeroDivisionError)


def test_rows_travel_in_lines_of_bounded_size_before_the_result(talk: Talk) -> None:
    rows = [{"text": "x" * 100_000, "n": n} for n in range(60)]
    talk.do = lambda _desk: Listing(rows=rows)
    answers = talk.say({"op": "a"})
    assert [next(iter(answer)) for answer in answers][-2:] == ["rows", "result"]
    assert [row for answer in answers for row in answer.get("rows", ())] == rows
    assert answers[-1] == {"result": {}}
    sizes = [len(line) for line in talk.transport.written.splitlines()]
    assert max(sizes) < CHUNK + 200_000
    talk.do = lambda _desk: Listing(rows=[])
    assert talk.say({"op": "a"})[-2:] == [{"rows": []}, {"result": {}}]


def test_a_part_larger_than_a_line_is_refused(talk: Talk) -> None:
    talk.do = lambda _desk: {"text": "x" * MAX_LINE}
    (refused,) = talk.say({"op": "a"})
    assert refused["refused"]["code"] == "unavailable"
    talk.do = lambda _desk: Listing(rows=["a", "x" * MAX_LINE])
    assert talk.say({"op": "a"})[-1]["refused"]["code"] == "unavailable"


def test_progress_comes_before_the_result(talk: Talk) -> None:
    def work(desk: Desk) -> dict[str, int]:
        desk.progress({"done": 1})
        return {"n": 2}

    talk.do = work
    assert talk.say({"op": "a"}) == [{"progress": {"done": 1}}, {"result": {"n": 2}}]


def test_a_command_that_goes_away_ends_the_operation_at_its_next_word(talk: Talk) -> None:
    reached: list[str] = []

    def work(desk: Desk) -> None:
        talk.lose()
        reached.append("before")
        desk.progress({"done": 1})
        reached.append("after")

    talk.do = work
    assert talk.say({"op": "a"}) == []
    assert reached == ["before"]
    assert talk.open == set()


def test_a_command_that_does_not_read_is_cut_off(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALL_S", 0.01)
    talk.transport.producer.pauseProducing()
    assert talk.say({"op": "a"}) == []
    assert talk.transport.state == "aborted"


def test_an_answer_waits_until_the_command_reads_on(talk: Talk) -> None:
    written: list[bytes] = []

    def read_on() -> None:
        written.append(talk.transport.written)
        talk.transport.producer.resumeProducing()

    talk.transport.producer.pauseProducing()
    thread = threading.Timer(0.05, read_on)
    thread.start()
    assert talk.say({"op": "a"}) == [{"result": {"n": 1}}]
    thread.join()
    assert written == [b""]


def test_closing_waits_for_the_operation_under_way(talk: Talk) -> None:
    talk.pool.inline = False
    talk.say({"op": "a"})
    closed: list[Any] = []
    talk.conversation.close().addCallback(closed.append)
    assert (closed, talk.transport.state) == ([], "open")
    talk.pool.waiting.pop()()
    assert (closed, talk.transport.state) == ([None], "closed")
    assert talk.transport.answers == [{"result": {"n": 1}}]


def test_closing_waits_for_an_operation_whose_command_is_gone(talk: Talk) -> None:
    talk.pool.inline = False
    talk.say({"op": "a"})
    talk.lose()
    closed: list[Any] = []
    talk.conversation.close().addCallback(closed.append)
    assert closed == []
    talk.pool.waiting.pop()()
    assert closed == [None]
    assert talk.open == set()


def test_an_idle_conversation_closes_at_once(talk: Talk) -> None:
    closed: list[Any] = []
    talk.conversation.close().addCallback(closed.append)
    assert (closed, talk.transport.state) == ([None], "closed")


def test_only_root_asks_for_somebody_else() -> None:
    root = user_name(0)
    assert actor_of(0, "anna") == f"cli:anna as {root}"
    assert actor_of(0, "an\nna") == f"cli:{root}"
    assert actor_of(0, root) == f"cli:{root}"
    other = next((entry for entry in pwd.getpwall() if entry.pw_uid != 0), None)
    if other is not None:
        assert actor_of(other.pw_uid, "root") == f"cli:{other.pw_name}"
    assert actor_of(2**31 - 7) == f"cli:uid-{2**31 - 7}"


# --- exports that are left open ------------------------------------------------------------------


class Stream:
    """An open export."""

    def __init__(self) -> None:
        self.open = True

    def close(self) -> None:
        self.open = False


@pytest.fixture
def stream(talk: Talk) -> Stream:
    """Begin an export in the conversation."""
    stream: Any = Stream()

    def begin(desk: Desk) -> dict[str, int]:
        desk.exports.setdefault(1, stream)
        return {"n": 1}

    talk.do = begin
    talk.say({"op": "export.begin"})
    talk.do = lambda _desk: {"n": 1}
    return stream  # type: ignore[no-any-return]


def test_an_export_that_nobody_reads_on_is_closed(talk: Talk, stream: Stream) -> None:
    with capture_logs() as logs:
        talk.reactor.advance(EXPORT_IDLE_S - 1)
        talk.say({"op": "export.next"})
        talk.reactor.advance(EXPORT_IDLE_S - 1)
        assert stream.open
        assert logs == []
        talk.reactor.advance(1)
    assert (stream.open, [line["event"] for line in logs]) == (False, ["exports_left_open"])
    # The conversation goes on.
    assert talk.transport.reading
    assert talk.say({"op": "status"})[-1] == {"result": {"n": 1}}
    assert talk.reactor.getDelayedCalls() == []


def test_an_export_is_closed_in_the_end_however_it_is_read(talk: Talk, stream: Stream) -> None:
    for _ in range(int(EXPORT_MOST_S // 200) - 1):
        talk.reactor.advance(200)
        talk.say({"op": "export.next"})
    assert stream.open
    talk.reactor.advance(200)
    assert not stream.open


def test_a_request_under_way_is_not_disturbed(talk: Talk, stream: Stream) -> None:
    talk.pool.inline = False
    talk.say({"op": "export.next"})
    talk.reactor.advance(EXPORT_MOST_S)
    assert stream.open
    talk.pool.waiting.pop()()
    talk.pool.inline = True
    talk.reactor.advance(0)
    assert not stream.open


@pytest.mark.parametrize("end", ["lost", "stopped"])
def test_an_export_is_closed_with_its_conversation(talk: Talk, stream: Stream, end: str) -> None:
    talk.pool.inline = False
    if end == "lost":
        talk.lose()
    else:
        stopped: list[None] = []
        talk.conversation.close().addCallback(stopped.append)
        talk.lose()
        assert stopped == []
    assert talk.open
    talk.pool.waiting.pop()()
    assert not stream.open and not talk.open
    assert talk.reactor.getDelayedCalls() == []
    assert end == "lost" or stopped == [None]
