"""The example file and docs/configuration.md say what the settings are."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import UNSET

from appliance.api.fields import FIELD_TYPES
from appliance.cli.config import config
from appliance.config import Settings, load_texts
from appliance.config.forms import SIMPLE_TYPES
from appliance.config.keys import Key, Named, Rest, Section, every_key, keys_of
from appliance.config.overrides import secret_variables

ROOT = Path(__file__).parents[3]
EXAMPLE = (ROOT / "config/appliance.example.toml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")

# In the example, settings behind a "#" have no space after it, and prose has one.
UNCOMMENTED = re.sub(r"(?m)^#(?=[\[a-z])", "", EXAMPLE)

FREE_NAMES = {
    "collections": "shelf_labels",
    "fields": "printed_on",
    "roles": "auditor",
    "registers": "voltage",
}
"""The names that the example gives to tables that have none of their own."""

KEYS = {".".join(path): (path, key) for path, key in every_key(Settings)}


def in_example(path: tuple[str, ...]) -> Any:
    value: Any = tomllib.loads(UNCOMMENTED)
    if path[0] == "printers":  # a printer for each transport, as their keys do not mix
        return next(table[path[2]] for table in value["printers"].values() if path[2] in table)
    for before, part in zip(("", *path), path, strict=False):
        value = value[FREE_NAMES[before] if part == "NAME" else part]
    return value


def documented() -> dict[tuple[str, ...], dict[str, str]]:
    """The rows of the key tables, by path."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    table: tuple[str, ...] = ()
    in_keys = False
    for line in PAGE.splitlines():
        if line.startswith("#"):
            header = re.search(r"`\[(.+)\]`", line)
            table = tuple(header[1].replace("FIELD", "NAME").split(".")) if header else ()
        elif line == "| Key | Allowed | Default | Meaning |":
            in_keys = True
        elif not line.startswith("|"):
            in_keys = False
        elif in_keys and not line.startswith("|---"):
            name, allowed, default, meaning = (c.strip() for c in line.strip("|").split(" | "))
            path = (*table, name.strip("`"))
            assert path not in rows, path
            rows[path] = {"allowed": allowed, "default": default, "meaning": meaning}
    return rows


def test_the_example_loads_and_says_nothing_but_defaults() -> None:
    given = load_texts([("example", EXAMPLE)], Path("/"), {})
    bare = load_texts([("bare", 'state_dir = "/var/lib/fieldbox"')], Path("/"), {})
    assert given == bare


def test_the_example_loads_with_every_key_taken_in() -> None:
    settings = load_texts([("example", UNCOMMENTED)], Path("/"), {})
    assert list(settings.collections) == ["shelf_labels"]


@pytest.mark.parametrize("name", KEYS)
def test_every_key_is_in_the_example_with_its_default(name: str) -> None:
    path, key = KEYS[name]
    value = in_example(path)
    if key.plain_default is not UNSET:
        assert value == key.plain_default


@pytest.mark.parametrize("name", KEYS)
def test_every_key_of_the_example_has_a_sentence_above_it(name: str) -> None:
    path, _ = KEYS[name]
    above = re.search(rf"(?m)^# .*\n#?{path[-1]} = ", EXAMPLE)
    assert above is not None


@pytest.mark.parametrize("name", KEYS)
def test_every_key_is_documented_with_its_default_and_what_is_allowed(name: str) -> None:
    path, key = KEYS[name]
    row = documented()[path]
    assert row["default"] == default_cell(key)
    assert not isinstance(key.kind, Section | Named | Rest)
    assert row["allowed"] == key.kind.allowed
    assert row["meaning"].endswith(".")


def default_cell(key: Key) -> str:
    if key.required:
        return "required"
    return key.unset or f"`{json.dumps(key.plain_default, ensure_ascii=False)}`"


def test_nothing_else_is_documented() -> None:
    tables = {("collections", "NAME", "fields")}
    assert set(documented()) == {path for path, _ in KEYS.values()} | tables


def test_every_section_is_documented() -> None:
    for key in keys_of(Settings):
        if isinstance(key.kind, Named):
            assert f"### `[{key.name}.NAME]`" in PAGE
    assert "### `[plugins.NAME]`" in PAGE


def test_the_field_types_are_documented() -> None:
    for name in SIMPLE_TYPES:
        assert f"| `{name}` | {FIELD_TYPES[name]} |" in PAGE


def test_the_secret_variables_are_documented() -> None:
    for variable, path in secret_variables().items():
        assert f"| `{variable}` | `{'.'.join(path)}` |" in PAGE


def test_the_mistakes_on_the_page_are_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = re.search(r"```toml\n([^`]*)```\n\ngives\n\n```console\n\$ (.*)\n([^`]*)```", PAGE)
    assert shown is not None
    text, command, output = shown.groups()
    monkeypatch.chdir(tmp_path)
    Path("appliance.toml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(config, command.split()[2:])
    assert result.exit_code == 2
    assert result.stderr == output


def test_the_other_toml_on_the_page_loads() -> None:
    blocks = re.findall(r"```toml\n([^`]*)```", PAGE)
    loaded = 0
    for block in blocks:
        if "state_dirr" not in block:
            text = block if "state_dir" in block else f'state_dir = "d"\n{block}'
            load_texts([("page", text)], Path("/"), {})
            loaded += 1
    assert loaded == 5
