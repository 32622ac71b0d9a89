"""The cursor: what comes back is what was written, and nothing else comes back."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sync.cursor import MAX_CURSOR, Cursor, CursorDamaged, Progress, decode, encode

KEY = b"k" * 32
DEVICE = "0190f0a0-1111-7222-8333-444455556666"
_number = st.integers(0, 2**53)
_numbers = st.lists(st.integers(1, 500), max_size=40).map(tuple)
_progress = st.builds(
    Progress,
    target=_number,
    collections=_numbers,
    seen=_number,
    partial=_numbers,
    phase=st.integers(1, 3),
    bucket=_number,
    pos=_number,
    layered=_number,
    layers=_numbers,
)
_cursors = st.builds(
    Cursor,
    epoch=st.text("0123456789abcdef", min_size=16, max_size=16),
    seq=_number,
    collections=_numbers,
    seen=_number,
    partial=_numbers,
    progress=st.none() | _progress,
)
SAMPLE = Cursor(
    "00112233445566ff", 7, (1, 2), 9, (2,), Progress(12, (1, 2, 3), 13, (3,), 2, 5, 88, 6, (1,))
)


@given(_cursors)
def test_a_cursor_comes_back_as_it_was_written(cursor: Cursor) -> None:
    text = encode(cursor, key=KEY, device=DEVICE)
    assert decode(text, key=KEY, device=DEVICE) == cursor
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert len(text) <= MAX_CURSOR


def test_any_bit_that_flips_is_noticed() -> None:
    text = encode(SAMPLE, key=KEY, device=DEVICE)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            with pytest.raises(CursorDamaged):
                decode(base64.urlsafe_b64encode(changed).decode(), key=KEY, device=DEVICE)


def test_any_other_character_is_noticed() -> None:
    text = encode(SAMPLE, key=KEY, device=DEVICE)
    for place in range(len(text) - 1):
        for other in ("A", "_", "=", " ", "\n", "é", ""):
            changed = text[:place] + other + text[place + 1 :]
            if changed == text:
                continue
            with pytest.raises(CursorDamaged):
                decode(changed, key=KEY, device=DEVICE)


def test_a_cut_cursor_is_noticed() -> None:
    text = encode(SAMPLE, key=KEY, device=DEVICE)
    for end in range(len(text)):
        with pytest.raises(CursorDamaged):
            decode(text[:end], key=KEY, device=DEVICE)


@pytest.mark.parametrize(
    ("key", "device"), [(KEY, "another"), (b"x" * 32, DEVICE), (KEY, DEVICE[:-1]), (KEY, "")]
)
def test_a_cursor_of_another_device_or_box_is_refused(key: bytes, device: str) -> None:
    text = encode(SAMPLE, key=KEY, device=DEVICE)
    with pytest.raises(CursorDamaged, match="damaged or belongs to another device"):
        decode(text, key=key, device=device)


@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(CursorDamaged):
        decode(text, key=KEY, device=DEVICE)


def test_a_long_text_is_not_looked_at() -> None:
    with pytest.raises(CursorDamaged, match="too long"):
        decode("A" * (MAX_CURSOR + 1), key=KEY, device=DEVICE)
