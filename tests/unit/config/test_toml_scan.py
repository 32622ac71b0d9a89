from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.config.scan import DEPTH_LIMIT, KeyPath, Repeat, scan


def test_tables_keys_and_dotted_keys_have_their_lines() -> None:
    text = """# first
top = 1
[a]
x.y = 2

[a.b."c d"]   # a comment
'z' = [
  1, # ] not the end
  2]
after = 3
"""
    assert scan(text).lines == {
        ("top",): 2,
        ("a",): 3,
        ("a", "x"): 4,
        ("a", "x", "y"): 4,
        ("a", "b"): 6,
        ("a", "b", "c d"): 6,
        ("a", "b", "c d", "z"): 7,
        ("a", "b", "c d", "after"): 10,
    }


def test_the_header_of_a_table_outweighs_a_deeper_one_that_implied_it() -> None:
    assert scan("[a.b]\n[a]\n").lines == {("a",): 2, ("a", "b"): 1}


def test_keys_of_an_array_of_tables_have_the_line_of_the_first_element() -> None:
    found = scan("[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\n")
    assert found.lines == {("a",): 1, ("a", "x"): 2, ("a", "b"): 5}
    assert found.repeats == []


def test_an_inline_table_has_only_the_line_of_its_key() -> None:
    assert scan("a = { b = 1, c = { d = 2 } }\ne = 1").lines == {("a",): 1, ("e",): 2}


@pytest.mark.parametrize(
    "value",
    [
        '"""\n[no]\nx = 1\n"""',
        "'''\n[no]\n'' x\n'''",
        '"""a\\""" b = 1\n"""',
        '"""ends in quotes"""""',
        '"a # no comment"',
        "'a \\'",
        "[ '[', \"]\", # ]\n [ {a = ']'} ] ]",
        "1979-05-27T07:32:00.999-07:00",
    ],
)
def test_a_value_is_skipped_whatever_it_holds(value: str) -> None:
    text = f"a = {value}\nlast = 1\n"
    assert set(tomllib.loads(text)) == {"a", "last"}
    assert scan(text).lines == {("a",): 1, ("last",): text.count("\n")}


def test_what_is_written_twice_is_told_with_both_lines() -> None:
    found = scan("a = 1\n[t]\nb = 1\nb = 2\n[u]\n[t]\n")
    assert found.repeats == [Repeat(("t", "b"), 3, 4), Repeat(("t",), 2, 6)]


@pytest.mark.parametrize(
    "text",
    [
        "ok = 1\n" + "a." * 50_000 + "a = 1",
        "ok = 1\n[" + "a." * 50_000 + "a]",
        "ok = 1\nx = " + "[" * 50_000,
        "ok = 1\nx = {" + "a." * 50_000 + "a = 1}",
        "ok = 1\nx = " + "{a=" * 50_000,
    ],
)
def test_hostile_nesting_stops_the_scan(text: str) -> None:
    found = scan(text)
    assert found.too_deep == 2
    assert ("ok",) in found.lines


def test_nesting_up_to_the_limit_is_read() -> None:
    deep = "[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT
    parts = tuple("k" * DEPTH_LIMIT)
    found = scan(f"x = {deep}\n{'.'.join(parts)} = 1\n")
    assert found.too_deep is None
    assert found.lines[parts] == 2


# Generated documents, compared with what tomllib reads from them.

NAME = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
SPACE = st.sampled_from(["", " ", "\t", "  "])


@st.composite
def rendered_part(draw: st.DrawFn, name: str) -> str:
    styles = [json.dumps(name, ensure_ascii=False)]
    if name and name.isascii() and all(c.isalnum() or c in "_-" for c in name):
        styles.append(name)
    if "'" not in name:
        styles.append(f"'{name}'")
    return draw(st.sampled_from(styles))


@st.composite
def rendered_key(draw: st.DrawFn, path: KeyPath) -> str:
    dot = draw(SPACE) + "." + draw(SPACE)
    return dot.join(draw(rendered_part(part)) for part in path)


