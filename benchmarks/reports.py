"""Reports: each one over the mid company after a month of field work, the last 30 days.

As the technician, who sees everything, and as the manager of the largest branch, whose views are
narrowed to what the device may pull.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from appliance.api.reports import Report
from appliance.enrollment.identity import Device
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.reports import Caller, parameter_values, reports_of, run_report
from appliance.store.transaction import WriteTransaction
from benchmarks.box import BenchBox
from benchmarks.demo import DAY, in_bulk, made
from benchmarks.field_month import DAYS, month
from benchmarks.result import Row, Run, median, spread

GOAL_S = 1.0
MOST_S = 60.0
LAST = date.fromisoformat(DAY)
FIRST = LAST - timedelta(days=DAYS - 1)


def company(bench: BenchBox) -> Box:
    """Make the mid company with its month of field work; return its box, opened."""
    made(bench)
    box = bench.open()
    first = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    visits, orders = month(box, int(first.timestamp() * 1_000))
    in_bulk(box, visits)
    in_bulk(box, orders)
    return box


def manager_of_most(box: Box) -> Caller:
    """Give the manager of the branch with most people a device; return it as a caller."""

    def job(tx: WriteTransaction) -> Caller:
        ((login,),) = tx.db.select_guarded(
            "SELECT users.login FROM users WHERE EXISTS (SELECT 1 FROM json_each(users.body,"
            " '$.roles') AS role WHERE role.value = 'manager') ORDER BY (SELECT count(*)"
            " FROM users AS other WHERE other.org_id = users.org_id) DESC, login LIMIT 1",
            (),
            MOST_S,
        )
        book = IdentityBook(tx.db)
        user = book.user(login)
        assert user is not None
        device = Device(
            id="01900000-0000-7000-8000-000000000002",
            user_id=user.id,
            roles=user.roles,
            name="bench",
            platform="benchmark",
            app_version="1",
            kind="native",
            enrolled_at_ms=tx.now_ms,
        )
        box.refresh_grants(tx, book.add_device(device))
        enrolled = book.enrolled(device.id)
        assert enrolled is not None
        return Caller(enrolled, box.rights(enrolled).readable)

    return box.store.write(job)


def timed(
    box: Box, report: Report, caller: Caller | None, repeats: int
) -> tuple[list[float], list[tuple[Any, ...]]]:
    """Return the CPU seconds of each run on its reader's thread, and the rows of the last."""
    span = {"since": FIRST.isoformat(), "until": LAST.isoformat()}
    known = {parameter.name for parameter in report.parameters}
    values = parameter_values(report, {n: v for n, v in span.items() if n in known})

    def read(connection: Connection) -> tuple[float, list[tuple[Any, ...]]]:
        began = time.thread_time()
        rows = run_report(connection, report, values, caller, timeout_s=MOST_S)
        return time.thread_time() - began, rows

    seconds: list[float] = []
    rows: list[tuple[Any, ...]] = []
    for _ in range(repeats):
        took, rows = box.store.fetch(read)
        seconds.append(took)
    return seconds, rows


def measure(run: Run) -> Sequence[Row]:
    """Measure every report, both ways."""
    box = company(BenchBox(run.folder))
    found: list[Row] = []
    try:
        manager = manager_of_most(box)
        for name, (report, _owner) in reports_of(box.plugins.host).items():
            for whose, caller in (("", None), (", a manager's", manager)):
                seconds, rows = timed(box, report, caller, run.repeats)
                found.append(
                    Row(
                        f"{name}{whose}: {len(rows):,} rows",
                        median(seconds),
                        "s CPU",
                        goal=GOAL_S,
                        spread=spread(seconds),
                    )
                )
    finally:
        box.close()
    return found
