from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from appliance import __version__
from appliance.cli import main
from appliance.cli.invocation import Invocation
from appliance.cli.main import COMMANDS, root


def run(*arguments: str, **options: Any) -> Any:
    return CliRunner().invoke(root, arguments, **options)


def test_help_shows_every_command_and_reads_none_of_their_modules() -> None:
    script = (
        "import sys\nfrom appliance.cli.main import root\n"
        "try: root(['--help'])\nexcept SystemExit as end: assert not end.code\n"
        "heavy = {'apsw', 'twisted', 'cryptography', 'rich', 'msgspec', 'structlog', 'pluggy'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)),"
        " sorted(m for m in sys.modules if m.startswith('appliance.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    text, loaded = done.stdout.split("LOADED")
    for name, entry in COMMANDS.items():
        assert f"  {name} " in text
        assert entry.help in text
    assert loaded.split("]")[0] == " ["
    assert "appliance.store" not in loaded
    assert "Exit codes: 0 done, 1 failed, 2 wrong use or config." in text


def test_the_version_is_told() -> None:
    assert run("--version").output == f"fieldbox, version {__version__}\n"


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_can_be_loaded_and_has_help(name: str, fieldbox: Any) -> None:
    said = fieldbox(name, "--help")
    assert said.code == 0, said
    assert said.output.startswith("Usage:")


def test_an_unknown_command_names_the_nearest() -> None:
    result = run("usr")
    assert result.exit_code == 2
    assert "Did you mean 'user'?" in result.stderr


def test_a_wrong_config_is_told_with_file_and_line_and_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "appliance.toml"
    path.write_text('state_dir = "s"\nnaem = "x"\n', encoding="utf-8")
    result = run("--config", str(path), "user", "list")
    assert result.exit_code == 2
    assert f"{path}:2: naem" in result.stderr
    assert result.stdout == ""
    missing = run("--config", str(tmp_path / "none.toml"), "status")
    assert missing.exit_code == 2
    assert "none.toml: cannot be read" in missing.stderr


def test_a_wrong_section_of_a_plugin_is_the_configs_fault(tmp_path: Path) -> None:
    path = tmp_path / "appliance.toml"
    path.write_text('state_dir = "s"\n[plugins.preselling]\nnonsense = 1\n', encoding="utf-8")
    result = run("--config", str(path), "user", "list")
    assert result.exit_code == 2
    assert "nonsense" in result.stderr


def test_an_unexpected_error_is_no_traceback(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(Invocation, "rows", fail)
    result = run("--config", str(config), "user", "list")
    assert result.exit_code == 1
    assert "internal error: ZeroDivisionError: inside" in result.stderr
    assert main.DEBUG in result.stderr
    assert "Traceback" not in result.stderr
    shown = run("--config", str(config), "user", "list", env={main.DEBUG: "1"})
    assert isinstance(shown.exception, ZeroDivisionError)


def test_a_state_folder_that_cannot_be_made_is_told(config: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    result = run("--config", str(config), "user", "list")
    assert result.exit_code == 1
    assert "state" in result.stderr
    assert "internal error" not in result.stderr


def test_a_reader_that_goes_away_is_no_error_of_ours(config: Path) -> None:
    command = f"{sys.executable} -m appliance.cli --config {config} import --kinds"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -c 1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""


def test_json_goes_to_standard_output_alone(fieldbox: Any) -> None:
    said = fieldbox("user", "add", "anna", "--role", "agent", "--json")
    assert (said.code, said.errors) == (0, "")
    assert json.loads(said.output)["login"] == "anna"
    refused = fieldbox("user", "add", "anna", "--role", "agent", "--json")
    assert (refused.code, refused.output) == (1, "")
    assert refused.errors == "Error: login 'anna' is taken\n"
