"""Reps live a day against a real daemon with the demo company, over links that break."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from appliance.testing.daemon_process import COMMAND, DaemonProcess


def simulate(daemon: DaemonProcess, *options: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        (*COMMAND, "--config", str(daemon.config), "simulate", "--json", *options),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
def test_a_day_of_three_reps_is_on_the_appliance_once_and_judged_as_it_must_be(
    tmp_path: Path,
) -> None:
    with DaemonProcess(tmp_path) as daemon:
        daemon.command("demo", "--yes")
        code, told = simulate(daemon, "--devices", "3", "--mistakes", "60")
        again, second = simulate(daemon, "--devices", "6", "--mistakes", "60", "--seed", "2")
        records = daemon.ask("status")["store"]["records"]
        jobs = daemon.ask("printer", "jobs", "--all")
        papers = list((tmp_path / "state" / "paper").glob("*.png"))
    assert told["slips"] + second["slips"] == len(jobs) == len(papers) > 0
    assert {job["state"] for job in jobs} == {"completed"}
    assert (code, told["unexpected_documents"], told["failures"]) == (0, [], [])
    assert (again, second["unexpected_documents"], second["failures"]) == (0, [], [])
    assert told["passed"] and told["cuts"] > 0 and told["retries"] > 0
    assert told["lost"] == told["duplicated"] == told["unequal"] == told["untold"] == 0
    for name in ("orders", "visits", "attachments", "gps_points"):
        both = [one["verdicts"].get(name, {}) for one in (told, second)]
        assert both[0]["made"] > 0
        assert sum(one.get("once", 0) for one in both) == records[name]
        assert all(one.get("once") == one.get("due") for one in both)
    mistakes = {
        kind for one in (told, second) for r in one["reasons"].values() for kind in r["mistakes"]
    }
    assert len(mistakes) >= 5
    for one in (told, second):
        for reason in one["reasons"].values():
            assert reason["expected"] in (0, reason["seen"]) and reason["sample"]


@pytest.mark.slow
def test_an_appliance_that_lets_mistakes_pass_is_told(tmp_path: Path) -> None:
    lax = "[plugins.preselling]\ncheck_stock = false\ncheck_prices = false\ncheck_credit = false\n"
    with DaemonProcess(tmp_path, lax) as daemon:
        daemon.command("demo", "--yes")
        code, told = simulate(daemon, "--devices", "3", "--mistakes", "100", "--no-cuts")
    assert code == 1 and not told["passed"]
    passed = [one["why"] for one in told["unexpected_documents"]]
    assert told["unexpected"] == len(passed) > 0
    assert any("mistake (" in why and "came back accepted" in why for why in passed)
    assert not any(why.startswith("honest") for why in passed)


@pytest.mark.slow
def test_honest_work_passes_where_there_are_no_orders(tmp_path: Path) -> None:
    """Without `preselling` reps visit and order nothing."""
    with DaemonProcess(tmp_path, '[plugins]\nenabled = ["master_data"]\n') as daemon:
        daemon.command("demo", "--yes")
        code, told = simulate(daemon, "--devices", "3", "--mistakes", "0")
    assert (code, told["unexpected_documents"], told["failures"]) == (0, [], [])
    assert "orders" not in told["collections"] and told["collections"]["visits"] == told["visits"]
