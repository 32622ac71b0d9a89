"""The reference device against a small appliance: what it shows, keeps, sends and repairs."""

from __future__ import annotations

import orjson
import pytest

from appliance.testing.faulty_link import Fault, FaultyLink, scripted
from appliance.testing.invite import BadInvite
from appliance.testing.link import (
    DeviceProblem,
    LinkDown,
    ProtocolBroken,
)


def fill(mini, count=5):
    for number in range(count):
        mini.put("products", f"p{number}", {"code": f"c{number}", "name": "Чай"})


def shown(device, collection="products"):
    return {r.id: dict(r.row) for r in device.rows(collection)}


def test_pull_brings_rows_and_equal_sums(mini, make_device):
    fill(mini)
    device = make_device()
    report = device.pull()
    assert (report.puts, report.head, report.marks, report.unequal) == (5, 5, 3, [])
    assert shown(device)["p3"] == {"code": "c3", "name": "Чай"}
    assert device.sums() == mini.sums()
    mini.put("products", "p1", None)
    mini.put("products", "p2", {"code": "new"})
    report = device.pull()
    assert (report.puts, report.deletions, report.removed) == (1, 1, 1)
    assert set(shown(device)) == {"p0", "p2", "p3", "p4"}
    assert device.sums() == mini.sums()


def test_requests_say_what_the_protocol_asks(mini, make_device):
    fill(mini, 1)
    device = make_device()
    device.pull()
    pull = next(orjson.loads(b) for m, p, b in mini.requests if p == "/v1/pull")
    assert pull == {"cursor": None, "accept": ["segments"]}
    device.create("orders", {"number": "1"})
    device.push()
    line = next(b for m, p, b in mini.requests if p == "/v1/push")
    change = orjson.loads(line)
    assert set(change) == {"mid", "n", "collection", "id", "op", "base", "row"}
    assert (change["n"], change["op"], change["base"]) == (1, "put", None)
    assert change["mid"][14] == "7" and change["id"][14] == "7"


def test_rows_of_an_unfinished_pull_are_not_visible(mini, make_device):
    fill(mini)
    device = make_device()
    device.pull()
    mini.put("products", "p0", {"code": "changed"})
    mini.put("products", "p1", {"code": "changed"})
    mini.put("products", "p2", {"code": "changed"})
    lines = mini.pack(mini.pull_lines(device.cursor, False))
    mini.cut["/v1/pull"] = len(lines) - 3
    with pytest.raises(LinkDown):
        device.pull()
    assert device.cursor == "e1:7"  # a mark was stored
    assert shown(device)["p0"] == {"code": "c0", "name": "Чай"}
    device.close()
    again = make_device()
    report = again.pull()
    assert (report.puts, report.repeated) == (1, 0)
    assert {r["code"] for r in list(shown(again).values())[:3]} == {"changed"}


def test_a_reset_deletes_what_is_not_sent_again_and_survives_a_restart(mini, make_device):
    fill(mini)
    device = make_device()
    device.pull()
    own = device.create("orders", {"number": "7"})
    mini.epoch = "e2"
    del mini.rows["products", "p4"]
    lines = mini.pack(mini.pull_lines(None, False))
    mini.cut["/v1/pull"] = len(lines) - 5
    with pytest.raises(LinkDown):
        device.pull()
    assert "p4" in shown(device)
    device.close()
    again = make_device()
    report = again.pull()
    assert report.reset is None and report.removed == 1
    assert "p4" not in shown(again) and again.sums() == mini.sums()
    assert shown(again, "orders") == {own: {"number": "7"}} and again.waiting() == 1


def test_a_damaged_replica_is_repaired_by_range(mini, make_device):
    fill(mini, 40)
    device = make_device()
    device.pull()
    device._file.execute("DELETE FROM rows WHERE id = 'p3'")
    device._file.execute("UPDATE rows SET id = 'ghost' WHERE id = 'p9'")
    device._file.execute("DELETE FROM sums")
    report = device.verify()
    assert [d.collection for d in report.differences] == ["products"]
    assert 1 <= len(report.repaired["products"]) <= 3 and report.unequal == []
    assert device.sums() == mini.sums() and "ghost" not in shown(device)


def test_a_difference_at_a_checkpoint_is_repaired_at_once(mini, make_device):
    fill(mini)
    device = make_device(knows=["other"])
    assert device.pull().unknown == 5
    device.close()
    newer = make_device()  # the app learned a collection: its rows come without a resync
    report = newer.pull()
    assert len(report.repaired["products"]) == 5 and report.unequal == []
    assert newer.sums() == mini.sums()


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_every_encoding_is_read(mini, make_device, encoding):
    mini.encoding = encoding
    fill(mini)
    device = make_device()
    device.pull()
    assert device.sums() == mini.sums()


