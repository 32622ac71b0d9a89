"""A printer's own battery: what its answers mean, and when it holds printing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.printing.battery import (
    BatteryWatch,
    Charge,
    Gauge,
    gauge_of,
    read_quarter,
    read_sixth,
    read_volts,
)
from appliance.printing.profile import ProfileError, Profiles, read_profile

VOLTS = Gauge(question="ESC `", low_mv=6_600, good_mv=7_000)


@pytest.mark.parametrize(
    ("answer", "millivolts"),
    [("6c48", 7_600), ("6041", 6_400), ("e8ff", 20_000), ("3e20", 3_000)],
)
def test_volts_are_those_of_the_manuals(answer, millivolts):
    assert read_volts(bytes.fromhex(answer)) == Charge(voltage_mv=millivolts)


@pytest.mark.parametrize("answer", ["", "6c", "6c4800", "3d20", "e920", "6c1f", "0000", "12"])
def test_what_is_no_answer_is_no_voltage(answer):
    assert read_volts(bytes.fromhex(answer)) is None


def test_levels_are_those_of_the_manuals():
    assert [read_quarter(b"%d" % n).soc_permille for n in range(5)] == [875, 625, 375, 125, 0]
    assert [read_quarter(b"%d" % n).low for n in range(5)] == [False, False, False, True, True]
    assert [read_sixth(b"1%d" % n).soc_permille for n in (0, 3, 6)] == [0, 500, 1000]
    assert [read_sixth(b"1%d" % n).low for n in range(7)] == [True, True, *[False] * 5]
    assert not read_sixth(b"00").low, "it hangs on the mains"


@given(st.binary(max_size=6))
def test_no_other_bytes_are_a_level(data):
    assert read_quarter(data) is None or data in (b"0", b"1", b"2", b"3", b"4")
    assert read_sixth(data) is None or (data[:1] in b"01" and data[1:] in b"0123456")


def fed(*charges, gauge=VOLTS):
    watch = BatteryWatch(gauge)
    held = []
    for now, charge in enumerate(charges):
        watch.took(charge, float(now))
        held.append(watch.low)
    return held, watch


def volts(*values):
    return [Charge(voltage_mv=value) for value in values]


def test_it_is_held_after_two_low_answers_until_one_is_good():
    assert fed(*volts(6_500, 6_700, 6_500, 6_500, 6_900, 7_000, 6_900))[0] == [
        *(False, False, False, True),
        *(True, False, False),
    ]
    low, fine = Charge(soc_permille=125, low=True), Charge(soc_permille=375)
    assert fed(low, low, fine, gauge=Gauge(question="GS I b"))[0] == [False, True, False]


def test_a_battery_of_which_nothing_is_heard_holds_nothing_and_is_asked_seldom():
    held, watch = fed(*volts(6_500, 6_500), None, None, None)
    assert held == [False, True, True, True, False]
    assert watch.charge is None
    assert not watch.due(600.0)
    assert watch.due(4.0 + 600.0)


def test_without_a_threshold_nothing_is_held_and_without_a_question_nothing_is_asked():
    assert fed(*volts(3_000, 3_000, 3_000), gauge=Gauge(question="ESC `"))[0] == [False] * 3
    assert not BatteryWatch(Gauge()).due(1e9)
    assert BatteryWatch(VOLTS).due(0.0)


def test_profiles_say_how():
    asked = {name: gauge_of(Profiles().get(name)) for name in Profiles().names()}
    assert {name: one.question for name, one in asked.items() if one.question != "none"} == {
        "bixolon-spp-r": "GS I b",
        "datecs-dpp": "ESC `",
        "datecs-dpp-58": "ESC `",
        "epson-tm-p80": "DLE DC4 7",
    }
    assert asked["datecs-dpp"] == VOLTS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('battery = "ESC `"\nreports = true', "cannot be told from"),
        ('battery = "ESC `"\nbattery_low_v = 7', "must not be below battery_low_v"),
        ('battery = "GS I b"\nbattery_good_v = 7', "only a printer asked by ESC `"),
        ('battery = "GS I c"', "battery"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(text, told):
    with pytest.raises(ProfileError, match=told):
        read_profile(f'title = "x"\n{text}\n'.encode(), "x.toml")
