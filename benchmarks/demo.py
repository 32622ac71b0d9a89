"""The demo company: what it takes to make the mid one, and to find out who sees what in it.

The same records are stored by the path of single records, and grants are computed for a sales
agent of some 300 outlets, as after each change of routes or customers.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson

from appliance.api.mutations import Write
from appliance.enrollment.identity import Device
from appliance.store.box import Box
from appliance.store.bulk import MANY, prepare, store_many
from appliance.store.connection import Connection
from appliance.store.identities import Enrolled, IdentityBook
from appliance.store.transaction import WriteTransaction
from appliance.sync.writes import store_write
from appliance_master_data.demo.company import Company
from appliance_master_data.demo.plan import Plan
from benchmarks.box import BenchBox
from benchmarks.process import ROOT
from benchmarks.result import Row, Run, median, spread

MOST_S = 1_200.0
DAY = "2026-11-25"


def made(box: BenchBox) -> tuple[dict[str, Any], float]:
    """Run ``fieldbox demo --size mid`` on a closed box; return what it says and its CPU seconds."""
    command = [sys.executable, "-m", "benchmarks.demo_command", str(box.config), DAY]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=MOST_S)
    if done.returncode != 0:
        raise RuntimeError(f"the demo failed: {done.stderr[-500:]}")
    *printed, cpu = done.stdout.rstrip().rsplit("\n", 1)
    return orjson.loads("\n".join(printed)), float(cpu)


def history(count: int) -> list[Write]:
    """Return so many records of sales history: most of what a company holds."""
    company = Company(Plan("mid", 1, datetime.fromisoformat(DAY).replace(tzinfo=UTC).date()))
    chapter = next(one for one in company.chapters if one.name == "history")
    every = (write for outlet in range(chapter.units) for write in chapter.make(outlet))
    return list(islice(every, count))


def one_by_one(box: Box, writes: Sequence[Write]) -> None:
    """Store records singly, as many in a commit as in bulk."""
    for at in range(0, len(writes), MANY):

        def job(tx: WriteTransaction, part: Sequence[Write] = writes[at : at + MANY]) -> None:
            for write in part:
                store_write(tx, box.plugins.registry, write)

        box.store.write(job)


def in_bulk(box: Box, writes: Sequence[Write]) -> None:
    """Store records many at a time, the next ones prepared meanwhile."""
    pending = None
    for at in range(0, len(writes), MANY):
        ready = [prepare(box.plugins.registry, write) for write in writes[at : at + MANY]]
        if pending is not None:
            pending.wait()
        pending = box.store.begin(lambda tx, part=ready: store_many(tx, part))  # type: ignore[misc]
    if pending is not None:
        pending.wait()


def stored(
    box: Box, store: Callable[[Box, Sequence[Write]], None], writes: Sequence[Write]
) -> tuple[float, float]:
    """Store records; return microseconds of CPU a row, and rows a second."""
    cpu, began = time.process_time(), time.monotonic()
    store(box, writes)
    seconds = time.monotonic() - began
    return (time.process_time() - cpu) / len(writes) * 1e6, len(writes) / seconds


def agent_of_many(box: Box) -> Enrolled:
    """Give an agent a second route, so that he has some 300 outlets, and a device."""

    def job(tx: WriteTransaction) -> Enrolled:
        book = IdentityBook(tx.db)
        anna = book.user("anna")
        assert anna is not None
        ((route, body),) = tx.db.rows("SELECT id, body FROM routes WHERE code = 'NN-R02'")
        row = orjson.loads(body) | {"owner_user_id": anna.id}
        write = Write(collection="routes", id=route, row=row)
        store_write(tx, box.plugins.registry, write)
        device = Device(
            id="01900000-0000-7000-8000-000000000001",
            user_id=anna.id,
            roles=anna.roles,
            name="bench",
            platform="benchmark",
            app_version="1",
            kind="native",
            enrolled_at_ms=tx.now_ms,
        )
        book.add_device(device)
        found = book.enrolled(device.id)
        assert found is not None
        return found

    return box.store.write(job)


def grants(box: Box, enrolled: Enrolled, repeats: int) -> tuple[list[float], int]:
    """Return milliseconds of each computing of a device's buckets, and its outlets."""

    def read(connection: Connection) -> tuple[list[float], int]:
        hooks = box.reading_hooks(connection)
        found = []
        for _ in range(repeats):
            began = time.thread_time()
            named = hooks.device_buckets(enrolled)
            found.append((time.thread_time() - began) * 1e3)
        assert named.complete
        return found, sum(bucket.startswith("outlet:") for bucket in named.buckets)

    return box.store.fetch(read)


def measure(run: Run) -> Sequence[Row]:
    """Measure the command, both ways to store, and the grants."""
    bench = BenchBox(run.folder / "mid")
    said, cpu = made(bench)
    records = sum(fates["created"] for fates in said["records"].values())
    box = bench.open()
    try:
        times, outlets = grants(box, agent_of_many(box), run.size(50, 20))
    finally:
        box.close()
    writes = history(run.size(100_000, 20_000))
    costs: dict[str, list[tuple[float, float]]] = {"bulk": [], "single": []}
    for turn in range(run.repeats):
        for name, store in (("bulk", in_bulk), ("single", one_by_one)):
            box = BenchBox(run.folder / f"{name}-{turn}").open()
            try:
                costs[name].append(stored(box, store, writes))
            finally:
                box.close()
    bulk, single = ([cost for cost, _ in costs[name]] for name in ("bulk", "single"))
    rates = {name: median([rate for _, rate in found]) for name, found in costs.items()}
    return [
        Row(
            "demo --size mid, end to end",
            said["seconds"],
            "s",
            goal=20.0,
            note=f"{records:,} records, {cpu:.1f} s of CPU",
        ),
        Row("demo --size mid: CPU", cpu, "s", goal=20.0),
        Row("demo --size mid", records / said["seconds"], "rows/s"),
        Row(
            f"{len(writes):,} new records in bulk",
            median(bulk),
            "us CPU a row",
            "one by one",
            median(single),
            spread=spread(bulk),
        ),
        Row(
            "new records in bulk",
            rates["bulk"],
            "rows/s",
            "one by one",
            rates["single"],
            better="high",
        ),
        Row(
            f"grants of a device with {outlets} outlets",
            median(times),
            "ms CPU",
            goal=5.0,
            spread=spread(times),
        ),
    ]
