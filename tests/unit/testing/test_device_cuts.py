"""The device's link cut at every byte: it ends equal to the appliance, each document once."""

from __future__ import annotations

import hashlib
import shutil

import pytest

from appliance.testing.faulty_link import Fault, FaultyLink, random_faults, scripted
from appliance.testing.link import ForeignAppliance, LinkDown, ProtocolBroken

STRIDE = 11  # the everyday run takes every eleventh byte, the slow one each


def until_done(action, attempts=60):
    for attempt in range(attempts):
        try:
            return attempt, action()
        except LinkDown:
            continue
    raise AssertionError(f"not done after {attempts} attempts")


def cut_pulls(mini, make_device, encoding, stride):
    mini.encoding = encoding
    for number in range(5):
        mini.put("products", f"p{number}", {"code": f"c{number}", "name": "Чай чёрный"})
    mini.put("products", "p1", None)
    seed = make_device("seed")
    seed.pull()
    source = seed._file.path
    seed.close()
    mini.epoch = "e2"  # the cut pull is a reset over rows that are held
    whole = mini.pack(mini.pull_lines("e1:6", False))
    for cut in range(0, len(whole), stride):
        shutil.copy(source, source.with_name(f"at-{cut}.sqlite"))
        device = make_device(f"at-{cut}", code=None)
        mini.cut["/v1/pull"] = cut
        attempts, report = until_done(device.pull)
        assert attempts == 1 and report.repeated == 0, cut
        assert device.sums() == mini.sums() and report.repaired == {}, cut
        assert [r.id for r in device.rows("products")] == ["p0", "p2", "p3", "p4"]
        device.close()


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_a_pull_cut_at_many_bytes(mini, make_device, encoding):
    cut_pulls(mini, make_device, encoding, 31)


@pytest.mark.slow
@pytest.mark.deep
@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_a_pull_cut_at_every_byte(mini, make_device, encoding):
    cut_pulls(mini, make_device, encoding, 1)


def cut_pushes(mini, make_device, stride):
    device = make_device()
    whole, cut = 1, 0
    while cut < whole:
        mini.answers.clear()
        orders = [device.create("orders", {"number": str(n)}) for n in range(2)]
        mini.cut["/v1/push"] = cut
        attempts, _ = until_done(device.push)
        assert attempts == 1 and device.waiting() == 0
        assert all(mini.rows["orders", o][1] is not None for o in orders)
        whole = len(mini.pack([dict(a, outcome="applied") for a in mini.answers.values()]))
        cut += stride
    assert len(mini.rows) == device.next_n - 1
    assert mini.head == len(mini.rows), "a document was stored twice"
    device.pull()
    assert device.sums() == mini.sums()


def test_a_push_whose_answer_is_cut_at_many_bytes(mini, make_device):
    cut_pushes(mini, make_device, STRIDE)


@pytest.mark.slow
@pytest.mark.deep
def test_a_push_whose_answer_is_cut_at_every_byte(mini, make_device):
    cut_pushes(mini, make_device, 1)


def test_a_repair_cut_at_many_bytes(mini, make_device):
    for number in range(8):
        mini.put("products", f"p{number}", {"code": f"c{number}"})
    device = make_device()
    device.pull()
    whole, cut = 1, 0
    while cut < whole:
        device._file.execute("DELETE FROM rows WHERE id IN ('p1', 'p3', 'p5', 'p6')")
        device._file.execute("UPDATE sums SET rows = 0, sum = '0'")
        mini.cut["/v1/verify"] = cut
        until_done(device.verify)
        assert device.sums() == mini.sums(), cut
        whole = max(whole, 300)
        cut += 13


def cut_sessions(mini, make_device, direction, stride, least):
    """Cut the wire itself, handshake and all, at growing places until a session is over."""
    for number in range(6):
        mini.put("products", f"p{number}", {"code": f"c{number}"})
    sessions, faults = 0, 1
    while faults == 1:
        after = sessions * stride
        name = f"{direction}-{after}"
        mini.codes.add(f"code-{name}")
        device = make_device(name, code=f"code-{name}")
        photo = hashlib.sha256(name.encode()).digest() * 20
        device.attach_blob(photo)
        order = device.create("orders", {"number": name})
        plan = scripted([Fault(after, direction, "reset" if sessions % 2 else "close")])
        with FaultyLink("127.0.0.1", mini.port, plan) as link:
            device.use_address(link.url)
            until_done(device.sync)
            faults = link.faults
            device.use_address(None)
        assert device.repeat() == []
        device.pull()
        assert device.sums() == mini.sums() and device.waiting() == 0
        assert mini.rows["orders", order][1] == {"number": name}
        assert photo in mini.uploads.values()
        device.close()
        sessions += 1
        assert mini.head == 6 + sessions, "an order was stored twice"
        # What this session left behind must not make the next one longer.
        del mini.rows["orders", order]
        mini.uploads.clear()
    assert sessions * stride > least


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_wire_cut_at_many_bytes(mini, make_device, direction):
    cut_sessions(mini, make_device, direction, 397, 2000)


@pytest.mark.slow
@pytest.mark.deep
@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_wire_cut_at_every_few_bytes(mini, make_device, direction):
    cut_sessions(mini, make_device, direction, 7, 2000)


def test_a_stalled_link_counts_as_down(mini, make_device):
    device = make_device()
    mini.put("products", "p1", {"code": "1"})
    plan = scripted([Fault(100, "down", "stall", 30.0)])
    with FaultyLink("127.0.0.1", mini.port, plan) as link:
        device.use_address(link.url)
        device._timeout = 0.3
        with pytest.raises(LinkDown, match="timed out"):
            device.pull()
        device.pull()
    assert device.sums() == mini.sums()


def test_random_faults_end_and_everything_arrives(mini, make_device):
    for number in range(50):
        mini.put("products", f"p{number}", {"code": f"c{number}"})
    device = make_device()
    for number in range(20):
        device.create("orders", {"number": str(number)})
    plan = random_faults(7, most=12, longest=20_000, seconds=0.001)
    with FaultyLink("127.0.0.1", mini.port, plan) as link:
        device.use_address(link.url)
        until_done(device.sync)
        device.use_address(None)
    device.pull()
    assert device.sums() == mini.sums() and device.repeat() == []
    assert sum(c == "orders" for c, _ in mini.rows) == 20


def test_another_authority_is_refused_every_time(mini, make_device, tmp_path):
    device = make_device()
    (tmp_path / "other").mkdir()
    stranger = type(mini)(tmp_path / "other")
    try:
        device.use_address(stranger.url)
        for _ in range(3):
            with pytest.raises(ForeignAppliance):
                device.pull()
        assert stranger.requests == []
    finally:
        stranger.close()


def test_live_yields_heads_and_then_says_that_the_link_is_down(mini, make_device):
    device = make_device()
    body = b': hi\n\nevent: head\ndata: {"head": 7}\n\nevent: other\ndata: x\n\n'
    body += b'event: head\r\ndata: {"head": 9}\r\n\r\n'
    mini.replace["/v1/live"] = lambda _: mini.reply(
        200, body, {"Content-Type": "text/event-stream"}
    )
    assert list(device.live()) == [7, 9]
    mini.cut["/v1/live"] = len(body) - 3
    heads = device.live()
    assert next(heads) == 7
    with pytest.raises(LinkDown):
        next(heads)


def test_a_damaged_head_event_is_told(mini, make_device):
    device = make_device()
    mini.replace["/v1/live"] = lambda _: mini.reply(200, b"event: head\ndata: {}\n\n")
    with pytest.raises(ProtocolBroken, match="head"):
        next(device.live())
