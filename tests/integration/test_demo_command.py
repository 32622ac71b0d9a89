"""`fieldbox demo` as it is typed: into a new box, into one that is there, beside a daemon."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from appliance.testing.daemon_process import COMMAND, DaemonProcess
from appliance.testing.device import Device

pytestmark = pytest.mark.slow  # real daemons, lines and waits

DAY = "2026-11-25"


def typed(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*COMMAND, *arguments), capture_output=True, text=True, check=False, cwd=folder
    )


def made(*arguments: str, folder: Path) -> dict[str, Any]:
    done = typed(*arguments, "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_where_there_is_no_configuration_it_makes_a_box(tmp_path: Path) -> None:
    done = typed("demo", "--day", DAY, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "var/appliance.toml").exists()
    assert "Made a small company, seed 1," in done.stdout
    assert "2,755 records." in done.stdout
    assert "120  products" in done.stdout
    assert "anna      Анна Крылова      agent" in done.stdout
    again = made("demo", "--state", "var", "--day", DAY, folder=tmp_path)
    assert again["text"] == "The demo company is there already; nothing was changed."
    assert (again["records"], len(again["people"])) == ({}, 13)


def test_the_same_is_made_twice_and_another_day_changes_some(tmp_path: Path) -> None:
    first = made("demo", "--state", "a", "--day", DAY, folder=tmp_path)
    assert first["records"]["sales_history"] == {"created": 1_200, "changed": 0, "unchanged": 0}
    same = made("demo", "--state", "a", "--day", DAY, "--yes", folder=tmp_path)
    assert {n["created"] + n["changed"] for n in same["records"].values()} == {0}
    later = made("demo", "--state", "a", "--day", "2026-12-01", "--yes", folder=tmp_path)
    assert later["records"]["sales_history"]["changed"] == 1_200
    assert later["records"]["products"]["changed"] == 0
    assert {n["created"] for n in later["records"].values()} == {0}


def test_beside_a_daemon_and_data_it_asks_first(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path) as box:
        device = Device(tmp_path / "device.db")
        device.enroll(box.invite("anna", "agent")["url"], name="phone")
        device.sync()
        config = str(box.config)
        first = made("--config", config, "demo", "--day", DAY, folder=tmp_path)
        # The login belongs to somebody else.
        assert first["people"][0]["login"] == "anna.2"
        device.sync()
        assert len(list(device.rows("products"))) == 120
        assert list(device.rows("outlets")) == []
        device.close()
        refused = typed("--config", config, "demo", "--seed", "2", folder=tmp_path)
        assert refused.returncode == 1
        assert "holds data already (org_units, " in refused.stderr
        assert "--yes" in refused.stderr
        assert "Traceback" not in refused.stderr
        second = made("--config", config, "demo", "--seed", "2", "--yes", folder=tmp_path)
        assert second["records"]["outlets"] == {"created": 45, "changed": 0, "unchanged": 0}
        assert second["people"][1]["login"] == "boris.2"


def test_what_ctrl_c_cut_short_the_same_command_makes_whole(tmp_path: Path) -> None:
    arguments = ("demo", "--size", "mid", "--state", "var", "--day", DAY)
    with subprocess.Popen(
        (*COMMAND, *arguments),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, their children would not hear of it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        config = tmp_path / "var/appliance.toml"
        store = tmp_path / "var/state/fieldbox.db"
        while not (store.exists() and store.stat().st_size > 20_000_000):
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        assert process.returncode == 1
        assert "stopped; what is made stays" in errors
    rest = made(*arguments, folder=tmp_path)
    history = rest["records"]["sales_history"]
    assert history["created"] + history["unchanged"] == 400_000
    assert rest["records"]["products"]["unchanged"] == 3_000
    verified = typed("--config", str(config), "audit", "verify", folder=tmp_path)
    assert "all as they were written" in verified.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("demo", "--size", "huge"), "'small', 'mid', 'big'"),
        (("demo", "--seed", "-1"), "--seed"),
        (("demo", "--day", "today"), "no day YYYY-MM-DD"),
        (("demo", "--size", "mid", "run"), "--size goes after run"),
        (("demo", "walk"), "No such command 'walk'"),
    ],
)
def test_slips_are_told_and_leave_nothing(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = typed(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_day_that_there_is_not_leaves_no_people_behind(tmp_path: Path) -> None:
    done = typed("demo", "--day", "2026-02-30", "--state", "var", folder=tmp_path)
    assert done.returncode == 1
    assert "no day" in done.stderr
    config = str(tmp_path / "var/appliance.toml")
    assert "no users yet" in typed("--config", config, "user", "list", folder=tmp_path).stdout
