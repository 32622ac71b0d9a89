"""The queue of one printer: which job is next, and which have waited too long."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.printing.job import Job

HOUR_MS = 3_600_000


def next_job(jobs: Iterable[Job]) -> Job | None:
    """Return the waiting job that is next: the highest priority, then the oldest number."""
    waiting = (job for job in jobs if job.state == "pending")
    return min(waiting, key=lambda job: (-job.priority, job.number), default=None)


def outdated(jobs: Iterable[Job], age_h: float, now_ms: int) -> list[Job]:
    """Return the waiting jobs that are older than a job may get.

    The age counts from when it began to wait, so a job that a person released waits anew; one that
    was begun in vain, or of which is said what it waits for, does not.

    Args:
        jobs: any.
        age_h: hours; 0 for no limit.
        now_ms: UTC milliseconds.
    """
    if age_h <= 0:
        return []
    oldest = now_ms - int(age_h * HOUR_MS)
    return [job for job in jobs if job.state == "pending" and _waits_from(job) < oldest]


def _waits_from(job: Job) -> int:
    return job.waits_from or job.created_at  # a job of an earlier release knows no more
