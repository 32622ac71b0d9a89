from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment.authority import Authority
from appliance.enrollment.errors import NameRefused
from appliance.enrollment.server_names import NameLimits, parse_name, parse_network


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (" Van1.LOCAL. ", "van1.local"),
        ("localhost", "localhost"),
        ("xn--80aswg.lan", "xn--80aswg.lan"),
        ("192.168.1.20", ipaddress.ip_address("192.168.1.20")),
        ("[fd00::1]", ipaddress.ip_address("fd00::1")),
        ("::1", ipaddress.ip_address("::1")),
    ],
)
def test_names_and_addresses_are_read(text: str, meant: object) -> None:
    assert parse_name(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..b",
        "-a.local",
        "a-.local",
        "*.local",
        "my_box",
        "бокс.lan",
        "a b",
        "a\0b",
        "fe80::1%eth0",
        "1.2.3",
        "256.1.1.1",
        "a" * 64,
        "a." * 130 + "a",
        "http://a",
        "a/b",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NameRefused):
        parse_name(text)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        name = parse_name(text)
    except NameRefused:
        return
    assert parse_name(str(name)) == name


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "example.com/8", ""])
def test_a_wrong_network_is_refused(text: str) -> None:
    with pytest.raises(NameRefused, match="network"):
        parse_network(text)


@pytest.mark.parametrize(
    ("name", "permitted"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.0.1.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("172.31.255.255", True),
        ("172.32.0.0", False),
        ("192.168.0.9", True),
        ("169.254.7.7", True),
        ("fe80::5", True),
        ("fd12::5", True),
        ("2001:db8::5", False),
        ("8.8.8.8", False),
        ("van1", True),
        ("sub.van1", True),
        ("van1.local", True),
        ("xlocal", False),
        ("notvan1", False),
        ("example.com", False),
        ("box.example.com", True),
        ("203.0.113.7", True),
        ("203.0.113.8", False),
    ],
)
def test_limits_permit_local_and_added_names_only(
    authority: Authority, name: str, permitted: bool
) -> None:
    made = NameLimits.for_appliance("van1", ["box.example.com", "203.0.113.7"])
    assert made.permits(parse_name(name)) is permitted
    assert authority.limits.permits(parse_name(name)) is permitted


def test_a_network_may_be_added() -> None:
    limits = NameLimits.for_appliance("van1", ["203.0.113.0/24"])
    assert limits.permits(parse_name("203.0.113.200"))


def test_names_of_a_certificate_are_each_once_and_in_order() -> None:
    limits = NameLimits.for_appliance("van1")
    assert limits.parse(["van1", "VAN1.", "127.0.0.1"]) == (
        "van1",
        ipaddress.ip_address("127.0.0.1"),
    )


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "at least one"),
        ([f"a{n}.local" for n in range(101)], "at most 100"),
        (["van1", "example.com", "8.8.8.8"], r"example\.com, 8\.8\.8\.8"),
    ],
)
def test_names_that_cannot_be_certified_are_named(names: list[str], text: str) -> None:
    with pytest.raises(NameRefused, match=text):
        NameLimits.for_appliance("van1").parse(names)
