"""Fixes out of gpsd's reports."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appliance.vehicle.fix import Fix
from appliance.vehicle.gpsd import MAX_LINE, GpsdParser

TPV: dict[str, Any] = {
    "class": "TPV",
    "device": "/dev/ttyUSB0",
    "mode": 3,
    "time": "2026-03-23T12:35:19.000Z",
    "lat": 48.1173,
    "lon": 11.5166667,
    "eph": 4.2,
    "speed": 11.5,
    "track": 84.4,
}


def line(**report: Any) -> bytes:
    return json.dumps(report).encode()


def test_a_report_is_a_fix() -> None:
    parser = GpsdParser()
    assert parser.feed(line(**{"class": "SKY", "uSat": 9, "satellites": []})) == []
    assert parser.feed(line(**TPV)) == [
        Fix(
            lat_e7=481173000,
            lon_e7=115166667,
            acc_m=5,
            speed_kmh=41,
            heading_deg=84,
            satellites=9,
            at_ms=1_774_269_319_000,
        )
    ]


def test_older_reports_tell_their_accuracy_by_axis() -> None:
    report = {name: value for name, value in TPV.items() if name != "eph"}
    (fix,) = GpsdParser().feed(line(**report, epx=3.0, epy=4.0))
    assert fix is not None
    assert fix.acc_m == 5


def test_no_fix_and_a_simulated_one_are_told_as_such() -> None:
    assert GpsdParser().feed(line(**{**TPV, "mode": 1})) == [None]
    (fix,) = GpsdParser().feed(line(**TPV, status=8))
    assert fix is not None
    assert fix.mock


def test_what_gpsd_says_is_wrong_is_kept_until_it_is_right() -> None:
    parser = GpsdParser()
    parser.feed(line(**{"class": "ERROR", "message": "Unrecognized request"}))
    assert "Unrecognized request" in parser.trouble
    assert parser.feed(line(**{"class": "DEVICE", "path": "/dev/x", "activated": 0})) == [None]
    assert "plugged in" in parser.trouble
    parser.feed(line(**TPV))
    assert parser.trouble == ""
    parser.feed(line(**{"class": "VERSION", "release": "9", "proto_major": 4}))
    assert "version 4" in parser.trouble


def test_broken_reports_are_counted() -> None:
    parser = GpsdParser()
    for broken in (b"", b"{", b"[]", b'{"class":"TPV","lat":"north"}', b"\xff", b"[" * 9_000):
        assert parser.feed(broken) == []
    assert parser.feed(line(**TPV, padding="x" * MAX_LINE)) == []
    assert parser.corrupt == 7
    for number in ("1e999", "-1e999", "NaN"):
        assert parser.feed(b'{"class":"TPV","mode":3,"lat":%s,"lon":1}' % number.encode()) in (
            [],
            [None],
        )


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*TPV, "status", "uSat", "message", "epx"]), values))
def test_no_report_breaks_it(report: dict[str, Any]) -> None:
    parser = GpsdParser()
    for kind in ("TPV", "SKY", "DEVICE", "ERROR", "VERSION", "ELSE"):
        parser.feed(line(**{**report, "class": kind}))


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    GpsdParser().feed(data)