SCALAR = st.one_of(
    st.integers(-(2**40), 2**40).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        [
            "true",
            "inf",
            "1979-05-27",
            "07:32:00",
            "0xdead_beef",
            '"""\n[t]\n a = 1 """',
            '"""x\\\n   "" y"""""',
            "'''\n]}'' '''''",
            "'#'",
            '"\\u0023 \\\\"',
        ]
    ),
    NAME.map(lambda text: json.dumps(text, ensure_ascii=False)),
)
GAP = st.sampled_from(["", " ", "\n", " # ], }\n ", "\n\n"])


@st.composite
def array(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    parts = [draw(GAP) + item + draw(GAP) for item in draw(st.lists(items, max_size=3))]
    return "[" + ",".join(parts) + draw(GAP) + "]"


@st.composite
def inline(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    values = draw(st.lists(items, max_size=3))
    return "{" + ", ".join(f"k{n}.'#' = {v}" for n, v in enumerate(values)) + "}"


# An inline table may not hold line breaks outside texts, so arrays inside one are left out.
VALUE = st.one_of(
    SCALAR, inline(SCALAR), array(st.one_of(SCALAR, inline(SCALAR))), array(array(SCALAR))
)


@dataclass
class Document:
    text: str = ""
    keys: dict[KeyPath, int] = field(default_factory=dict)
    tables: dict[KeyPath, int] = field(default_factory=dict)
    arrays: dict[KeyPath, int] = field(default_factory=dict)

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Valid TOML: names are made unique by a number, so that nothing is declared twice."""
    made = Document()
    table: KeyPath = ()
    for number in range(draw(st.integers(1, 12))):
        made.text += draw(st.sampled_from(["", "\n", "# x = 1\n", "  \t\n", "#[no]\n\n"]))
        made.text += draw(SPACE)
        kind = draw(st.sampled_from(["key", "key", "key", "table", "array"]))
        own = f"{draw(NAME)}{number}"
        if kind == "key":
            below = tuple(f"{draw(NAME)}{number}" for _ in range(draw(st.integers(0, 2))))
            path = (*below, own)
            made.keys[table + path] = made.line
            made.text += draw(rendered_key(path)) + draw(SPACE) + "=" + draw(SPACE)
            made.text += draw(VALUE)
        else:
            parents = [p for p in (*made.tables, *made.arrays) if len(p) < 5]
            parent = draw(st.sampled_from(parents)) if parents and draw(st.booleans()) else ()
            implied = tuple(f"{draw(NAME)}{number}" for _ in range(draw(st.integers(0, 1))))
            table = (*parent, *implied, own)
            (made.tables if kind == "table" else made.arrays)[table] = made.line
            inner = draw(SPACE) + draw(rendered_key(table)) + draw(SPACE)
            made.text += f"[{inner}]" if kind == "table" else f"[[{inner}]]"
        made.text += draw(SPACE) + draw(st.sampled_from(["", "# ] = }"])) + "\n"
    return made


def paths_in(value: object, made: Document, path: KeyPath = ()) -> set[KeyPath]:
    """Every table and key of the document, without what is inside values."""
    found = {path} if path else set()
    if path in made.keys:
        return found
    if isinstance(value, list):
        return found.union(*(paths_in(element, made, path) for element in value))
    assert isinstance(value, dict)
    return found.union(*(paths_in(inner, made, (*path, name)) for name, inner in value.items()))


@settings(max_examples=200, deadline=None)
@given(documents())
def test_generated_documents_agree_with_tomllib(made: Document) -> None:
    found = scan(made.text)
    assert set(found.lines) == paths_in(tomllib.loads(made.text), made)
    for explicit in (made.keys, made.tables, made.arrays):
        for path, line in explicit.items():
            assert found.lines[path] == line
    assert found.repeats == []


WORDS = [*"[]{}=.,#\"'\\ab1é", "[[", "]]", "true", '"\\u00e9"', "'''"]
TOKENS = st.sampled_from(
    [*WORDS, '"' * 3, "\n", "\n", " ", " = ", "\t", "\0", "a = 1\n", "[t]\n", "x = [\n"]
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(TOKENS, max_size=25).map("".join))
def test_whatever_tomllib_accepts_is_followed_to_its_end(text: str) -> None:
    text += "\nthe_end = 1\n"
    found = scan(text)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    last = [line for path, line in found.lines.items() if path[-1] == "the_end"]
    assert last == [text.count("\n")]
