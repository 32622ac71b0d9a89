"""Fixes out of NMEA 0183."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.testing.line_player import NmeaPlayer, nmea_sentence
from appliance.vehicle.fix import Fix
from appliance.vehicle.nmea import MAX_SENTENCE, NmeaParser

RMC = nmea_sentence("GNRMC,123519.00,A,4807.0380,N,01131.0000,E,022.4,084.4,230326,,,A")
GGA = nmea_sentence("GNGGA,123519.00,4807.0380,N,01131.0000,E,1,08,0.9,545.4,M,46.9,M,,")
GST = nmea_sentence("GNGST,123519.00,15.5,15.3,7.2,21.8,3.0,4.0,0.8")
START = b"\r\n"
"""The line's first, cut sentence ends."""

FIX = Fix(
    lat_e7=481173000,
    lon_e7=115166667,
    acc_m=5,
    speed_kmh=41,
    heading_deg=84,
    satellites=8,
    at_ms=1_774_269_319_000,
)


def test_a_fix_is_put_together_from_its_sentences() -> None:
    parser = NmeaParser()
    assert parser.feed(START + GGA + RMC) == [FIX]
    assert parser.feed(GST + RMC)[0].acc_m == 5  # of 3 and 4 metres
    assert (parser.sentences, parser.corrupt) == (4, 0)


def test_what_other_sentences_said_does_not_hold_for_ever() -> None:
    parser = NmeaParser()
    found = parser.feed(START + GGA + RMC * 5)
    assert [fix.acc_m for fix in found] == [5, 5, 5, None, None]


def test_no_fix_yet_is_told_as_such() -> None:
    blind = nmea_sentence("GPRMC,,V,,,,,,,,,,N")
    assert NmeaParser().feed(START + blind + RMC)[0] is None


def test_simulated_and_typed_in_positions_are_marked() -> None:
    for mode in ("S", "M"):
        marked = nmea_sentence(f"GPRMC,123519,A,4807.038,N,01131.000,E,0.0,,230326,,,{mode}")
        assert NmeaParser().feed(START + marked)[0].mock
    simulated = nmea_sentence("GPGGA,123519,4807.038,N,01131.000,E,8,08,0.9,545.4,M,46.9,M,,")
    assert NmeaParser().feed(START + simulated + RMC)[0].mock
    assert not NmeaParser().feed(START + RMC)[0].mock


def test_a_place_that_is_none_on_earth_is_no_fix() -> None:
    wrong = nmea_sentence("GPRMC,123519,A,9907.038,N,01131.000,E,0.0,,230326,,,A")
    parser = NmeaParser()
    assert parser.feed(START + wrong) == [None]


def test_a_wrong_checksum_is_counted_and_the_next_sentence_read() -> None:
    parser = NmeaParser()
    assert parser.feed(START + RMC.replace(b"022.4", b"922.4") + RMC) == [parser.feed(RMC)[0]]
    assert parser.corrupt == 1
    assert parser.feed(b"$GPRMC,cut\r\n" + b"$" + b"x" * 400 + b"\r\n" + RMC)[0] is not None
    assert parser.corrupt == 3


def test_other_sentences_are_passed_over() -> None:
    parser = NmeaParser()
    parser.feed(START + nmea_sentence("GPGSV,1,1,00") + b"$PUBX,garbage*ZZ\r\n" + b"!AIVDM\r\n")
    assert (parser.sentences, parser.corrupt) == (0, 0)


@given(st.integers(1, 400))
def test_fixes_do_not_depend_on_how_the_line_is_cut(size: int) -> None:
    stream = START + (GGA + RMC) * 4
    parser = NmeaParser()
    found = []
    for at in range(0, len(stream), size):
        found += parser.feed(stream[at : at + size])
    assert found == [FIX] * 4


fragments = st.sampled_from(
    [b"$GPRMC,", b"$GNGGA,", b"$GPGST,", b"*", b",", b"A", b"N", b"4807.038", b"\r\n", b"99", b"-"]
)


@given(st.lists(st.binary(max_size=40) | fragments, max_size=80))
def test_no_bytes_break_it_or_cost_memory(pieces: list[bytes]) -> None:
    parser = NmeaParser()
    for piece in pieces:
        parser.feed(piece)
        assert len(parser._rest) <= MAX_SENTENCE
    assert parser.feed(START + GGA + RMC)[-1] == FIX


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=12)))
def test_no_sentence_with_a_right_checksum_breaks_it(cells: list[str]) -> None:
    parser = NmeaParser()
    for kind in ("RMC", "GGA", "GST"):
        parser.feed(START + nmea_sentence(",".join([f"GP{kind}", *cells])))
    parser.feed(RMC)


@given(st.floats(-89, 89), st.floats(-179, 179))
def test_a_place_that_a_player_says_is_the_one_that_is_read(lat: float, lon: float) -> None:
    player = NmeaPlayer(None, 1.0)
    player.lat, player.lon = lat, lon
    (fix,) = NmeaParser().feed(START + player.message())
    assert abs(fix.lat_e7 - lat * 1e7) < 20
    assert abs(fix.lon_e7 - lon * 1e7) < 20
