"""Work that is done again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from appliance.api import Context, Login, ScheduledJob, Write
from appliance_master_data import (
    floors,
    history,
    payment_behaviour,
    portal_logins,
    turn_of_day,
)

Run = Callable[[Context], Sequence[Write | Login]]

_ALL: tuple[tuple[ScheduledJob, Run], ...] = (
    (history.JOB, history.archive),
    (floors.JOB, floors.move),
    (payment_behaviour.JOB, payment_behaviour.work),
    (turn_of_day.JOB, turn_of_day.turn),
    (portal_logins.JOB, portal_logins.work),
)

JOBS: tuple[ScheduledJob, ...] = tuple(job for job, _run in _ALL)
"""Every job."""

RUNS: Mapping[str, Run] = {job.name: run for job, run in _ALL}
"""What does a job."""
