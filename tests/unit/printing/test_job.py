"""A job's states: what may follow what, and that no job is printed twice without a person."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.printing.job import Job, JobRefused
from appliance.printing.queue import next_job, outdated

NOW = 1_700_000_000_000


def job(**given):
    return Job(
        **({"id": "j", "number": 1, "printer": "van", "title": "x", "created_at": NOW} | given)
    )


def test_the_way_of_a_good_job():
    begun = job().begun(300, NOW + 1)
    assert (begun.state, begun.total, begun.attempts) == ("processing", 300, 1)
    stopped = begun.waiting("no paper", NOW + 2)
    assert (stopped.state, stopped.reason, stopped.detail) == (
        "stopped",
        "printer-stopped",
        "no paper",
    )
    done = stopped.going_on(NOW + 3).finished("printed", NOW + 4)
    assert (done.state, done.confirmed, done.sent, done.detail) == ("completed", "printed", 300, "")
    assert done.changed_at == NOW + 4


def test_a_break_before_the_first_byte_waits_again_and_one_after_it_asks():
    begun = job().begun(300, NOW)
    assert begun.broken(0, "unplugged", NOW).state == "pending"
    asked = begun.broken(1, "unplugged", NOW)
    assert (asked.state, asked.reason, asked.sent, asked.asks) == (
        "held",
        "outcome-unknown",
        1,
        True,
    )
    with pytest.raises(JobRefused, match="look, and answer"):
        asked.released(NOW)
    assert asked.on_paper(NOW).confirmed == "person"
    again = asked.not_on_paper(NOW)
    assert (again.state, again.reason) == ("aborted", "job-reprinted")


def test_a_copy_is_of_the_original_and_of_a_finished_job_alone():
    done = job(user="u", record="r", kind="order_copy").begun(3, NOW).finished("sent", NOW)
    copy = done.copied("c", 2, 1, NOW)
    assert (copy.copy, copy.copy_of, copy.state, copy.user, copy.record) == (
        1,
        "j",
        "pending",
        "u",
        "r",
    )
    second = copy.begun(3, NOW).finished("sent", NOW).copied("d", 3, 2, NOW)
    assert second.copy_of == "j"
    with pytest.raises(JobRefused, match=r"once it is done"):
        job().copied("c", 2, 1, NOW)
    with pytest.raises(JobRefused, match="look, and answer"):
        job().begun(3, NOW).broken(2, "x", NOW).copied("c", 2, 1, NOW)


@pytest.mark.parametrize("state", ["canceled", "aborted", "completed"])
def test_nothing_happens_to_a_finished_job(state):
    done = job(state=state)
    for act in ("hold", "released", "on_paper", "not_on_paper", "aged_out", "found_at_start"):
        with pytest.raises(JobRefused, match="job 1 is"):
            getattr(done, act)(NOW)
    if state != "canceled":
        with pytest.raises(JobRefused, match="cannot be canceled"):
            done.canceled(NOW)


def test_what_is_next_is_the_highest_priority_and_then_the_oldest():
    jobs = [
        job(number=4, priority=60),
        job(number=1),
        job(number=3, priority=60),
        job(number=2, priority=90, state="held"),
    ]
    order = []
    while (one := next_job(jobs)) is not None:
        order.append(one.number)
        jobs.remove(one)
    assert order == [3, 4, 1]


def test_old_jobs_are_those_that_wait():
    old = job(waits_from=NOW - 7_200_001)
    young = job(waits_from=NOW - 7_200_000)
    held = job(waits_from=1, state="held")
    assert outdated([old, young, held], 2, NOW) == [old]
    assert outdated([old, young, held], 0, NOW) == []


def test_a_job_gets_older_whatever_is_said_of_it_and_young_again_when_a_person_releases_it():
    hour = 3_600_000
    waiting = job(waits_from=NOW - 3 * hour)
    told = waiting.delayed("media-empty", NOW).begun(9, NOW).broken(0, "unplugged", NOW)
    assert outdated([told], 2, NOW) == [told]
    assert outdated([told.hold(NOW).released(NOW)], 2, NOW) == []


class Life(RuleBasedStateMachine):
    """Everything that may happen to a job, in any order, against a count of what was printed."""

    def __init__(self):
        super().__init__()
        self.job = job()
        self.maybe_on_paper = False
        self.asked = False

    def attempt(self, act, *arguments, **named):
        before = self.job
        try:
            self.job = getattr(self.job, act)(*arguments, NOW, **named)
        except JobRefused:
            assert self.job is before

    @rule()
    def begin(self):
        waiting = self.job.state == "pending"
        self.attempt("begun", 10)
        if waiting:
            assert not self.maybe_on_paper, "it is sent again though a part may be on paper"

    @rule(sent=st.integers(0, 10))
    def broke(self, sent):
        sending = self.job.state in ("processing", "stopped")
        self.attempt("broken", sent, "why")
        self.maybe_on_paper |= sending and sent > 0

    @rule()
    def died(self):
        sending = self.job.state in ("processing", "stopped")
        self.attempt("found_at_start")
        self.maybe_on_paper |= sending

    @rule(how=st.sampled_from(["sent", "processed", "printed"]))
    def finish(self, how):
        sending = self.job.state in ("processing", "stopped")
        self.attempt("finished", how)
        self.maybe_on_paper |= sending

    @rule(act=st.sampled_from(["hold", "released", "canceled", "on_paper", "not_on_paper"]))
    def person(self, act):
        self.attempt(act)

    @rule(act=st.sampled_from(["aged_out", "going_on"]))
    def clock(self, act):
        self.attempt(act)

    @rule()
    def stop(self):
        self.attempt("waiting", "no paper")

    @precondition(lambda self: self.maybe_on_paper)
    @invariant()
    def it_never_waits_again(self):
        assert self.job.state != "pending"
        assert self.job.state not in ("processing", "stopped")


Life.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
