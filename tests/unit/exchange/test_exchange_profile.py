"""Profiles: plain data that refuses to contradict itself."""

from __future__ import annotations

import msgspec
import pytest

from appliance.exchange.profile import ENCODINGS, PROFILES, Profile, ProfileColumn, find_profile
from appliance.exchange.refusal import ProfileRefused


def test_the_built_in_profiles_are_listed_under_their_names() -> None:
    assert {name: profile.name for name, profile in PROFILES.items()} == {
        "ru-csv": "ru-csv",
        "ru-csv-utf8": "ru-csv-utf8",
        "csv": "csv",
        "xlsx": "xlsx",
    }
    russian = find_profile("ru-csv")
    assert (russian.encoding, russian.delimiter, russian.decimal) == ("windows-1251", ";", ",")


def test_an_unknown_profile_names_the_nearest_and_all() -> None:
    with pytest.raises(ProfileRefused) as refused:
        find_profile("ru-cvs")
    assert "Did you mean ru-csv?" in str(refused.value)
    assert "csv, ru-csv, ru-csv-utf8, xlsx" in str(refused.value)


def test_a_hostile_name_does_not_reach_the_terminal_as_it_is() -> None:
    with pytest.raises(ProfileRefused) as refused:
        find_profile("\x1b[31mred")
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("encoding", [e for e in ENCODINGS if e[:6] != "utf-16"])
def test_ascii_bytes_stand_for_themselves_in_every_encoding(encoding: str) -> None:
    ascii_bytes = bytes(range(128))
    assert ascii_bytes.decode(encoding) == ascii_bytes.decode("ascii")
    assert ascii_bytes.decode("ascii").encode(encoding) == ascii_bytes


@pytest.mark.parametrize(
    "encoding", [name for name in ENCODINGS if name not in ("utf-8", "utf-16")]
)
def test_every_other_encoding_has_one_byte_for_a_character(encoding: str) -> None:
    for byte in range(256):
        assert len(bytes([byte]).decode(encoding, "replace")) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "1 to 64"),
        ({"encoding": "utf-7"}, "not one of"),
        ({"delimiter": "x"}, "delimiter must be one of"),
        ({"delimiter": ";;"}, "delimiter must be one of"),
        ({"thousands": " ."}, "thousands"),
        ({"thousands": "1"}, "no letter, digit"),
        ({"title_lines": -1}, "0 to 100"),
        ({"encoding": "cp866", "export_bom": True}, "byte order mark"),
        ({"columns": [{"header": " ", "column": "code"}]}, "empty"),
        ({"columns": [{"header": "Цена", "column": "price", "digits": 10}]}, "0 to 9"),
        ({"decimal": ";"}, "Invalid enum value"),
        ({"delimeter": ";"}, "unknown field"),
    ],
)
def test_a_profile_from_a_file_is_checked(change: dict[str, object], reason: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert({"name": "own", **change}, Profile)


def test_a_profile_survives_being_written_down() -> None:
    profile = Profile(
        name="own",
        delimiter="\t",
        thousands="'",
        columns=(ProfileColumn(header="Цена, коп", column="price", kind="prices", digits=2),),
    )
    assert msgspec.json.decode(msgspec.json.encode(profile), type=Profile) == profile
