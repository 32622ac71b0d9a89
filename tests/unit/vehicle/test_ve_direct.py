"""VE.Direct frames, whole and broken."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.testing.line_player import ve_direct_frame
from appliance.vehicle.reading import Reading, of_figures, of_frame
from appliance.vehicle.ve_direct import MAX_FIELDS, MAX_NAME, MAX_VALUE, VeDirectParser

# A frame of a BlueSolar MPPT 75/15 as its display cable gives it, but for the serial number.
MPPT = (
    b"\r\nPID\t0xA042\r\nFW\t119\r\nSER#\tHQ1328A1B2C\r\nV\t12800\r\nI\t-410\r\nVPV\t18290"
    b"\r\nPPV\t12\r\nCS\t3\r\nERR\t0\r\nLOAD\tON\r\nIL\t400\r\nH19\t4\r\nH20\t2\r\nHSDS\t15"
    b"\r\nChecksum\t"
)
MPPT += bytes([-sum(MPPT) % 256])
BMV = {"V": 12610, "I": -2300, "P": -29, "SOC": 876, "TTG": 1234, "T": "---", "Alarm": "OFF"}

names = st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ#0123456789"), min_size=1, max_size=9)
values = st.text(st.sampled_from("-0123456789ABCXYZ.x "), max_size=33)
fields = st.dictionaries(names, values, max_size=22)


def test_a_frame_of_a_charger_is_read() -> None:
    parser = VeDirectParser()
    (frame,) = parser.feed(MPPT)
    assert frame["SER#"] == "HQ1328A1B2C"
    assert of_frame(frame) == Reading(
        voltage_mv=12800, current_ma=-410, power_w=12, charge="bulk", error=0
    )


def test_a_frame_of_a_battery_monitor_is_read_and_what_it_does_not_tell_is_none() -> None:
    (frame,) = VeDirectParser().feed(ve_direct_frame(BMV))
    reading = of_frame(frame)
    assert reading == Reading(
        voltage_mv=12610, current_ma=-2300, power_w=-29, soc_permille=876, minutes_left=1234
    )
    assert of_frame({"H1": "-1234", "H2": "0"}) is None
    assert of_frame({"V": "12600", "SOC": "1001", "TTG": "-1"}) == Reading(voltage_mv=12600)
    assert of_frame({"V": "12600", "CS": "77"}) == Reading(voltage_mv=12600, charge="other")


@given(st.lists(fields, min_size=1, max_size=5), st.data())
def test_frames_come_out_as_they_went_in_however_they_are_cut(
    told: list[dict[str, str]], data: st.DataObject
) -> None:
    stream = b"".join(ve_direct_frame(dict(one)) for one in told)
    parser = VeDirectParser()
    found = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += parser.feed(stream[:size])
        stream = stream[size:]
    assert found == told
    assert (parser.frames, parser.corrupt) == (len(told), 0)


def test_hex_messages_in_between_are_skipped_wherever_they_stand() -> None:
    frame = ve_direct_frame(BMV)
    hex_message = b":A0002000148\n"
    for at in [at for at in range(len(frame)) if frame[at : at + 2] == b"\r\n"]:
        parser = VeDirectParser()
        (found,) = parser.feed(frame[:at] + hex_message + frame[at:])
        assert of_frame(found) is not None
        assert parser.corrupt == 0


@pytest.mark.parametrize("at", range(2, len(MPPT)))
def test_one_wrong_byte_loses_that_frame_and_no_other(at: int) -> None:
    parser = VeDirectParser()
    parser.feed(MPPT)
    other = bytes([MPPT[at] ^ 0x01])
    found = parser.feed(MPPT[:at] + other + MPPT[at + 1 :] + MPPT + MPPT)
    assert found[-1:] == VeDirectParser().feed(MPPT)
    assert len(found) in (1, 2)
    assert parser.corrupt >= 1


def test_what_was_under_way_at_the_start_is_not_called_corrupt() -> None:
    parser = VeDirectParser()
    found = parser.feed(MPPT[40:] + MPPT)
    assert (len(found), parser.corrupt) == (1, 0)
    parser.restart()
    assert (len(parser.feed(MPPT[90:] + MPPT)), parser.corrupt) == (1, 0)


@given(st.binary(max_size=3_000))
def test_no_bytes_break_it_and_the_next_frames_are_read(noise: bytes) -> None:
    parser = VeDirectParser()
    parser.feed(noise)
    # A HEX message that began in the noise ends at the next line feed.
    found = parser.feed(MPPT * 4)
    assert found[-2:] == VeDirectParser().feed(MPPT) * 2


@pytest.mark.parametrize("start", [b"", b"\n", b"\r\nA\t", b":", b"\r\nChecksum"])
@pytest.mark.parametrize("piece", [b"x", b"\r\nA\t", b"\r\nB%d\t1", b"\n", b":", b"\t"])
def test_a_line_that_never_ends_a_frame_costs_no_memory(start: bytes, piece: bytes) -> None:
    parser = VeDirectParser()
    parser.feed(start)
    for number in range(2_000):
        parser.feed(piece.replace(b"%d", b"%d" % number))
        assert len(parser._fields) <= MAX_FIELDS
        assert len(parser._name) <= MAX_NAME
        assert len(parser._value) <= MAX_VALUE


def test_most_corrupt_frames_are_refused() -> None:
    source = random.Random(3)
    parser = VeDirectParser()
    parser.feed(MPPT)
    passed = 0
    for _ in range(500):
        bad = bytearray(MPPT)
        bad[source.randrange(len(bad))] ^= source.randrange(1, 256)
        bad[source.randrange(len(bad))] ^= source.randrange(1, 256)
        passed += len(parser.feed(bytes(bad)))
        parser.feed(MPPT)
    assert passed < 40  # two wrong bytes make up for each other once in 256 times


def test_registers_become_a_reading_and_impossible_figures_are_left_out() -> None:
    assert of_figures({"voltage": 12.345, "charge": 87.4, "temperature": 21.6}) == Reading(
        voltage_mv=12345, soc_permille=874, temperature_c=22
    )
    assert of_figures({"voltage": -3.0}) is None
    assert of_figures({"voltage": 13.0, "charge": 101.0}) == Reading(voltage_mv=13000)