def test_offline_work_is_visible_and_numbered_without_gaps(mini, make_device):
    fill(mini)
    device = make_device()
    device.pull()
    order = device.create("orders", {"number": "1", "comment": ""})
    device.edit("orders", order, {"comment": "by noon"})
    device.edit("products", "p1", {"name": "Кофе"})
    device.delete("products", "p2")
    assert shown(device, "orders") == {order: {"number": "1", "comment": "by noon"}}
    assert shown(device)["p1"]["name"] == "Кофе" and "p2" not in shown(device)
    report = device.push()
    assert report.outcomes == {"applied": 4} and device.waiting() == 0
    # The edit waited for the answer to the creation, to name its base.
    assert report.requests == 2
    sent = [orjson.loads(x) for m, p, b in mini.requests if p == "/v1/push" for x in b.splitlines()]
    assert [(c["n"], c["op"], c["base"]) for c in sent] == [
        *((1, "put", None), (2, "put", 6), (3, "put", 2), (4, "del", 3))
    ]
    device.pull()
    assert device.sums() == mini.sums()
    assert not any(r.pending for c in ("orders", "products") for r in device.rows(c))


def test_what_has_no_answer_is_sent_again_byte_for_byte(mini, make_device):
    device = make_device()
    for number in range(3):
        device.create("orders", {"number": str(number)})
    mini.cut["/v1/push"] = 150  # the first answer and a piece of the second
    with pytest.raises(LinkDown):
        device.push()
    assert device.waiting() == 2
    assert device.push().outcomes == {"duplicate": 2}
    first, second = (b for m, p, b in mini.requests if p == "/v1/push")
    assert second == b"".join(first.splitlines(keepends=True)[1:])
    assert device.repeat() == [] and len(mini.rows) == 3


def test_repeat_finds_an_answer_that_differs(mini, make_device):
    device = make_device()
    device.create("orders", {"number": "1"})
    device.push()
    mini.answers.clear()
    mini.rows.clear()
    assert [m.mid for m in device.mutations()] == device.repeat()


def test_a_repetition_tells_what_the_first_answer_was(mini, make_device):
    mini.outcomes["bad"] = {"outcome": "rejected"}
    mini.names_first = True
    device = make_device()
    device.create("orders", {"number": "1"}, "bad")
    mini.cut["/v1/push"] = 0
    with pytest.raises(LinkDown):
        device.push()
    assert device.push().outcomes == {"duplicate": 1}
    assert device.mutations()[0].answer.result == "rejected"
    assert shown(device, "orders") == {} and device.repeat() == []


def test_a_conflict_keeps_both_versions(mini, make_device):
    fill(mini)
    device = make_device()
    device.pull()
    mini.put("products", "p1", {"code": "theirs"})
    device.edit("products", "p1", {"code": "mine"})
    assert device.push().outcomes == {"conflict": 1}
    (conflict,) = device.conflicts()
    assert conflict.mine["code"] == "mine" and conflict.theirs == {"code": "theirs"}
    device.pull()
    assert shown(device)["p1"] == {"code": "theirs"}


def test_a_refused_mutation_stays_in_the_outbox_and_leaves_the_view(mini, make_device):
    device = make_device()
    mini.outcomes["bad"] = {
        "outcome": "rejected",
        "issues": [{"code": "x", "severity": "error", "pointer": "/a", "text": "no"}],
    }
    device.create("orders", {"number": "1"}, "bad")
    good = device.create("orders", {"number": "2"})
    assert device.push().outcomes == {"rejected": 1, "applied": 1}
    assert set(shown(device, "orders")) == {good}
    refused = device.mutations()[0]
    assert refused.row == {"number": "1"} and refused.answer.issues[0]["code"] == "x"


def test_an_ack_stands_for_the_row_that_was_sent(mini, make_device):
    fill(mini, 1)
    mini.acks = True
    device = make_device()
    device.pull()
    order = device.create("orders", {"number": "1"})
    mini.cut["/v1/push"] = 0  # stored, but the answer never arrived
    with pytest.raises(LinkDown):
        device.push()
    report = device.pull()
    assert (report.acks, report.unresolved) == (1, 0)
    assert shown(device, "orders") == {order: {"number": "1"}}
    assert device.sums() == mini.sums()


def test_an_ack_that_nothing_explains_is_repaired(mini, make_device):
    fill(mini, 1)
    mini.acks = True
    device = make_device()
    device.pull()
    mini.put("orders", "o1", {"number": "1"})
    mini.from_device.add(("orders", "o1"))
    report = device.pull()
    assert report.unresolved == 1 and list(report.repaired) == ["orders"]
    assert device.sums() == mini.sums() and shown(device, "orders") == {"o1": {"number": "1"}}


def test_segments_are_fetched_resumed_and_stand_at_their_place(mini, make_device):
    fill(mini, 30)
    mini.segment_rows = 20
    device = make_device()
    name = mini.pull_lines(None, True)[1]["segment"]["sha256"]
    mini.cut[f"/v1/segments/{name}"] = 100
    with pytest.raises(LinkDown):
        device.pull()
    assert shown(device) == {}
    mini.put("products", "p3", {"code": "newer than the segment"})
    mini.put("products", "p4", None)
    device.close()
    again = make_device()
    report = again.pull()
    assert (report.segments, report.resumed) == (1, 1)
    asked = [h["Range"] for h in mini.heads if "Range" in h]
    assert asked == ["bytes=100-"]
    assert again.sums() == mini.sums() and len(shown(again)) == 29


