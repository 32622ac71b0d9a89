from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import ConfigError, Settings, load_texts
from appliance.config.errors import Wrong
from appliance.config.forms import NAME, SECRET
from appliance.config.keys import Key, Section, every_key, keys_of
from appliance.config.kinds import Choice, Flag, Kind, Many, Number, Text, Whole


@pytest.mark.parametrize(
    ("kind", "value", "reason", "hint"),
    [
        (Flag(), "true", 'found the text "true"', "write true without quotes"),
        (Flag(), 1, "found the number 1", ""),
        (Whole(2, 8), "3", 'found the text "3"', "write 3 without quotes"),
        (Whole(2, 8), 3.0, "found the number 3.0", ""),
        (Whole(2, 8), True, "found true", ""),
        (Whole(2, 8), 1, "the number 1 is too small", ""),
        (Whole(2, 8), 9, "the number 9 is too large", ""),
        (Whole(2, 8), 10**400, "a very large number is too large", ""),
        (Whole(2, 8), -(10**400), "a very large number is too small", ""),
        (Number(0.5, 9), float("nan"), "found the number nan", ""),
        (Number(0.5, 9), float("inf"), "the number inf is too large", ""),
        (Number(0.5, 9), 10**400, "a very large number is too large", ""),
        (Number(0.5, 9), False, "found false", ""),
        (Choice(("info", "debug")), "INFO", 'found the text "INFO"', 'did you mean "info"?'),
        (Choice(("info", "debug")), ["info"], "found a list", ""),
        (Text(NAME), {"a": 1}, "found a table", "text stands in quotes"),
        (Text(NAME), datetime.date(2026, 1, 1), "found a date or time", "text stands in quotes"),
        (Text(SECRET), 1234, "found something that is no text", "text stands in quotes"),
        (Many(Text(NAME)), "a", 'found the text "a"', "put it in [ ]"),
        (Many(Text(NAME)), ["a", 1], "item 2: found the number 1", "text stands in quotes"),
        (Many(Text(NAME)), ["a", "b", "a"], "item 3 is listed twice", ""),
        (Many(Text(NAME), 1), [], "the list has 0 items", ""),
    ],
)
def test_what_does_not_fit_is_named(kind: Kind, value: object, reason: str, hint: str) -> None:
    with pytest.raises(Wrong) as caught:
        kind.read(value)
    assert (caught.value.reason, caught.value.hint) == (reason, hint)
    assert caught.value.allowed


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Flag(), False, False),
        (Whole(2, 8), 2, 2),
        (Whole(2, 8), 8, 8),
        (Number(0.5, 9), 1, 1.0),
        (Number(0.5, 9), 0.5, 0.5),
        (Choice(("a", "b")), "b", "b"),
        (Many(Text(NAME)), ["b", "a"], ("b", "a")),
    ],
)
def test_what_fits_is_read(kind: Kind, value: object, expected: object) -> None:
    read = kind.read(value)
    assert read == expected
    assert type(read) is type(expected)


NUMBERS = [
    (".".join(path), key)
    for path, key in every_key(Settings)
    if isinstance(key.kind, Whole | Number)
]


@pytest.mark.parametrize(("path", "key"), NUMBERS, ids=[path for path, _ in NUMBERS])
def test_every_number_has_bounds_that_hold_and_include_its_default(path: str, key: Key) -> None:
    kind = key.kind
    assert isinstance(kind, Whole | Number)
    assert kind.minimum is not None
    assert kind.maximum is not None
    assert key.required or kind.minimum <= key.default <= kind.maximum
    section, _, name = path.rpartition(".")
    section = section.replace("NAME", "voltage")
    beside = ""
    if name == "baud" and section.startswith("printers"):
        beside = 'transport = "serial"\nport = "/dev/x"\n'  # a key of one transport needs that
    elif "registers" in section and name != "address":
        beside = "address = 0\n"

    def load_with(value: float) -> Any:
        text = f'state_dir = "d"\n[{section}]\n{beside}{name} = {value}\n'
        found: Any = load_texts([("a", text)], Path("/"), {})
        for part in (*section.split("."), name):
            found = found[part] if isinstance(found, dict) else getattr(found, part)
        return found

    # A threshold above 0 needs another one; see test_config_kit.py.
    threshold = name in ("hold_below_v", "resume_above_v", "stop_below_v")
    for bound in (kind.minimum,) if threshold else (kind.minimum, kind.maximum):
        assert load_with(bound) == bound
    for wrong in (kind.minimum - 1, kind.maximum + 1):
        with pytest.raises(ConfigError, match=r"is too (small|large)"):
            load_with(wrong)


def test_every_key_has_a_sentence_and_a_default() -> None:
    for path, key in every_key(Settings):
        assert key.doc.endswith("."), path
        assert len(key.doc) > 12, path
    required = {path for path, key in every_key(Settings) if key.required}
    # Beyond it, only declarations that mean nothing without these keys.
    assert required == {
        ("state_dir",),
        ("kit", "battery", "registers", "NAME", "address"),
        ("kit", "charger", "registers", "NAME", "address"),
        ("collections", "NAME", "key"),
        ("collections", "NAME", "fields", "NAME", "type"),
    }


def test_the_defaults_are_what_the_classes_hold() -> None:
    settings = load_texts([("a", 'state_dir = "d"')], Path("/"), {})
    for section in keys_of(Settings):
        if isinstance(section.kind, Section):
            assert getattr(settings, section.name) == section.kind.struct()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_no_value_breaks_a_kind(value: object) -> None:
    for _, key in every_key(Settings):
        kind: Any = key.kind
        try:
            kind.read(value)
        except Wrong as wrong:
            assert wrong.reason
