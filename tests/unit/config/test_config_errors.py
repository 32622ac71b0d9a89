from __future__ import annotations

import pytest

from appliance.config.errors import (
    PROBLEM_LIMIT,
    ConfigError,
    ConfigProblem,
    Place,
    Problems,
    Wrong,
    dotted,
    quoted,
)


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (
            ConfigProblem("a.toml", 3, "http.listn", "unknown key", "listen", 'did you mean "x"?'),
            'a.toml:3: http.listn: unknown key (allowed: listen; did you mean "x"?)',
        ),
        (ConfigProblem("a.toml", None, "", "cannot be read"), "a.toml: cannot be read"),
        (
            ConfigProblem("a.toml", 1, "k", "is odd", hint="mend it"),
            "a.toml:1: k: is odd (mend it)",
        ),
    ],
)
def test_a_problem_is_one_line(problem: ConfigProblem, expected: str) -> None:
    assert str(problem) == expected


def test_problems_are_shown_in_the_order_of_files_and_lines() -> None:
    problems = Problems(["main", "drop"])
    for file, line in [("environment", None), ("drop", 1), ("main", 9), ("main", 2)]:
        problems.add(Place(file, line), ("k",), Wrong("wrong"))
    with pytest.raises(ConfigError) as caught:
        problems.raise_found()
    assert str(caught.value).splitlines() == [
        "main:2: k: wrong",
        "main:9: k: wrong",
        "drop:1: k: wrong",
        "environment: k: wrong",
    ]


def test_nothing_found_raises_nothing() -> None:
    Problems([]).raise_found()


def test_collecting_stops_at_the_limit_and_says_so() -> None:
    problems = Problems(["a"])
    with pytest.raises(ConfigError) as caught:
        for line in range(PROBLEM_LIMIT + 1):
            problems.add(Place("a", line), (), Wrong("wrong"))
    assert len(caught.value.problems) == PROBLEM_LIMIT
    assert str(caught.value).endswith("stopped after 100 problems; there may be more")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("a", "b-c", "1"), "a.b-c.1"),
        (("a b", ""), '"a b".""'),
        (('q"', "é"), '"q\\""."é"'),
        (("x" * 100,), '"' + "x" * 59 + '…"'),
    ],
)
def test_keys_are_shown_as_toml_writes_them(path: tuple[str, ...], expected: str) -> None:
    assert dotted(path) == expected


def test_quoted_text_is_safe_for_a_terminal() -> None:
    assert quoted("a\x1b[0m\n\U000e0001") == '"a\\u001B[0m\\u000A\\U000E0001"'
