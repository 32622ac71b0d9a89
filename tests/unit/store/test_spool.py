"""The spool in the store: each job once, with its record, whatever is asked twice or cut off."""

from __future__ import annotations

import msgspec
import orjson
import pytest
from box_bench import DAY_MS, Bench
from twisted.internet.task import Clock

from appliance.api.documents import Document, Text
from appliance.daemon.housekeeping import Housekeeping
from appliance.daemon.presence import Presence
from appliance.printing.job import Job, JobRefused
from appliance.store.spool import MAX_OPEN, Spool, SpoolReader

PAPER = Document(title="Order 7", blocks=(Text(text="milk"),))


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path, {})
    yield bench
    bench.close()


def write(bench, act):
    return bench.box.store.write(lambda tx: act(Spool(tx, bench.box.plugins.registry)))


def read(bench, act):
    return bench.box.store.read(lambda db: act(SpoolReader(db)))


def asked(bench, **given):
    return Job(
        **{"id": bench.new_id(), "number": 0, "printer": "van", "title": "x", "created_at": 0}
        | given
    )


def added(bench, **given):
    job = asked(bench, **given)
    return write(bench, lambda spool: spool.add(job, PAPER))


def record(bench, job_id):
    found = bench.box.store.read(
        lambda db: db.row(
            "SELECT r.body, b.name FROM box_rows r JOIN box_collections k ON k.num = r.collection"
            " JOIN box_buckets b ON b.num = r.bucket WHERE k.name = 'print_jobs' AND r.id = ?"
            " AND r.deleted = 0",
            (job_id,),
        )
    )
    return None if found is None else (orjson.loads(found[0]), found[1])


def test_a_job_asked_for_twice_is_one(bench):
    user = bench.add_user("driver")
    job = asked(bench, kind="order_copy", record="r", user=user.id)
    first = write(bench, lambda spool: spool.add(job, PAPER))
    again = write(bench, lambda spool: spool.add(job, PAPER))
    assert first == again
    assert first.number == 1
    assert read(bench, lambda spool: spool.open("van")) == [first]
    other = msgspec.structs.replace(job, record="another")
    with pytest.raises(JobRefused, match=r"is that of job 1"):
        write(bench, lambda spool: spool.add(other, PAPER))


def test_devices_of_who_asked_see_each_change(bench):
    user = bench.add_user("driver")
    job = added(bench, user=user.id)
    row, bucket = record(bench, job.id)
    assert (row["state"], row["asks"], bucket) == ("pending", False, f"user:{user.id}")
    held = write(
        bench,
        lambda spool: spool.change(
            spool.get(job.id).begun(9, bench.now_ms).broken(4, "unplugged", bench.now_ms)
        ),
    )
    assert held.asks
    row, _ = record(bench, job.id)
    assert (row["state"], row["asks"], row["sent"], row["detail"]) == ("held", True, 4, "unplugged")


def test_the_job_of_a_technician_is_in_nobodys_bucket(bench):
    assert record(bench, added(bench).id)[1] == "print:office"


def test_what_was_being_sent_when_the_daemon_died_is_asked_about(bench):
    jobs = [added(bench) for _ in range(4)]
    now = bench.now_ms

    def some(spool):
        spool.change(jobs[1].begun(5, now))
        spool.change(jobs[2].begun(5, now).waiting("paper", now))
        spool.change(jobs[3].begun(5, now).finished("printed", now))

    write(bench, some)
    bench.reopen()
    found = write(bench, lambda spool: spool.recover())
    assert [job.number for job in found] == [2, 3]
    states = [read(bench, lambda spool, job=job: spool.get(job.id)).state for job in jobs]
    assert states == ["pending", "held", "held", "completed"]
    assert all(read(bench, lambda spool, n=n: spool.numbered(n)).asks for n in (2, 3))
    assert record(bench, jobs[1].id)[0]["asks"] is True
    assert write(bench, lambda spool: spool.recover()) == []


