from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from appliance.cli import command_line, demo_texts
from appliance.cli.demo_box import CONFIG_FILE, ConfigStands, Wanted, configured, populate
from appliance.cli.failure import Failure

INVITATION = {
    "url": "fieldbox://127.0.0.1:8443/enroll?code=Z1XQEEZBY8J3KSK92CEQ6XV4AC&ca=" + "A" * 43,
    "code": "Z1XQ-EEZB-Y8J3-KSK9",
    "ca_sha256": "A" * 43,
    "expires_at": 1_700_000_000_000,
}


USERS = [
    {"login": "accounts", "name": "Зоя", "roles": ["accounting"]},
    {"login": "anna", "name": "Анна Крылова", "roles": ["agent"]},
    {"login": "lead", "name": "Иван Мухин", "roles": ["supervisor"]},
]


def shown(width: int, config: str = "var/appliance.toml") -> str:
    return demo_texts.welcome(INVITATION, Path(config), USERS, "anna", width=width)


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
    monkeypatch.setattr(command_line.sys, "argv", [".venv/bin/fieldbox", "demo", "run"])
    text = shown(0)
    assert INVITATION["url"] in text
    assert INVITATION["code"] in text
    assert " ".join(["0000"] * 8) in text
    assert time.strftime("%H:%M", time.localtime(1_700_000_000)) in text
    assert "\n  .venv/bin/fieldbox --config var/appliance.toml simulate --devices 3\n" in text
    assert "Enroll one device of Анна Крылова" in text
    assert "Users: anna (agent), lead (supervisor), accounts (accounting). " in text


def test_of_many_people_the_first_of_each_kind_are_named() -> None:
    many = [{"login": f"u{n}", "name": "N", "roles": ["agent"]} for n in range(90)]
    text = demo_texts.welcome(INVITATION, Path("var/appliance.toml"), many, "u1", width=0)
    assert "u7 (agent) and 82 more. " in text


def test_lines_to_paste_survive_a_blank_in_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line.sys, "argv", ["/opt/field box/fieldbox"])
    text = shown(0, "my var/appliance.toml")
    assert "\n  '/opt/field box/fieldbox' --config 'my var/appliance.toml' simulate" in text


def test_a_command_on_the_path_is_named_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line.sys, "argv", ["/usr/bin/fieldbox"])
    monkeypatch.setattr(command_line.shutil, "which", lambda name, path=None: f"/usr/bin/{name}")
    assert "\n  fieldbox --config var/appliance.toml simulate" in shown(0)


PEOPLE = [
    ["anna", "id-anna", "Анна Крылова", "agent", "org", "ru"],
    ["boris", "id-boris", "Борис Ершов", "agent", "org", "ru"],
    ["lead", "id-lead", "Иван Мухин", "supervisor", "org", "ru"],
]


class ScriptedDoor:
    """Answers operations from a table and keeps what was asked."""

    def __init__(self, known: list[str], people: dict[str, Any], made: Any = None) -> None:
        self.known = known
        self.answers = {"demo-people": people, "demo-company": made}
        self.asked: list[tuple[str, Any]] = []

    def ask(self, name: str, params: Any = None, progress: Any = None) -> Any:
        self.asked.append((name, params))
        if name == "user.list":
            return {"rows": [{"login": login, "id": f"id-{login}"} for login in self.known]}
        if name == "user.add":
            return params
        assert name == "command.run"
        answer = self.answers[params["command"]]
        if isinstance(answer, Failure):
            raise answer
        if progress is not None:
            progress({"done": 1, "total": 2})
        return answer


def done(**more: Any) -> dict[str, Any]:
    return {"failed": False, "text": "", "columns": [], "rows": [], "records": {}, **more}


MADE = done(records={"products": [60, 0, 0], "outlets": [0, 20, 10], "routes": [3, 0, 0]})


def test_only_people_who_are_missing_are_added() -> None:
    door = ScriptedDoor(["anna"], done(rows=PEOPLE), MADE)
    told: list[Any] = []
    made = populate(door, Wanted("mid", 7), told.append)  # type: ignore[arg-type]
    added = [params for name, params in door.asked if name == "user.add"]
    assert [(one["login"], one["id"], one["roles"]) for one in added] == [
        ("boris", "id-boris", ["agent"]),
        ("lead", "id-lead", ["supervisor"]),
    ]
    assert door.asked[-1][1]["options"] == {"size": "mid", "seed": "7"}
    assert (made.total, made.text) == (93, "")
    assert made.first("supervisor") == made.people[2]
    assert made.first("driver") is None
    assert "93 records" in demo_texts.made_in_short(made)
    assert told == [{"done": 1, "total": 2}]


def test_where_it_is_there_nobody_is_added() -> None:
    door = ScriptedDoor([], done(rows=PEOPLE, text="there already"))
    made = populate(door, Wanted())  # type: ignore[arg-type]
    assert demo_texts.made_in_short(made) == made.text == "there already"
    assert [name for name, _ in door.asked] == ["command.run"]
    assert len(made.people) == 3


def test_what_is_refused_adds_nobody() -> None:
    door = ScriptedDoor([], done(failed=True, text="this box holds data already"))
    with pytest.raises(Failure, match="holds data already"):
        populate(door, Wanted(beside=True, day="2026-01-01"))  # type: ignore[arg-type]
    assert [name for name, _ in door.asked] == ["command.run"]
    options = {"size": "small", "seed": "1", "day": "2026-01-01", "beside": "yes"}
    assert door.asked[0][1]["options"] == options


def test_a_company_that_no_plugin_makes_is_a_failure() -> None:
    door = ScriptedDoor([], Failure("there is no command"))  # type: ignore[arg-type]
    with pytest.raises(Failure, match="there is no command"):
        populate(door, Wanted())  # type: ignore[arg-type]


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
