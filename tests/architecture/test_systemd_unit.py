"""What systemd itself says of the unit and its companions."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.daemon.power_switch import FLAG

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNIT = "fieldbox.service"
EXPOSURE = "20"
"""Tenths: systemd's exposure level may be 2.0 at most."""

needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (systemd)"
)
needs_sysusers = pytest.mark.skipif(
    shutil.which("systemd-sysusers") is None or os.geteuid() != 0,
    reason="needs systemd-sysusers and systemd-tmpfiles, and root to give files away",
)


def machine(folder: Path, unit: str) -> Path:
    """Lay out a file system with a unit, what it starts, and the targets it refers to."""
    units = folder / "etc/systemd/system"
    units.mkdir(parents=True)
    (units / UNIT).write_text(unit)
    for name in ("sysinit", "basic", "network", "shutdown", "multi-user"):
        (units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\n")
    program = folder / "opt/fieldbox/bin/fieldbox"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return folder


def run(*command: str) -> tuple[int, str]:
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_COLORS": "0"},
    )
    return done.returncode, done.stdout


def verified(folder: Path) -> str:
    # It exits with 0 after a key it does not know, so what it prints is what counts.
    return run("systemd-analyze", "verify", f"--root={folder}", f"/etc/systemd/system/{UNIT}")[1]


def exposed(folder: Path) -> tuple[int, str]:
    return run(
        "systemd-analyze",
        "security",
        "--offline=true",
        "--no-pager",
        f"--root={folder}",
        f"--threshold={EXPOSURE}",
        UNIT,
    )


@needs_analyze
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    text = (SYSTEMD / UNIT).read_text()
    assert verified(machine(tmp_path / "whole", text)) == ""
    typo = text.replace("ProtectHome=", "ProtectHouse=")
    assert "ProtectHouse" in verified(machine(tmp_path / "typo", typo))


@needs_analyze
def test_the_unit_is_exposed_little(tmp_path: Path) -> None:
    text = (SYSTEMD / UNIT).read_text()
    code, table = exposed(machine(tmp_path / "whole", text))
    assert code == 0, table
    loose = re.sub(r"(?m)^(Protect|Restrict|SystemCall|CapabilityBounding).*\n", "", text)
    assert exposed(machine(tmp_path / "loose", loose))[0] != 0


def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(
        strict=False, delimiters=("=",), interpolation=None, comment_prefixes=("#",)
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(SYSTEMD / UNIT)
    return parser["Service"]


def test_the_unit_starts_the_daemon_as_it_wants_to_be_started() -> None:
    keys = service()
    assert keys["Type"] == "notify"
    assert int(keys["WatchdogSec"]) > 30, "a writer is called stuck after 30 s; see the daemon"
    assert keys["RestartPreventExitStatus"] == "2", "what `fieldbox run` ends with on its config"
    assert keys["ExecStart"].split()[1:] == ["--config", "/etc/fieldbox/appliance.toml", "run"]
    assert f"/var/lib/{keys['StateDirectory']}" == keys["WorkingDirectory"]
    assert keys["StateDirectoryMode"] == "0700"


def test_the_power_off_units_watch_where_the_daemon_asks() -> None:
    path = (SYSTEMD / "fieldbox-power-off.path").read_text()
    folder = service()["RuntimeDirectory"]
    assert f"PathExists=/run/{folder}/{FLAG}\n" in path
    assert "Unit=fieldbox-power-off.service\n" in path


@needs_analyze
def test_systemd_finds_nothing_wrong_with_the_power_off_units(tmp_path: Path) -> None:
    units = machine(tmp_path, (SYSTEMD / UNIT).read_text()) / "etc/systemd/system"
    for name in ("fieldbox-power-off.path", "fieldbox-power-off.service"):
        (units / name).write_text((SYSTEMD / name).read_text())
    for name in ("paths", "shutdown"):
        (units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\n")
    systemctl = tmp_path / "usr/bin/systemctl"
    systemctl.parent.mkdir(parents=True)
    systemctl.write_text("#!/bin/sh\n")
    systemctl.chmod(0o755)
    said = run(
        "systemd-analyze",
        "verify",
        f"--root={tmp_path}",
        "/etc/systemd/system/fieldbox-power-off.path",
    )[1]
    assert said == ""


def test_openssl_may_make_its_callbacks() -> None:
    # cffi answers ffi.callback() with MemoryError where this is set, and pyOpenSSL's set_verify
    # needs one: the daemon would not come up.
    assert service().get("MemoryDenyWriteExecute", "no") == "no"


@needs_sysusers
def test_user_and_folders_are_made_for_the_daemon_alone(tmp_path: Path) -> None:
    (tmp_path / "etc/fieldbox").mkdir(parents=True)
    (tmp_path / "etc/fieldbox/appliance.toml").touch(0o644)
    code, text = run(
        "systemd-sysusers", f"--root={tmp_path}", str(SYSTEMD / "fieldbox.sysusers.conf")
    )
    assert code == 0, text
    name, _, uid, gid, _, home, shell = (tmp_path / "etc/passwd").read_text().strip().split(":")
    assert (name, home, shell) == ("fieldbox", "/var/lib/fieldbox", "/usr/sbin/nologin")
    assert name == service()["User"]
    code, text = run(
        "systemd-tmpfiles",
        "--create",
        f"--root={tmp_path}",
        str(SYSTEMD / "fieldbox.tmpfiles.conf"),
    )
    assert code == 0, text
    state = (tmp_path / "var/lib/fieldbox").stat()
    assert (state.st_mode & 0o777, state.st_uid, state.st_gid) == (0o700, int(uid), int(gid))
    config = (tmp_path / "etc/fieldbox/appliance.toml").stat()
    assert (config.st_mode & 0o777, config.st_uid, config.st_gid) == (0o640, 0, int(gid))
