"""What a printer says: told apart however it is cut, and read as the manuals have it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.printing import status
from appliance.printing.status import Automatic, Block, Ear, RealTime, Transmitted


def test_each_kind_is_known():
    heard = Ear().hear(bytes.fromhex("12 1c200000 0c 37224142434400 11 13 16"))
    assert heard == [
        RealTime(0x12),
        Automatic(bytes.fromhex("1c200000")),
        Transmitted(0x0C),
        Block(0x22, b"ABCD"),
        RealTime(0x16),
    ]


@given(st.data())
def test_cuts_change_nothing(data):
    kinds = st.one_of(
        st.integers(0, 255).map(lambda b: bytes([b & 0b0110_1100 | 0b0001_0010])),
        st.tuples(*[st.integers(0, 255)] * 4).map(
            lambda t: bytes([t[0] & 0x6C | 0x10, *(b & 0x6F for b in t[1:])])
        ),
        st.integers(0, 255).map(lambda b: bytes([b & 0x6F])),
        st.binary(min_size=1, max_size=20).map(
            lambda b: b"\x37\x22" + bytes(32 + byte % 95 for byte in b) + b"\0"
        ),
    )
    whole = b"".join(data.draw(st.lists(kinds, max_size=20)))
    at_once = Ear().hear(whole)
    ear = Ear()
    piecewise = []
    position = 0
    while position < len(whole):
        size = data.draw(st.integers(1, 5))
        piecewise += ear.hear(whole[position : position + size])
        position += size
    assert piecewise == at_once
    assert ear.garbage == 0


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_garbage_is_survived_and_nothing_is_kept_for_ever(parts):
    ear = Ear()
    for part in parts:
        ear.hear(part)
        assert len(ear._left) < status.MAX_BLOCK


def test_a_block_that_never_ends_does_not_swallow_what_follows():
    ear = Ear()
    heard = ear.hear(b"\x37" + b"\x22" * 200 + b"\x12")
    assert heard[-1] == RealTime(0x12)
    assert ear.garbage > 0


def test_flow_control_may_stand_within_a_report_and_within_a_block():
    heard = Ear().hear(bytes.fromhex("1c 13 20 11 00 00  37 22 41 13 42 43 44 00"))
    assert heard == [Automatic(bytes.fromhex("1c200000")), Block(0x22, b"ABCD")]


@pytest.mark.parametrize("noise", ["10", "1000", "37", "3722"])
def test_noise_that_begins_like_something_longer_swallows_no_answer(noise):
    heard = Ear().hear(bytes.fromhex(noise) + b"\x12")
    assert heard[-1] == RealTime(0x12)


@pytest.mark.parametrize(
    ("read", "byte", "reasons"),
    [
        (status.offline_reasons, 0x12, set()),
        (status.offline_reasons, 0x16, {"cover-open"}),
        (status.offline_reasons, 0x32, {"media-empty"}),
        (status.offline_reasons, 0x52, {"other-error"}),
        (status.error_reasons, 0x1A, {"cutter-error"}),
        (status.error_reasons, 0x32, {"unrecoverable-error"}),
        (status.error_reasons, 0x52, {"overheated"}),
        (status.paper_reasons, 0x12, set()),
        (status.paper_reasons, 0x1E, {"media-low"}),
        (status.paper_reasons, 0x7E, {"media-empty"}),
        (status.transmitted_reasons, 0x00, set()),
        (status.transmitted_reasons, 0x03, {"media-low"}),
        (status.transmitted_reasons, 0x0F, {"media-empty"}),
    ],
)
def test_a_byte_means_what_the_manual_says(read, byte, reasons):
    assert read(byte) == reasons


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        ("10000000", set()),
        ("18000000", {"offline"}),
        ("38000000", {"cover-open"}),
        ("18000c00", {"media-empty"}),
        ("18080000", {"cutter-error"}),
        ("10000300", {"media-low"}),
        ("18000300", {"media-low", "offline"}),
    ],
)
def test_an_automatic_report_means_what_the_manual_says(data, reasons):
    assert status.automatic_reasons(bytes.fromhex(data)) == reasons
