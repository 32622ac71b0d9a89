"""Reports: each one over the mid company after a month of field work, the last 30 days.

As the technician, who sees everything, and as the manager of the largest branch, whose views are
narrowed to what the device may pull; one's own figures as a sales agent.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from appliance.api.reports import Report
from appliance.api.values import uuid7
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
SHORTER = {"demand": 7}
"""Days of reports that are asked for less than a month."""

OWN = "my_figures"
"""The report that only tells of who asks."""

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


_MANAGER = """
SELECT login FROM users
WHERE EXISTS (SELECT 1 FROM json_each(body, '$.roles') AS role WHERE role.value = 'manager')
ORDER BY (SELECT count(*) FROM users AS other WHERE other.org_id = users.org_id) DESC, login LIMIT 1
"""
_AGENT = """
SELECT users.login FROM routes JOIN users ON users.id = routes.owner_user_id
ORDER BY users.login LIMIT 1
"""


def caller(box: Box, found_by: str) -> Caller:
    """Give the user whose login a query finds a device; return it as a caller."""

    def job(tx: WriteTransaction) -> Caller:
        ((login,),) = tx.db.select_guarded(found_by, (), MOST_S)
        book = IdentityBook(tx.db)
        user = book.user(login)
        assert user is not None
        device = Device(
            id=uuid7(tx.now_ms),
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
    box: Box, report: Report, whose: Caller | None, repeats: int
) -> tuple[list[float], list[tuple[Any, ...]]]:
    """Return the CPU seconds of each run on its reader's thread, and the rows of the last."""
    first = max(FIRST, LAST - timedelta(days=SHORTER.get(report.name, DAYS) - 1))
    span = {"since": first.isoformat(), "until": LAST.isoformat()}
    known = {parameter.name for parameter in report.parameters}
    values = parameter_values(report, {n: v for n, v in span.items() if n in known})

    def read(connection: Connection) -> tuple[float, list[tuple[Any, ...]]]:
        began = time.thread_time()
        rows = run_report(connection, report, values, whose, timeout_s=MOST_S)
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
        everybody: list[tuple[str, Caller | None]] = [("", None)]
        everybody.append((", a manager's", caller(box, _MANAGER)))
        alone: list[tuple[str, Caller | None]] = [(", an agent's", caller(box, _AGENT))]
        for name, (report, _owner) in reports_of(box.plugins.host).items():
            for whose, who in alone if name == OWN else everybody:
                seconds, rows = timed(box, report, who, run.repeats)
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
