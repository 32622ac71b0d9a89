"""Damaged configurations: whatever the text, settings come out or a `ConfigError`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.config import ConfigError, Settings, load_texts

ROOT = Path(__file__).parents[3]
FULL = re.sub(
    r"(?m)^#(?=[\[a-z])",
    "",
    (ROOT / "config/appliance.example.toml").read_text(encoding="utf-8"),
)
# Without the comments a mutation hits a key or a value nearly every time.
BASE = re.sub(r"(?m)^#.*\n|^\n", "", FULL).encode()

WORDS = (
    b"[ ] [[ ]] { } = . , \" ' \"\"\" ''' # \\ \\u0000 \\ud800 true -1 0 1e999 nan inf 0x 9"
    b" 99999999999999999999999 1979-05-27 12:00 [] {} [[]] \xff \x00 \x1b \xef\xbb\xbf \xe2\x80\xae"
    b' a.b.c NAME fields id ref: * ~ "" "!" "{" \r ._'
).split(b" ")
TOKENS = [*WORDS, b"\n", b"\r\n", b" ", b"9" * 5000, b"[" * 2000, b"a." * 2000]


def mutate(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        span = chance.choice((1, 1, 2, 8, 40, 300))
        kind = chance.choice((0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5))
        if kind == 0:
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + span :]
        elif kind == 2:
            data = data[:at] + data[at : at + span] * 2 + data[at + span :]
        elif kind == 3:
            data = data[:at] + chance.choice(TOKENS) + data[at:]
        elif kind == 4:
            lines = data.split(b"\n")
            chance.shuffle(lines)
            data = b"\n".join(lines)
        else:
            # One value becomes another: still TOML, most often of a wrong type.
            lines = data.split(b"\n")
            number = chance.randrange(len(lines))
            key, equals, value = lines[number].partition(b" = ")
            if equals:
                new = chance.choice((chance.choice(TOKENS), b"[" + value + b"]", value[::-1]))
                lines[number] = key + equals + new
            data = b"\n".join(lines)
    return data


def attempt(number: int) -> Settings | ConfigError:
    chance = random.Random(number)
    sources = [("main.toml", mutate(BASE, chance))]
    if chance.random() < 0.3:
        sources.append(("conf.d/1.toml", mutate(BASE, chance)))
    try:
        return load_texts(sources, Path("/srv"), {})
    except ConfigError as error:
        text = str(error)
        assert error.problems
        assert len(text.splitlines()) >= len(error.problems)
        assert all(line.isprintable() for line in text.splitlines())
        lengths = {name: data.count(b"\n") + 1 for name, data in sources}
        for problem in error.problems:
            assert problem.reason
            if problem.line is not None:
                assert 1 <= problem.line <= lengths[problem.file]
        return error


def run(numbers: range, of: Callable[[int], Settings | ConfigError] = attempt) -> set[type]:
    return {type(of(number)) for number in numbers}


def test_the_undamaged_base_loads() -> None:
    assert isinstance(load_texts([("main.toml", BASE)], Path("/srv"), {}), Settings)


def test_some_damaged_files() -> None:
    assert run(range(300)) == {Settings, ConfigError}


@pytest.mark.slow
def test_ten_thousand_damaged_files() -> None:
    assert run(range(10_000)) == {Settings, ConfigError}
