from __future__ import annotations

import pytest

from appliance.config.errors import ConfigError, Place, Problems
from appliance.config.layers import TEXT_LIMIT, Merged, merge, parse_layers


def merged(*texts: str) -> Merged:
    sources = [(f"{number}.toml", text) for number, text in enumerate(texts)]
    problems = Problems([name for name, _ in sources])
    layers = parse_layers(sources, problems)
    problems.raise_found()
    return merge(layers, "0.toml")


def broken(text: str | bytes) -> list[str]:
    problems = Problems(["a.toml"])
    assert parse_layers([("a.toml", text)], problems) == []
    with pytest.raises(ConfigError) as caught:
        problems.raise_found()
    return str(caught.value).splitlines()


def test_tables_merge_and_other_values_are_replaced() -> None:
    made = merged("a = 1\n[t]\nx = [1, 2]\ny = 1\n", "a = 2\n[t]\nx = [3]\n")
    assert made.values == {"a": 2, "t": {"x": [3], "y": 1}}


def test_each_value_remembers_the_file_and_line_it_comes_from() -> None:
    made = merged("a = 1\n[t]\nx = 1\ny = 1\n", "\n\nt.x = 2\n")
    assert made.place(("a",)) == Place("0.toml", 1)
    assert made.place(("t",)) == Place("0.toml", 2)
    assert made.place(("t", "x")) == Place("1.toml", 3)
    assert made.place(("t", "y")) == Place("0.toml", 4)


def test_a_key_inside_an_inline_table_has_the_line_of_the_table() -> None:
    made = merged("\nt = { x = { y = 1 } }\n")
    assert made.place(("t", "x", "y")) == Place("0.toml", 2)


def test_a_missing_key_is_put_down_to_its_table_or_to_the_main_file() -> None:
    made = merged("a = 1\n[t]\n")
    assert made.place(("t", "gone")) == Place("0.toml", 2)
    assert made.place(("gone",)) == Place("0.toml", None)


def test_a_table_that_replaces_a_value_forgets_the_value_and_the_other_way_round() -> None:
    made = merged("a = 1\n[t.u]\nx = 1\n", "\nt = 5\n[a]\nb = 1\n")
    assert made.values == {"a": {"b": 1}, "t": 5}
    assert made.place(("t", "u", "x")) == Place("1.toml", 2)
    assert made.place(("a",)) == Place("1.toml", 3)
    assert not made.gives(("t", "u", "x"))


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    problems = Problems(["a.toml"])
    (layer,) = parse_layers([("a.toml", b"\xef\xbb\xbfa = 1\r\n\r\nb = 2\r\n")], problems)
    assert layer.values == {"a": 1, "b": 2}
    assert layer.lines == {("a",): 1, ("b",): 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a = 1\n\n[t]\nname = paper\n",
            "a.toml:4: not valid TOML at column 8: invalid value "
            '(text needs quotes: name = "value")',
        ),
        (
            "state_dir\n",
            "a.toml:1: not valid TOML at column 10: expected '=' after a key in a key/value pair "
            "(a line is a [table], a key = value, or a # comment)",
        ),
        ('a = 1\nb = "x', "a.toml:2: not valid TOML at the end: unterminated string"),
        (
            "a = 1\n[t]\nx = 1\nx = 2\n",
            "a.toml:4: t.x: is given twice, first on line 3 (keep one of them)",
        ),
        (
            "[t]\nx = 1\n[u]\n[t]\n",
            "a.toml:4: t: is given twice, first on line 1 (keep one of them)",
        ),
        (b"a = 1\nb = '\xff'\n", "a.toml:2: the byte 0xFF is not UTF-8 (save the file as UTF-8)"),
        (
            "a = \n" + "[" * 100_000,
            "a.toml:1: not valid TOML at column 5: invalid value "
            '(text needs quotes: name = "value")',
        ),
        ("a = 1\nb = " + "[" * 100_000, "a.toml:2: tables or lists are nested too deep"),
        ("\n" + "a." * 100_000 + "a = 1", "a.toml:2: tables or lists are nested too deep"),
        ("\n\na = " + "9" * 5000, "a.toml:3: a number has too many digits"),
        ("#" * (TEXT_LIMIT + 1), "a.toml: the file is too long (allowed: at most 262144 bytes)"),
        ("a = '\ud800'", "a.toml:1: the byte 0xED is not UTF-8 (save the file as UTF-8)"),
    ],
)
def test_a_text_that_cannot_be_parsed_says_where_and_why(text: str | bytes, expected: str) -> None:
    assert broken(text) == [expected]


def test_every_repeated_key_is_told_at_once() -> None:
    assert broken("a = 1\na = 2\nb = 1\nb = 2\n") == [
        "a.toml:2: a: is given twice, first on line 1 (keep one of them)",
        "a.toml:4: b: is given twice, first on line 3 (keep one of them)",
    ]


def test_a_key_that_contradicts_an_inline_table_is_still_told() -> None:
    (line,) = broken("a = { b = 1 }\na.c = 2\n")
    assert line.startswith("a.toml:2: not valid TOML")


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    (line,) = broken("a = '\x1b[31m'")
    assert "\x1b" not in line