def test_a_segment_that_is_gone_makes_the_device_start_over(mini, make_device):
    fill(mini, 30)
    mini.segment_rows = 20
    device = make_device()
    name = mini.pull_lines(None, True)[1]["segment"]["sha256"]
    mini.cut[f"/v1/segments/{name}"] = 10
    with pytest.raises(LinkDown):
        device.pull()
    mini.segments.clear()
    mini.segment_rows = 0
    device.pull()
    assert device.sums() == mini.sums()


def test_a_segment_with_other_bytes_is_refused(mini, make_device):
    fill(mini, 30)
    mini.segment_rows = 20
    device = make_device()
    name = mini.pull_lines(None, True)[1]["segment"]["sha256"]
    mini.replace[f"/v1/segments/{name}"] = lambda _: mini.reply(200, b"x")
    with pytest.raises(ProtocolBroken, match="SHA-256"):
        device.pull()


def test_a_blob_upload_goes_on_where_it_was_cut(mini, make_device, monkeypatch):
    monkeypatch.setattr("appliance.testing.blob_shelf.CHUNK_BYTES", 1000)
    device = make_device()
    data = bytes(range(256)) * 10
    sha256 = device.attach_blob(data)
    assert device.attach_blob(data) == sha256
    with FaultyLink("127.0.0.1", mini.port, scripted([Fault(4_000, "up")])) as link:
        device.use_address(link.url)
        with pytest.raises(LinkDown):
            device.upload_blobs()
        device.use_address(None)
    assert 0 < len(mini.uploads["u0"]) < len(data)
    assert device.upload_blobs() == 1
    assert list(mini.uploads.values()) == [data]
    assert device.upload_blobs() == 0
    offsets = [h["upload-offset"] for h in mini.heads if "upload-checksum" in h]
    assert offsets == ["0", "1000", "2000"]


def test_an_expired_upload_is_made_anew(mini, make_device):
    device = make_device()
    device.attach_blob(b"photo")
    device._file.execute("UPDATE blobs SET url = '/v1/uploads/gone'")
    device.upload_blobs()
    assert list(mini.uploads.values()) == [b"photo"]


def test_a_refused_offset_does_not_forget_the_upload(mini, make_device):
    device = make_device()
    device.attach_blob(b"photo")
    device._file.execute("UPDATE blobs SET url = '/v1/uploads/u9'")
    mini.replace["/v1/uploads/u9"] = lambda _: mini.reply(401)
    with pytest.raises(DeviceProblem, match="401"):
        device.upload_blobs()
    assert device._file.value("SELECT url FROM blobs") == "/v1/uploads/u9"


def test_enrollment_pins_the_authority(mini, make_device):
    device = make_device(code=None)
    invite = {**mini.invite(), "ca_sha256": "ab" * 32}
    with pytest.raises(BadInvite, match="another certificate authority"):
        device.enroll(invite, name="phone")
    assert [p for _, p, _ in mini.requests] == ["/ca.pem"]
    device.enroll(mini.invite(), name="phone")
    assert (device.identity.device_id, device.identity.user) == ("d-code-1", "anna")
    assert "PRIVATE" not in repr(device.identity.credential)


def test_a_wrong_code_is_a_problem_with_its_code(mini, make_device):
    device = make_device(code=None)
    with pytest.raises(DeviceProblem) as caught:
        device.enroll(mini.invite("nonsense"), name="phone")
    assert (caught.value.status, caught.value.code) == (403, "code")
    assert caught.value.detail == "wrong code"


def test_renewal_keeps_the_key_and_replaces_the_certificate(mini, make_device):
    device = make_device()
    before = device.identity.credential
    assert not device.renewal_due()
    device.renew()
    after = device.identity.credential
    assert after.key == before.key and after.certificate != before.certificate
    device.pull()


def test_a_mutation_that_is_too_large_does_not_stop_those_after_it(mini, make_device):
    device = make_device()
    original = mini._push
    mini._push = lambda body: mini.reply(413) if b"huge" in body else original(body)
    numbers = ["1", "2", "huge", "4", "5"]
    ids = [device.create("orders", {"number": n}) for n in numbers]
    assert device.push().outcomes == {"applied": 4, "rejected": 1}
    assert device.waiting() == 0 and device.repeat() == []
    (refused,) = [m for m in device.mutations() if m.answer.issues]
    assert refused.id == ids[2] and refused.row == {"number": "huge"}
    assert refused.answer.issues[0]["code"] == "too_large"
    assert set(shown(device, "orders")) == set(ids) - {ids[2]}


def test_overload_says_when_to_come_back(mini, make_device):
    device = make_device()
    mini.replace["/v1/push"] = lambda _: mini.reply(503, b"", {"Retry-After": "7"})
    device.create("orders", {"number": "1"})
    with pytest.raises(DeviceProblem) as caught:
        device.push()
    assert caught.value.retry_after == 7.0 and device.waiting() == 1
