"""The envelope: any bytes are a mutation or `Malformed`, with a reason that a person can use."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sync.envelope import (
    MAX_NESTING,
    Envelope,
    Malformed,
    claimed_mid,
    content_digest,
    nesting,
    parse,
    too_deep,
)

MID = "0190f0a0-1111-7222-8333-444455556666"
RECORD = "0190f0a0-1111-4222-9333-444455556666"
GOOD: dict[str, Any] = {
    "mid": MID,
    "n": 1,
    "collection": "orders",
    "id": RECORD,
    "op": "put",
    "base": None,
    "row": {"a": 1},
}


def text(**changes: Any) -> bytes:
    return orjson.dumps({k: v for k, v in (GOOD | changes).items() if v is not ...})


def test_a_mutation_is_read() -> None:
    found = parse(text(base=7))
    assert (found.mid, found.n, found.collection, found.id) == (MID, 1, "orders", RECORD)
    assert (found.op, found.base, bytes(found.row)) == ("put", 7, b'{"a":1}')
    assert parse(text(op="del", row=...)).op == "del"
    assert parse(text(op="del", row=None)).op == "del"
    assert parse(text(base=...)).base is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mid": ...}, "mid"),
        ({"mid": RECORD}, "mid must be a UUID of version 7, lower case"),
        ({"mid": MID.upper()}, "mid must be"),
        ({"mid": MID + "\n"}, "mid must be"),
        ({"mid": 5}, "mid must be"),
        ({"id": "5"}, "id must be a UUID, lower case"),
        ({"id": RECORD.replace("-", "")}, "id must be"),
        ({"n": -1}, "n must be the device's running number"),
        ({"n": 1.0}, "n must be"),
        ({"n": "1"}, "n must be"),
        ({"n": 2**53}, "n must be"),
        ({"base": -1}, "base must be the seq"),
        ({"base": "7"}, "base must be"),
        ({"op": "patch"}, 'op must be "put" or "del"'),
        ({"op": None}, "op must be"),
        ({"collection": ""}, "collection"),
        ({"collection": "x" * 65}, "collection"),
        ({"collection": 5}, "collection"),
        ({"row": ...}, "a put needs row"),
        ({"row": None}, "a put needs row"),
        ({"row": [1]}, "a put needs row"),
        ({"row": "{}"}, "a put needs row"),
        ({"op": "del", "row": {"a": 1}}, "a del has no row"),
        ({"extra": 1}, "extra"),
    ],
)
def test_what_is_no_mutation_says_why(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse(text(**changes))
    assert says in str(refused.value)


def test_bytes_that_are_no_text_are_told_by_their_place() -> None:
    with pytest.raises(Malformed, match="byte 9 of the line"):
        parse(b'{"mid": "\xff"}')
    line = text(row={"a": "x"}).replace(b'"x"', b'"\xff"')
    with pytest.raises(Malformed, match="not UTF-8"):
        parse(line)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_raise_anything_else(line: bytes) -> None:
    try:
        assert isinstance(parse(line), Envelope)
    except Malformed as error:
        assert str(error)
    assert claimed_mid(line) is None or isinstance(claimed_mid(line), str)
    assert nesting(line) >= 0
    assert content_digest("", "device", "", line)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, _json)),
    st.sets(st.sampled_from(sorted(GOOD))),
)
def test_no_json_raises_anything_else(strange: dict[str, Any], kept: set[str]) -> None:
    line = json.dumps(strange | {name: GOOD[name] for name in kept}).encode()
    try:
        found = parse(line)
    except Malformed as error:
        assert str(error)
    else:
        assert (found.row == b"") or json.loads(bytes(found.row)) is not ...


@given(_json)
def test_nesting_is_counted_as_a_reader_counts_it(value: Any) -> None:
    def depth(one: Any) -> int:
        if isinstance(one, dict):
            return 1 + max(map(depth, one.values()), default=0)
        if isinstance(one, list):
            return 1 + max(map(depth, one), default=0)
        return 0

    for dumped in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert nesting(dumped.encode()) == depth(value)
        for limit in range(5):
            assert too_deep(dumped.encode(), limit) is (depth(value) > limit)


def test_brackets_in_texts_are_no_nesting() -> None:
    line = text(row={"a": "[" * 500 + "\\" + '"' + "{" * 500})
    assert not too_deep(line)
    assert too_deep(b"[" * (MAX_NESTING + 1))
    assert not too_deep(b"[]" * (MAX_NESTING + 1))


@pytest.mark.parametrize("line", [b"{" * 100_000, b'{"mid":' * 50_000, b'["' * 50_000])
def test_deep_lines_do_not_end_the_reader(line: bytes) -> None:
    assert too_deep(line)
    with pytest.raises(Malformed):
        parse(line)
    assert claimed_mid(line) is None


def test_a_digest_tells_every_part() -> None:
    base = ("a", "b", "put", b"{}")
    others = [
        ("x", "b", "put", b"{}"),
        ("a", "x", "put", b"{}"),
        ("a", "b", "del", b"{}"),
        ("a", "b", "put", b"{ }"),
        ("a\0b", "", "put", b"{}"),
    ]
    digests = {content_digest(*one) for one in [base, *others]}
    assert len(digests) == len(others) + 1
    assert all(len(one) == 16 for one in digests)


@pytest.mark.parametrize(
    ("line", "mid"),
    [
        (b'{"mid":"x","n":-1}', "x"),
        (b'{"mid":5}', None),
        (b'{"mid":"' + b"x" * 65 + b'"}', None),
        (b"[1]", None),
        (b"{", None),
    ],
)
def test_a_mid_is_read_from_a_malformed_line_where_it_can_be(line: bytes, mid: str | None) -> None:
    assert claimed_mid(line) == mid
