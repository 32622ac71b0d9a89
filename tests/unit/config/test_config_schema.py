from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from appliance.api.settings import Setting
from appliance.config import ConfigError, Settings, load_texts, schema
from appliance.config.keys import every_key

EXAMPLE = Path(__file__).parents[3] / "config/appliance.example.toml"

GOOD = """
state_dir = "d"
[http]
listen = "[::1]:0"
metrics_listen = ""
stall_timeout_s = 0.5e1
[tls]
extra_names = ["box.lan", "10.0.0.1"]
[plugins]
enabled = ["a"]
[plugins.a]
anything = [1, { x = 1979-05-27 }]
[printers.van]
[collections.c]
key = ["a"]
fields = { a = "ref:outlets!", b = { type = "text", required = true } }
[roles.r]
read = ["c"]
"""


def errors(value: Any, made: dict[str, Any] | None = None) -> list[str]:
    found = Draft202012Validator(made or schema()).iter_errors(value)
    return [".".join(str(part) for part in error.absolute_path) for error in found]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("text", [GOOD, 'state_dir = "d"', EXAMPLE.read_text(encoding="utf-8")])
def test_what_loads_is_valid(text: str) -> None:
    load_texts([("a.toml", text)], Path("/srv"), {})
    assert errors(tomllib.loads(text)) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", ""),
        ('state_dir = "d"\nnam = 1', ""),
        ('state_dir = "~/d"', "state_dir"),
        ('state_dir = "d"\n[http]\nlisten = ":1"', "http.listen"),
        ('state_dir = "d"\n[http]\nlisen = "0.0.0.0:1"', "http"),
        ('state_dir = "d"\n[sync]\nreaders = 9', "sync.readers"),
        ('state_dir = "d"\n[sync]\nreaders = "3"', "sync.readers"),
        ('state_dir = "d"\n[log]\nlevel = "warn"', "log.level"),
        ('state_dir = "d"\n[tls]\ncertificate = "c.pem"', "tls"),
        ('state_dir = "d"\n[plugins]\nsafe_mod = true', "plugins.safe_mod"),
        ('state_dir = "d"\n[plugins]\nenabled = ["a", "a"]', "plugins.enabled"),
        ('state_dir = "d"\n[printers.Van]', "printers"),
        ('state_dir = "d"\n[printers.van]\ntransport = "bus"', "printers.van.transport"),
        ('state_dir = "d"\n[printers.van]\ntransport = "usb"\nusb = "x"', "printers.van.usb"),
        (
            'state_dir = "d"\n[printers.van]\ntransport = "serial"\nport = "ttyUSB0"',
            "printers.van.port",
        ),
        (
            'state_dir = "d"\n[printers.van]\ntransport = "tcp"\nhost = "printer.lan"',
            "printers.van.host",
        ),
        ('state_dir = "d"\n[collections.c]\nkey = ["a"]', "collections.c"),
        (
            'state_dir = "d"\n[collections.c]\nkey = ["a"]\nfields = { a = "txt" }',
            "collections.c.fields.a",
        ),
        ('state_dir = "d"\n[collections.c]\nkey = []\nfields = {}', "collections.c.key"),
    ],
)
def test_what_does_not_load_is_not_valid(text: str, where: str) -> None:
    with pytest.raises(ConfigError):
        load_texts([("a.toml", text)], Path("/srv"), {})
    assert errors(tomllib.loads(text)) == [where]


def described(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in part.get("properties", {}).items():
        yield (*path, name), inner
        yield from described(inner, (*path, name))
    below = part.get("additionalProperties")
    if isinstance(below, dict):
        for option in below.get("anyOf", [below]):
            yield from described(option, (*path, "NAME"))


def test_every_key_is_described_with_its_default() -> None:
    found = dict(described(schema()))
    for path, key in every_key(Settings):
        assert found[path]["description"] == key.doc
        if not key.secret and isinstance(key.plain_default, str | int | float | list):
            assert found[path]["default"] == key.plain_default


def test_defaults_are_valid_themselves() -> None:
    for path, part in described(schema()):
        if "default" in part:
            assert errors(part["default"], part) == [], path


def test_known_plugins_bring_their_keys() -> None:
    made = schema({"crm": [Setting("tries", "int", "How often.", default=3, minimum=1)]})
    Draft202012Validator.check_schema(made)
    assert errors({"state_dir": "d", "plugins": {"crm": {"tries": 2}}}, made) == []
    assert errors({"state_dir": "d", "plugins": {"crm": {"tries": 0}}}, made) == [
        "plugins.crm.tries"
    ]
    assert errors({"state_dir": "d", "plugins": {"crm": {"x": 0}}}, made) == ["plugins.crm"]
    assert errors({"state_dir": "d", "plugins": {"other": {"x": 0}}}, made) == []
