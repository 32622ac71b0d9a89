"""Profiles: ours are sound, a technician's are read strictly and stand in for ours."""

from __future__ import annotations

import pytest

from appliance.printing.profile import MAX_BYTES, ProfileError, Profiles, read_profile

GOOD = b'title = "X"\ncolumns = 32\ndots = 384\npages = { 0 = "cp437" }\n'


def test_each_of_ours_can_be_read():
    profiles = Profiles()
    assert len(profiles.names()) >= 10
    for name in profiles.names():
        profile = profiles.get(name)
        assert profile.columns * 12 <= profile.dots
        assert profile.title


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"columns = 32\ndots = 384\n", "title"),
        (GOOD + b"colums = 3\n", "did you mean columns"),
        (GOOD.replace(b"32", b"5"), "columns"),
        (GOOD.replace(b"32", b'"wide"'), "columns"),
        (GOOD.replace(b"384", b"200"), "do not fit"),
        (GOOD.replace(b"cp437", b"cp-none"), "no codec of Python"),
        (GOOD.replace(b"cp437", b"utf-8"), "one byte a character"),
        (GOOD.replace(b"cp437", b"utf-16"), "no codec of Python|one byte a character"),
        (GOOD.replace(b"cp437", b"gb2312"), "one byte a character"),
        (GOOD.replace(b"0 =", b"300 ="), "0 to 255"),
        (GOOD.replace(b"0 =", b"a ="), "0 to 255"),
        (GOOD + b'substitutions = { "\xe2\x82\xb8" = "tg" }\n', "tables stay straight"),
        (GOOD + b'start = "xyz"\n', "start"),
        (GOOD + b'usb = ["4b8:e15"]\n', "usb"),
        (GOOD + b'images = "paint"\n', "images"),
        (b"\xff", "not UTF-8"),
        (b"title = ", "end of document"),
        (b"#" * (MAX_BYTES + 1), "at most"),
        (b"a=" + b"[" * 5_000, "shop.toml"),
    ],
)
def test_what_is_wrong_is_named(text, says):
    with pytest.raises(ProfileError, match=says) as refused:
        read_profile(text, "shop.toml")
    assert str(refused.value).startswith("shop.toml: ")


def test_a_technicians_file_is_taken_before_ours(tmp_path):
    (tmp_path / "xprinter.toml").write_bytes(GOOD)
    (tmp_path / "shop.toml").write_bytes(GOOD.replace(b'"X"', b'"Shop"'))
    profiles = Profiles(tmp_path)
    assert profiles.get("xprinter").columns == 32
    assert profiles.get("shop").title == "Shop"
    assert {"shop", "generic", "xprinter"} <= set(profiles.names())
    (tmp_path / "shop.toml").write_bytes(b"columns = 1")
    with pytest.raises(ProfileError, match=r"shop\.toml"):
        profiles.get("shop")


@pytest.mark.parametrize("name", ["epson-tm-p8", "../../etc/passwd", "", "x" * 100, "Generic"])
def test_a_name_there_is_not(name):
    with pytest.raises(ProfileError, match="there is no profile"):
        Profiles().get(name)


def test_a_printer_is_known_by_what_it_plugs_in_as(tmp_path):
    assert Profiles().of_usb("04b8", "0e15") == "epson-tm-p80"
    assert Profiles().of_usb("ffff", "0001") == "generic"
    (tmp_path / "broken.toml").write_bytes(b"?")
    (tmp_path / "own.toml").write_bytes(GOOD + b'usb = ["ffff:0001"]\n')
    assert Profiles(tmp_path).of_usb("ffff", "0001") == "own"
