"""A box belongs to one user: root leaves no files in it that would lock its owner out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from appliance.cli.main import root

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can give a folder to somebody else"
)

OWNER = 65534
CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:0"
metrics_listen = "127.0.0.1:0"
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody can come to, with a configuration of root's."""
    with tempfile.TemporaryDirectory(prefix="fieldbox-owner-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "appliance.toml").write_text(CONFIG, encoding="utf-8")
        (folder / "appliance.toml").chmod(0o644)
        yield folder


@pytest.fixture
def state(place: Path) -> Path:
    """A state directory of somebody else."""
    made = place / "state"
    made.mkdir(mode=0o700)
    os.chown(made, OWNER, OWNER)
    return made


def fieldbox(
    place: Path, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance.cli", *arguments],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


COMMANDS = (
    ("run",),
    ("status", "--json"),
    ("user", "add", "anna", "--role", "agent", "--name", "Anna Petrova"),
    ("mutation", "retry", "--all"),
    ("demo", "run", "--state", "."),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_root_is_told_the_line_to_type_and_leaves_nothing(
    place: Path, state: Path, command: tuple[str, ...]
) -> None:
    done = fieldbox(place, *command)
    assert (done.returncode, done.stdout) == (1, "")
    line = done.stderr.splitlines()[-1].strip()
    assert line == f"sudo -u {shlex.quote(name_of(OWNER))} fieldbox {shlex.join(command)}"
    assert list(state.iterdir()) == []


def test_the_line_names_the_configuration_that_the_environment_named(
    place: Path, state: Path
) -> None:
    config = place / "appliance.toml"
    done = fieldbox(place, "status", env={"FIELDBOX_CONFIG": str(config)})
    assert done.stderr.rstrip().endswith(f"fieldbox --config {config} status")
    given = fieldbox(place, "--config", "appliance.toml", "status")
    assert given.stderr.rstrip().endswith("fieldbox --config appliance.toml status")


def test_a_user_that_the_system_does_not_know_is_named_by_number(place: Path, state: Path) -> None:
    os.chown(state, 47_110, 47_110)
    done = fieldbox(place, "run")
    assert "sudo -u '#47110' fieldbox run" in done.stderr


def test_root_makes_no_box_in_somebody_elses_folder(place: Path) -> None:
    os.chown(place, OWNER, OWNER)
    for command in (("run",), ("status",), ("demo", "run", "--state", "demo")):
        done = fieldbox(place, *command)
        assert done.returncode == 1
        assert "sudo -u" in done.stderr
    assert [path.name for path in place.iterdir()] == ["appliance.toml"]


@pytest.fixture
def owner(place: Path, tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Runs a command in this process as the owner of the box."""
    (tmp_path / "appliance.toml").write_text(CONFIG, encoding="utf-8")
    # Read in all modules before: the owner may have no way to where Python is.
    CliRunner().invoke(root, ["--config", str(tmp_path / "appliance.toml"), "status"])

    def run(*arguments: str) -> Result:
        os.seteuid(OWNER)
        try:
            return CliRunner().invoke(root, ["--config", str(place / "appliance.toml"), *arguments])
        finally:
            os.seteuid(0)

    yield run


def test_the_owner_is_not_in_the_way(state: Path, owner: Callable[..., Result]) -> None:
    """The configuration may be anybody's; what the owner makes is the owner's."""
    done = owner("user", "add", "anna", "--role", "agent")
    assert (done.exit_code, done.stderr) == (0, "")
    assert {path.stat().st_uid for path in state.rglob("*")} == {OWNER}


@pytest.mark.parametrize("left", ["fieldbox.db", "keys", "keys/ca.key"])
def test_files_that_root_left_are_named_with_what_gives_them_back(
    state: Path, owner: Callable[..., Result], left: str
) -> None:
    assert owner("user", "list").exit_code == 0
    os.chown(state / left, 0, 0)
    done = owner("status")
    assert done.exit_code == 1
    assert f"{state / left} belongs to root" in done.stderr or left == "keys/ca.key"
    assert "internal error" not in done.stderr
    match = re.search(r"^  sudo (chown -R .+)$", done.stderr, re.MULTILINE)
    assert match, done.stderr
    subprocess.run(shlex.split(match[1]), check=True)
    assert owner("status").exit_code == 0
