"""What the device reads: lines, events, pull lines, sums and invites."""

from __future__ import annotations

import base64
import hashlib
import zlib

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from appliance.testing.event_stream import Comment, Event, EventStream
from appliance.testing.invite import BadInvite, Invite
from appliance.testing.line_stream import LineStream, lines
from appliance.testing.link import ProtocolBroken
from appliance.testing.outbox import read_answer
from appliance.testing.pull_lines import PullReader, RowLine
from appliance.testing.running_sums import RunningSums, Sum, range_sums, row_digest

TEXTS = st.lists(st.binary(min_size=1, max_size=60).map(lambda b: b.replace(b"\n", b"x")))


def pack(encoding, texts):
    parts = [text + b"\n" for text in texts]
    if encoding == "zstd":
        return b"".join(zstandard.ZstdCompressor().compress(part) for part in parts)
    if encoding == "gzip":  # members follow each other
        packed = []
        for part in parts:
            packer = zlib.compressobj(wbits=31)
            packed.append(packer.compress(part) + packer.flush())
        return b"".join(packed)
    return b"".join(parts)


@given(TEXTS, st.sampled_from(["identity", "gzip", "zstd"]), st.integers(1, 50))
def test_lines_come_out_however_the_body_arrives(texts, encoding, size):
    body = pack(encoding, texts)
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    assert list(lines(pieces, encoding)) == texts


@given(TEXTS, st.data())
def test_what_arrived_before_a_cut_is_used(texts, data):
    body = pack("identity", texts)
    cut = data.draw(st.integers(0, len(body)))
    got = list(lines([body[:cut]], "identity"))
    assert got == texts[: body[:cut].count(b"\n")]


def test_a_flushed_block_gives_its_lines_before_its_frame_ends():
    packer = zstandard.ZstdCompressor().compressobj()
    first = packer.compress(b"one\ntwo\nth") + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    assert list(LineStream("zstd").feed(first)) == [b"one", b"two"]
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(b"one\ntwo\nth") + packer.flush(zlib.Z_SYNC_FLUSH)
    assert list(LineStream("gzip").feed(first)) == [b"one", b"two"]


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_damage_is_told_after_the_lines_before_it(encoding):
    stream = LineStream(encoding)
    feed = stream.feed(pack(encoding, [b"one"]) + b"garbage, not a frame")
    with pytest.raises(ProtocolBroken, match="damaged"):
        list(feed)


def test_an_endless_line_and_an_unknown_encoding_are_refused():
    with pytest.raises(ProtocolBroken, match="more than 100"):
        list(LineStream("identity", max_line=100).feed(b"x" * 101))
    with pytest.raises(ProtocolBroken, match="br"):
        LineStream("br")


@given(st.integers(1, 9), st.sampled_from(["\n", "\r\n", "\r"]))
def test_events_come_out_however_the_stream_arrives(size, end):
    text = end.join([": hello", "event: head", 'data: {"head":', "data: 4}", "id: 1", "", "data:x"])
    body = ("\ufeff" + text + end * 2 + ":" + end).encode()
    stream = EventStream()
    got = [e for i in range(0, len(body), size) for e in stream.feed(body[i : i + size])]
    wanted = [Comment("hello"), Event("head", '{"head":\n4}'), Event("message", "x"), Comment("")]
    # A carriage return at the very end may be half of a line end: the comment waits for more.
    assert got == (wanted[:-1] if end == "\r" else wanted)


def test_an_endless_event_is_refused():
    with pytest.raises(ProtocolBroken, match="65536"):
        list(EventStream().feed(b"data: " + b"x" * 70_000))
    stream = EventStream()
    with pytest.raises(ProtocolBroken, match="65536"):
        for _ in range(10):
            list(stream.feed(b"data: " + b"x" * 10_000 + b"\n"))


BEGIN = {"begin": {"epoch": "e", "head": 3}}
PUT = {"put": "a", "id": "1", "seq": 1, "row": {"x": 1}}
CHECKPOINT = {"checkpoint": {"cursor": "c", "head": 3, "collections": {}}}


def read(*items, from_null=True, segments=True):
    reader = PullReader(from_null=from_null, segments=segments)
    return [reader.read(orjson.dumps(item)) for item in items]


