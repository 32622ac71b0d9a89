from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.enrollment.audit import GENESIS, AuditEntry, chain, verify
from appliance.enrollment.errors import AuditRefused


def log(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for n in range(length):
        entries.append(
            chain(
                entries[-1] if entries else None,
                at_ms=1_000 + n,
                actor="cli:root",
                action="device.revoke",
                subject=f"device:{n}",
                detail={"reason": "потерян", "n": n, "list": [1, None, True]},
            )
        )
    return entries


ENTRIES = log(8)


def test_a_sound_chain_is_sound() -> None:
    assert [entry.n for entry in ENTRIES] == list(range(1, 9))
    assert ENTRIES[0].prev_hash == GENESIS
    assert verify([]) is None
    assert verify(ENTRIES) is None
    assert verify(ENTRIES, last_hash=ENTRIES[-1].hash) is None
    assert verify(ENTRIES[5:], after=ENTRIES[4]) is None


def test_the_hash_is_as_documented() -> None:
    entry = chain(None, at_ms=5, actor="a", action="b", subject="я", detail={"y": 1, "x": "é"})
    text = (
        '{"action":"b","actor":"a","at_ms":5,"detail":{"x":"é","y":1},"n":1,'
        f'"prev_hash":"{GENESIS}","subject":"я"}}'
    )
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


def test_it_survives_being_stored() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(ENTRIES), type=list[AuditEntry])
    assert stored == ENTRIES
    assert verify(stored) is None


CHANGES: dict[str, Any] = {
    "n": 77,
    "at_ms": 0,
    "actor": "cli:eve",
    "action": "device.enroll",
    "subject": "device:x",
    "detail": {},
    "prev_hash": "f" * 64,
    "hash": "e" * 64,
}


@pytest.mark.parametrize("member", CHANGES)
@pytest.mark.parametrize("place", range(8))
def test_a_change_to_any_member_is_found(member: str, place: int) -> None:
    entries = list(ENTRIES)
    entries[place] = msgspec.structs.replace(entries[place], **{member: CHANGES[member]})
    assert verify(entries) == place + 1


@settings(max_examples=50)
@given(st.integers(0, 6), st.integers(0, 7))
def test_entries_left_out_or_moved_are_found(first: int, second: int) -> None:
    assert verify(ENTRIES[:first] + ENTRIES[first + 1 :]) == first + 1
    if first != second:
        moved = list(ENTRIES)
        moved[first], moved[second] = moved[second], moved[first]
        assert verify(moved) == min(first, second) + 1


def test_a_rewritten_entry_breaks_the_next() -> None:
    forged = chain(ENTRIES[2], at_ms=1, actor="eve", action="x", subject="y")
    assert verify([*ENTRIES[:3], forged, *ENTRIES[4:]]) == 5


def test_a_cut_end_is_found_with_a_kept_hash() -> None:
    assert verify(ENTRIES[:5]) is None
    assert verify(ENTRIES[:5], last_hash=ENTRIES[-1].hash) == 6


def test_an_entry_that_cannot_be_hashed_counts_as_broken() -> None:
    for member in ("subject", "hash"):
        broken = msgspec.structs.replace(ENTRIES[0], **{member: "\udc80"})
        assert verify([broken]) == 1


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ({"a": 1.5}, "float"),
        ({"a": b"x"}, "bytes"),
        ({1: "a"}, "not text"),
        ({"a": {"b": (1,)}}, r"detail\.a\.b is a tuple"),
        ({"a": 2**63}, "64 bits"),
        ({"a": "\udc80"}, "JSON"),
        ({"a": "x" * 17_000}, "at most 16384"),
    ],
)
def test_detail_must_be_plain_and_small(detail: dict[Any, Any], text: str) -> None:
    with pytest.raises(AuditRefused, match=text):
        chain(None, at_ms=0, actor="a", action="b", subject="c", detail=detail)


def test_detail_must_not_be_deep_nor_texts_long() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10):
        deep = {"a": deep}
    with pytest.raises(AuditRefused, match="deep"):
        chain(None, at_ms=0, actor="a", action="b", subject="c", detail=deep)
    with pytest.raises(AuditRefused, match="actor"):
        chain(None, at_ms=0, actor="a" * 257, action="b", subject="c")
