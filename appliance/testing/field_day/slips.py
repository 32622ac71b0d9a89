"""Slips: copies of the day's orders, printed by the appliance."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from appliance.api.values import uuid7
from appliance.testing.device import Device
from appliance.testing.link import DeviceProblem

Persist = Callable[[Callable[[], Any]], Any]
"""Does a step again until it is done."""

KIND = "order_copy"
FINAL = frozenset({"completed", "held", "aborted", "canceled"})
WAIT_S = 30.0
"""How long a slip is waited for; a printer without paper may take as long as people do."""

_NOT_HERE = frozenset({403, 404})


def print_slips(
    device: Device,
    most: int,
    persist: Persist,
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], int],
) -> tuple[int, list[str]]:
    """Have copies of orders printed that the appliance took, and wait for them.

    Each is asked for twice under one id, as after a cut answer, and must be one job.

    Args:
        device: after its push.
        most: how many slips at most.
        persist: does a step again until it is done.
        sleep: waits some seconds.
        clock: UTC milliseconds.

    Returns:
        How many are on paper as far as the printer says, and what went otherwise.
    """
    if most <= 0 or not _prints(device, persist):
        return 0, []
    stored = [
        mutation.id
        for mutation in device.mutations()
        if mutation.collection == "orders"
        and mutation.answer is not None
        and mutation.answer.outcome in ("applied", "held")
    ]
    printed, notes = 0, []
    for record in stored[:most]:
        job_id = str(uuid7(clock()))
        try:
            ask = partial(device.print, job_id, KIND, record)
            numbers = {persist(ask)["number"] for _ in range(2)}
        except DeviceProblem as problem:
            if problem.status not in _NOT_HERE:
                raise
            notes.append(f"no slip: {problem.code}")
            continue
        if len(numbers) != 1:
            notes.append("a slip asked for twice became two jobs")
        job = _ended(device, job_id, persist, sleep)
        if job["state"] == "completed":
            printed += 1
        else:
            notes.append(f"a slip is {job['state']}: {job.get('detail', '')}")
    return printed, notes


def _prints(device: Device, persist: Persist) -> bool:
    """Tell whether the appliance has printers, and prints for this device."""
    try:
        return bool(persist(device.printers))
    except DeviceProblem as problem:
        if problem.status in _NOT_HERE:
            return False
        raise


def _ended(
    device: Device,
    job_id: str,
    persist: Persist,
    sleep: Callable[[float], None],
) -> Any:
    until = time.monotonic() + WAIT_S
    while True:
        job = persist(lambda: device.print_job(job_id))
        if job["state"] in FINAL or time.monotonic() > until:
            return job
        sleep(0.05)