def test_a_row_line_keeps_the_row_as_it_was_sent():
    reader = PullReader(from_null=True)
    reader.read(orjson.dumps(BEGIN))
    text = b'{"put":"a","id":"1","seq":1,"row":{"x": 1.50, "new":"\xd0\xa7"},"later":true}'
    assert reader.read(text) == RowLine("put", "a", "1", 1, b'{"x": 1.50, "new":"\xd0\xa7"}')


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([PUT], "begin must come first"),
        ([BEGIN, BEGIN], "begin must come first"),
        ([BEGIN, CHECKPOINT, PUT], "after the checkpoint"),
        ([BEGIN, {**PUT, "del": "a"}], "put.*delete"),
        ([BEGIN, {"news": 1}], "none of"),
        ([BEGIN, {"put": "a", "id": "1", "seq": 1}], "without row"),
        ([BEGIN, {"put": "a", "seq": 1, "row": {}}], "without collection, id or seq"),
        ([BEGIN, {**PUT, "row": [1]}], "no object"),
        ([BEGIN, {**PUT, "seq": 0}], "seq 0"),
        ([BEGIN, {**PUT, "seq": "1"}], "Expected `int"),
        ([BEGIN, {"ack": "a", "id": "1", "seq": 1}], "null cursor"),
        ([BEGIN, {"range": "00"}], "range"),
        ([{"begin": {"epoch": "e", "head": 3, "reset": "whim"}}], "whim"),
    ],
)
def test_what_may_not_stand_in_a_pull_is_refused(items, reason):
    with pytest.raises(ProtocolBroken, match=reason):
        read(*items)


def test_a_segment_that_was_not_asked_for_is_refused():
    segment = {"segment": {"url": "/s", "sha256": "0", "bytes": 1, "rows": 1, "upto": 1}}
    read(BEGIN, segment)
    with pytest.raises(ProtocolBroken, match="not asked for"):
        read(BEGIN, segment, segments=False)


def test_rows_beyond_the_bound_of_a_mark_are_reported():
    reader = PullReader(from_null=True)
    reader.read(orjson.dumps(BEGIN))
    for number in range(1_000):
        reader.read(orjson.dumps({**PUT, "id": str(number)}))
    assert reader.oversights == []
    reader.read(orjson.dumps(PUT))
    assert len(reader.oversights) == 1
    reader = PullReader(from_null=True)
    reader.read(orjson.dumps(BEGIN))
    reader.read(orjson.dumps({**PUT, "row": {"x": "y" * 300_000}}))
    reader.read(orjson.dumps({"mark": "m"}))
    reader.read(orjson.dumps(PUT))
    assert reader.oversights == []


def test_a_row_digest_is_that_of_the_protocol():
    text = b"products\x00p1\x0041"
    assert row_digest("products", "p1", 41) == int(hashlib.sha256(text).hexdigest()[:16], 16)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(1, 9)), max_size=30))
def test_running_sums_equal_a_count_from_scratch(changes):
    held: dict[str, int] = {}
    running = RunningSums()
    for row_id, seq in changes:
        running.replace("x", row_id, held.pop(row_id, None), seq)
        if seq is not None:
            held[row_id] = seq
    fresh = RunningSums()
    for row_id, seq in held.items():
        fresh.replace("x", row_id, None, seq)
    assert running.as_dict() == fresh.as_dict()
    ranges = range_sums("x", held.items())
    assert len(ranges) == 256 and sum(s.rows for s in ranges.values()) == len(held)
    total = sum(s.sum for s in ranges.values()) % 2**64
    assert running["x"] == Sum(len(held), total)


def test_an_invite_is_read_from_a_qr_and_from_json():
    raw = hashlib.sha256(b"ca").digest()
    text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    qr = f"fieldbox://10.0.0.5:8443/enroll?code=AB-12&ca={text}"
    wanted = Invite("https://10.0.0.5:8443", "AB-12", raw)
    assert Invite.parse(qr) == wanted and "AB-12" not in repr(wanted)
    assert Invite.parse(f"fieldbox://[::1]:1/enroll?code=x&ca={text}").url == "https://[::1]:1"
    about = {"url": "https://10.0.0.5:8443", "code": "AB-12", "ca_sha256": raw.hex()}
    assert Invite.parse(about) == wanted
    assert Invite.parse(orjson.dumps({**about, "url": qr}).decode()) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://x:1/enroll?code=a&ca=b",
        "fieldbox://x:1/enroll?ca=" + "A" * 43,
        "fieldbox://x:1/enroll?code=a&code=b&ca=" + "A" * 43,
        "fieldbox://x:1/other?code=a&ca=" + "A" * 43,
        "fieldbox://x:1/enroll?code=a&ca=" + "A" * 27,
        "fieldbox://x:99999/enroll?code=a&ca=" + "A" * 43,
        "fieldbox://x:1/enroll?code=a&ca=****",
        "{",
        "{}",
        '{"url": "https://x:1"}',
        '{"url": "https://x:1", "code": "a", "ca_sha256": 5}',
    ],
)
def test_a_bad_invite_is_refused(text):
    with pytest.raises(BadInvite):
        Invite.parse(text)


def test_a_bad_answer_is_refused():
    assert read_answer(b'{"mid":"m","outcome":"held","seq":null,"issues":[]}').outcome == "held"
    with pytest.raises(ProtocolBroken, match="maybe"):
        read_answer(b'{"mid":"m","outcome":"maybe"}')
