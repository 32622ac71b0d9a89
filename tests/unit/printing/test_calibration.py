"""What a calibration page tries, and under which commands."""

from __future__ import annotations

import re
import tomllib

import msgspec
import pytest

from appliance.api.documents import as_copy
from appliance.printing.calibration import (
    WIDTHS,
    calibration_page,
    introduction,
    pages_to_try,
    ruler,
    sample,
)
from appliance.printing.profile import Profile, Profiles, read_profile

PROFILE = Profile(title="Van's", pages={"17": "cp866", "9": "cp1251"}, qr="picture", start="1c2e")
OTHERS = [
    Profile(title="One", pages={"53": "kz1048", "17": "cp866", "46": "cp1251"}),
    Profile(title="Another", pages={"46": "cp1250"}),
    Profile(title="By ESC u", select="ESC u", pages={"13": "cp1252"}),
]


def page(profile: Profile = PROFILE, copy: int = 0) -> bytes:
    return calibration_page(as_copy(introduction("van", profile), copy), profile, OTHERS).data


def test_a_ruler_is_as_long_as_it_says() -> None:
    for columns in WIDTHS:
        assert len(ruler(columns)) == columns
        assert ruler(columns).startswith(f"columns = {columns} ")
        assert f"{ruler(columns)}\n".encode() in page()


def test_own_pages_come_first_and_those_of_another_command_never() -> None:
    assert pages_to_try(PROFILE, OTHERS) == [
        ("17", "cp866"),
        ("9", "cp1251"),
        ("46", "cp1250"),
        ("46", "cp1251"),
        ("53", "kz1048"),
    ]
    by_other_command = msgspec.structs.replace(PROFILE, select="ESC u")
    assert pages_to_try(by_other_command, OTHERS)[2:] == [("13", "cp1252")]


@pytest.mark.parametrize(("number", "codec"), [(17, "cp866"), (46, "cp1251"), (53, "kz1048")])
def test_letters_are_sent_raw_under_their_page(number: int, codec: str) -> None:
    letters = sample(codec, 32)
    assert b"\x1bt" + bytes((number,)) + letters.encode(codec) + b"\n" in page()
    assert f'pages.{number} = "{codec}"'.encode() in page()


def test_letters_of_kazakh_come_first_where_a_page_has_them() -> None:
    assert sample("kz1048", 32).startswith("ӘәҒғҚқҢңӨөҰұҮүҺһ")
    assert len(sample("kz1048", 16)) == 16
    assert sample("ascii", 32) == ""


def test_each_way_of_pictures_and_codes_is_tried_whatever_the_profile_says() -> None:
    for profile in (PROFILE, Profiles().get("datecs-dpp-58")):
        data = page(profile)
        assert b"\x1dv0" in data
        assert b"\x1d(L" in data
        assert b"\x1b3\x10\x1b*" in data
        assert b"\x1b3\x18\x1b*" in data
        assert b"\x1d(k" in data
        assert b"\x1dk" in data


def test_the_numbers_are_cut_off_without_feeding() -> None:
    data = page()
    assert b"feed_lines = 2\nfeed_lines = 1\n\x1dV\x01" in data
    assert b'cut = "full"\n' + b"\n" * 4 + b"\x1dV\x00" in data


def test_each_part_begins_as_a_job_does() -> None:
    data = page()
    assert data.count(b"\x1b@\x1c.") == data.count(b"\x1b@") > 10


def test_the_lines_on_the_page_make_a_profile() -> None:
    lines = re.findall(rb'[a-z_]+(?:\.\d+)? = (?:"\w+"|\d+)', page())
    keys = {line.split(b" = ")[0].decode(): line.decode() for line in lines}
    text = "\n".join(['title = "Mine"', *keys.values()])
    assert tomllib.loads(text)["pages"].keys() == {"17", "9", "46", "53"}
    assert read_profile(text.encode(), "mine.toml").feed_lines == 1


def test_a_copy_says_so() -> None:
    assert len(page(copy=1)) > len(page())
    assert page(copy=1)[:200] != page()[:200]


@pytest.mark.parametrize("name", Profiles().names())
def test_every_profile_of_ours_has_a_page_that_is_no_novel(name: str) -> None:
    profile = Profiles().get(name)
    made = calibration_page(introduction("van", profile), profile, Profiles().usable())
    assert len(made.data) < 100_000
    assert made.dots_high / profile.dots_mm < 1_000
