from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from appliance.cli.config import config
from appliance.config import schema


def run(
    *arguments: str, config_path: Path | None = None, env: dict[str, str] | None = None
) -> Result:
    obj = SimpleNamespace(config_path=config_path)
    variables = {"FIELDBOX_CONFIG": None, **(env or {})}
    return CliRunner().invoke(config, arguments, obj=obj, env=variables)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "appliance.toml"
    path.write_text(
        'state_dir = "var"\nhttp.listen = "127.0.0.1:0"\n'
        '[plugins.master_data]\ndefault_price_list = "A"\n',
        encoding="utf-8",
    )
    return path


def test_a_good_configuration_is_summed_up(good: Path) -> None:
    (good.parent / "conf.d").mkdir()
    (good.parent / "conf.d/10-port.toml").write_text(
        '[http]\nlisten = "0.0.0.0:1234"\n', encoding="utf-8"
    )
    result = run("check", str(good))
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == f"{good}: good"
    assert f"  state_dir    {good.parent}/var" in lines
    assert "  listen       0.0.0.0:1234" in lines
    assert "  drop-ins     10-port.toml" in lines
    assert "  plugins      settings of master_data" in lines


def test_a_bad_one_is_told_on_stderr_with_2(good: Path) -> None:
    good.write_text("nam = 1\n[sync]\nreaders = 1\n", encoding="utf-8")
    result = run("check", str(good))
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines[:-1]] == ["state_dir", "nam", "sync.readers"]
    assert lines[-1] == "3 problems"


def test_what_only_plugins_know_is_checked_too(good: Path) -> None:
    good.write_text(
        'state_dir = "var"\n[roles.agnet]\nread = ["outlts"]\n[plugins.preselling]\nx = 1\n'
    )
    result = run("check", str(good))
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"{good}:2: roles.agnet: no such role (allowed: accounting, ")
    assert lines[0].endswith('did you mean "agent"? a new role needs a title)')
    assert lines[1].startswith(f'{good}:3: roles.agnet.read: there is no collection "outlts"')
    assert lines[1].endswith('did you mean "outlets"?)')
    assert lines[2].startswith(f"{good}:5: plugins.preselling.x: unknown key")
    assert not (good.parent / "var").exists()


def test_the_file_may_come_from_the_option_or_the_environment(good: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    assert run("check", config_path=good, env={"FIELDBOX_CONFIG": str(other)}).exit_code == 0
    assert run("check", env={"FIELDBOX_CONFIG": str(good)}).exit_code == 0
    result = run("check", env={"FIELDBOX_CONFIG": str(other)})
    assert result.exit_code == 2
    assert result.stderr == f"{other}: cannot be read: No such file or directory\n1 problem\n"


def test_the_argument_wins_over_the_option(good: Path, tmp_path: Path) -> None:
    assert run("check", str(good), config_path=tmp_path / "other.toml").exit_code == 0


def test_secrets_of_the_environment_are_checked_and_not_shown(good: Path) -> None:
    result = run("check", str(good), env={"FIELDBOX_TLS_PRIVATE_KEY_PASSWORD": "s3cret"})
    assert result.exit_code == 2
    assert "tls.private_key_password" in result.stderr
    assert "s3cret" not in result.stderr


def test_the_schema_is_printed_as_json() -> None:
    result = run("schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == schema()
