from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from appliance.cli import demo
from appliance.cli.demo_box import CONFIG_FILE, PEOPLE, ConfigStands, configured, populate
from appliance.cli.failure import Failure

INVITATION = {
    "url": "fieldbox://127.0.0.1:8443/enroll?code=Z1XQEEZBY8J3KSK92CEQ6XV4AC&ca=" + "A" * 43,
    "code": "Z1XQ-EEZB-Y8J3-KSK9",
    "ca_sha256": "A" * 43,
    "expires_at": 1_700_000_000_000,
}


def shown(width: int, config: str = "var/appliance.toml") -> str:
    return demo.text_of(INVITATION, Path(config), width=width)


def test_the_qr_code_is_drawn_where_it_fits_and_nowhere_else() -> None:
    wide = [line for line in shown(200).splitlines() if "\x1b[" in line]
    assert len(wide) > 20
    columns = len(wide[0].replace("\x1b[38;5;16;48;5;231m", "").replace("\x1b[0m", ""))
    assert "\x1b[" in shown(columns)
    for narrow in (columns - 1, 0):
        assert "\x1b[" not in shown(narrow)
        assert "▀" not in shown(narrow)


def test_the_code_is_drawn_without_colours_where_they_are_not_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in shown(200)
    assert "▀" in shown(200)


def test_a_newcomer_reads_what_to_do_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.sys, "argv", [".venv/bin/fieldbox", "demo", "run"])
    text = shown(0)
    assert INVITATION["url"] in text
    assert INVITATION["code"] in text
    assert " ".join(["0000"] * 8) in text
    assert time.strftime("%H:%M", time.localtime(1_700_000_000)) in text
    assert "\n  .venv/bin/fieldbox --config var/appliance.toml simulate --devices 3\n" in text


def test_lines_to_paste_survive_a_blank_in_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.sys, "argv", ["/opt/field box/fieldbox"])
    text = shown(0, "my var/appliance.toml")
    assert "\n  '/opt/field box/fieldbox' --config 'my var/appliance.toml' simulate" in text


def test_a_command_on_the_path_is_named_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.sys, "argv", ["/usr/bin/fieldbox"])
    monkeypatch.setattr(demo.shutil, "which", lambda name, path=None: f"/usr/bin/{name}")
    assert "\n  fieldbox --config var/appliance.toml simulate" in shown(0)


class ScriptedDoor:
    """Answers operations from a table and keeps what was asked."""

    def __init__(self, known: list[str], done: dict[str, Any] | Failure) -> None:
        self.known = known
        self.done = done
        self.asked: list[tuple[str, Any]] = []

    def ask(self, name: str, params: Any = None, _progress: Any = None) -> Any:
        self.asked.append((name, params))
        if name == "user.list":
            return {"rows": [{"login": login, "id": f"id-{login}"} for login in self.known]}
        if name == "user.add":
            return {"id": f"id-{params['login']}"}
        assert name == "command.run"
        if isinstance(self.done, Failure):
            raise self.done
        return self.done


MADE = {
    "failed": False,
    "text": "",
    "columns": ["collection", "records"],
    "rows": [["products", 60], ["outlets", 30], ["routes", 3]],
}


def test_only_people_who_are_missing_are_added() -> None:
    door = ScriptedDoor(["anna", "office"], MADE)
    assert "93 records" in populate(door)  # type: ignore[arg-type]
    assert [params["login"] for name, params in door.asked if name == "user.add"] == [
        "boris",
        "vera",
    ]
    options = door.asked[-1][1]["options"]
    assert options["users"] == "anna=id-anna,boris=id-boris,vera=id-vera"


def test_what_the_company_says_is_told() -> None:
    done = {"failed": True, "text": "this box holds data of its own", "columns": [], "rows": []}
    door = ScriptedDoor([person.login for person in PEOPLE], done)
    assert populate(door) == done["text"]  # type: ignore[arg-type]


def test_a_company_that_no_plugin_makes_is_a_failure() -> None:
    door = ScriptedDoor([], Failure("there is no command"))
    with pytest.raises(Failure, match="there is no command"):
        populate(door)  # type: ignore[arg-type]


def test_the_configuration_is_written_once(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    settings = configured(folder, None, {})
    assert str(settings.http.listen) == "127.0.0.1:8443"
    assert settings.state_dir == folder / "state"
    assert not settings.mdns.enabled
    assert [path.name for path in folder.iterdir()] == [CONFIG_FILE]
    written = (folder / CONFIG_FILE).read_text()
    assert configured(folder, "127.0.0.1:8443", {}) == settings
    with pytest.raises(ConfigStands, match=r"127\.0\.0\.1:8443"):
        configured(folder, "127.0.0.1:1", {})
    assert (folder / CONFIG_FILE).read_text() == written
