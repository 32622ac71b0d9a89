"""Which fixes are believed, and which are kept."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from appliance.vehicle.fix import BELIEVE_AFTER, Fix, Judge, distance_m, fix_of, turn_deg
from appliance.vehicle.track import Thinning, Track

RIGA = Fix(lat_e7=569_500_000, lon_e7=241_000_000, acc_m=5, speed_kmh=50, heading_deg=90)
THINNING = Thinning(distance_m=100, turn_deg=30, rest_s=300)


def moved(fix: Fix, east_m: float, **changes: int) -> Fix:
    metres = 111_195 * math.cos(math.radians(fix.lat_e7 / 1e7))
    told = {name: getattr(fix, name) for name in fix.__struct_fields__}
    return Fix(**{**told, "lon_e7": fix.lon_e7 + round(east_m / metres * 1e7), **changes})


def test_distances_are_those_of_the_sphere() -> None:
    assert abs(distance_m(RIGA, moved(RIGA, 1_000)) - 1_000) < 1
    east, west = (fix_of(0, lon) for lon in (179.999, -179.999))
    assert east is not None
    assert west is not None
    assert distance_m(east, west) < 300  # over the date line


def test_turns_go_the_short_way_round() -> None:
    assert turn_deg(moved(RIGA, 0, heading_deg=350), moved(RIGA, 0, heading_deg=10)) == 20
    assert turn_deg(RIGA, Fix(lat_e7=0, lon_e7=0)) == 0


def test_a_way_is_kept_by_distance_turn_and_time() -> None:
    track = Track(THINNING)
    assert track.keeps(RIGA, 0)
    assert not track.keeps(moved(RIGA, 60), 5)
    assert track.keeps(moved(RIGA, 120), 10)
    assert track.keeps(moved(RIGA, 140, heading_deg=180), 12), "a turn"
    assert not track.keeps(moved(RIGA, 140, heading_deg=270, speed_kmh=2), 20), "it stands"
    assert not track.keeps(moved(RIGA, 141), 311)
    assert track.keeps(moved(RIGA, 141), 312), "now and then"


def test_a_receiver_that_wanders_by_its_own_error_is_not_a_way() -> None:
    track = Track(THINNING)
    track.keeps(moved(RIGA, 0, acc_m=150, speed_kmh=0), 0)
    assert not track.keeps(moved(RIGA, 130, acc_m=150, speed_kmh=0), 10)
    assert track.keeps(moved(RIGA, 160, acc_m=150, speed_kmh=0), 20)


@given(st.lists(st.tuples(st.floats(0.1, 30), st.floats(-500, 500)), max_size=200))
def test_kept_fixes_are_never_less_than_a_second_apart(steps: list[tuple[float, float]]) -> None:
    track, now, east, last = Track(THINNING), 0.0, 0.0, None
    for seconds, metres in steps:
        now, east = now + seconds, east + metres
        if track.keeps(moved(RIGA, east), now):
            assert last is None or now - last >= 1.0
            last = now


def test_a_fix_worse_than_allowed_is_not_used() -> None:
    judge = Judge(100)
    assert judge.doubt(moved(RIGA, 0, acc_m=101), 0) == "inaccurate"
    assert judge.doubt(moved(RIGA, 0, acc_m=100), 0) is None


def test_a_jump_is_not_believed_until_the_receiver_insists() -> None:
    judge = Judge(100)
    assert judge.doubt(RIGA, 0) is None
    assert judge.doubt(moved(RIGA, 50_000), 1) == "impossible-speed"
    assert judge.doubt(moved(RIGA, 20), 2) is None, "it was one wrong fix"
    far = [judge.doubt(moved(RIGA, 50_000 + at), 3 + at) for at in range(BELIEVE_AFTER)]
    assert far == ["impossible-speed"] * (BELIEVE_AFTER - 1) + [None]
    assert judge.doubt(moved(RIGA, 50_010), 20) is None


def test_jumps_that_disagree_are_never_believed() -> None:
    judge = Judge(100)
    judge.doubt(RIGA, 0)
    for at in range(1, 30):
        where = 100_000 * at * (-1) ** at
        assert judge.doubt(moved(RIGA, where), at * 0.1) == "impossible-speed"