def test_copies_are_numbered_and_asked_for_twice_are_one(bench):
    now = bench.now_ms
    job = added(bench)
    done = write(bench, lambda spool: spool.change(job.begun(5, now).finished("sent", now)))
    first_id, second_id = bench.new_id(), bench.new_id()
    first = write(bench, lambda spool: spool.copy(done, first_id))
    assert write(bench, lambda spool: spool.copy(done, first_id)) == first
    second = write(bench, lambda spool: spool.copy(done, second_id))
    assert [(one.number, one.copy, one.copy_of) for one in (first, second)] == [
        (2, 1, job.id),
        (3, 2, job.id),
    ]
    assert read(bench, lambda spool: spool.document(second_id)) == PAPER
    with pytest.raises(JobRefused):
        write(bench, lambda spool: spool.copy(first, bench.new_id()))


def test_a_number_is_never_given_twice(bench):
    now = bench.now_ms
    job = added(bench)
    write(bench, lambda spool: spool.change(job.canceled(now)))
    assert write(bench, lambda spool: spool.forget(now + 1, 10)) == 1
    bench.reopen()
    assert added(bench).number == 2


def test_finished_jobs_are_forgotten_with_their_records_and_open_ones_are_not(bench):
    now = bench.now_ms
    old, open_, young = added(bench), added(bench), added(bench)
    write(bench, lambda spool: spool.change(old.canceled(now)))
    bench.now_ms += 10 * DAY_MS
    write(bench, lambda spool: spool.change(young.canceled(bench.now_ms)))
    assert write(bench, lambda spool: spool.forget(now + DAY_MS, 10)) == 1
    assert record(bench, old.id) is None
    left = read(bench, lambda spool: spool.newest(10, only_open=False))
    assert [job.id for job in left] == [young.id, open_.id]
    assert read(bench, lambda spool: spool.newest(10, only_open=True)) == [left[1]]


def test_a_printer_nobody_sees_to_does_not_fill_the_disk(bench):
    def many(spool):
        for _ in range(MAX_OPEN):
            spool.add(asked(bench), PAPER)

    write(bench, many)
    with pytest.raises(JobRefused, match="see to it"):
        added(bench)
    assert added(bench, printer="other").number > MAX_OPEN


def test_a_document_has_its_limits(bench):
    huge = Document(title="x", blocks=(Text(text="x" * 5_000_000),))
    with pytest.raises(JobRefused, match="bytes with its pictures"):
        write(bench, lambda spool: spool.add(asked(bench), huge))
    assert read(bench, lambda spool: spool.newest(1, only_open=False)) == []


def test_long_titles_and_reasons_are_kept_whole_in_the_job(bench):
    job = added(bench, title="x" * 2_000)
    write(bench, lambda spool: spool.change(job.unprintable("y" * 5_000, bench.now_ms)))
    assert len(record(bench, job.id)[0]["title"]) == 300
    assert len(read(bench, lambda spool: spool.get(job.id)).title) == 2_000


def test_the_daemon_forgets_what_is_kept_no_longer(bench):
    now = bench.now_ms
    jobs = [added(bench) for _ in range(120)]

    def cancel(spool):
        for job in jobs[:119]:
            spool.change(job.canceled(now))

    write(bench, cancel)
    chores = Housekeeping(bench.box, Clock(), None, Presence(lambda: bench.now_ms))

    def forget():
        done = chores.forget_print_jobs()
        while not done.called:
            bench.box.store.write(lambda _tx: None)

    bench.now_ms += 31 * DAY_MS
    forget()
    assert len(read(bench, lambda spool: spool.newest(200, only_open=False))) == 120
    bench.synchronised = True
    chores.look_at_clock()
    forget()
    left = read(bench, lambda spool: spool.newest(200, only_open=False))
    assert [job.number for job in left] == [120]
    assert record(bench, jobs[0].id) is None
