from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import Address, Secret, forms
from appliance.config.errors import Wrong
from appliance.config.forms import Form

ALL_FORMS = [value for value in vars(forms).values() if isinstance(value, Form)]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("0.0.0.0:8443", "0.0.0.0", 8443),
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[::]:65535", "::", 65535),
        ("[2001:db8:0:0::1]:443", "2001:db8::1", 443),
    ],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert forms.ADDRESS.parse(text) == Address(host, port)


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("0.0.0.0", '"0.0.0.0" has no port', 'write "0.0.0.0:8443"'),
        (":8443", '":8443" has no address', 'write "0.0.0.0:8443"'),
        ("localhost:1", "localhost is a name", 'write "127.0.0.1:1"'),
        ("box.lan:1", '"box.lan" is no IP address', ""),
        ("::1:443", '"::1:443" has an address of the wrong form', 'write "[::1]:443"'),
        ("[1.2.3.4]:1", '"[1.2.3.4]:1" has an address of the wrong form', "only IPv6 has brackets"),
        ("1.2.3.4:65536", '"65536" is no port', "a port is a number from 0 to 65535"),
        ("1.2.3.4:+1", '"+1" is no port', "a port is a number from 0 to 65535"),
        ("1.2.3.4:١", '"١" is no port', "a port is a number from 0 to 65535"),
        ("[fe80::1%eth0]:1", '"fe80::1%eth0" names a network interface', 'leave out the "%..."'),
        ("1.2.3:1", '"1.2.3" is no IP address', ""),
    ],
)
def test_wrong_addresses(text: str, reason: str, hint: str) -> None:
    with pytest.raises(Wrong) as caught:
        forms.ADDRESS.parse(text)
    assert (caught.value.reason, caught.value.hint) == (reason, hint)


@given(st.ip_addresses(), st.integers(0, 65535))
def test_an_address_reads_back_what_it_shows(ip: Any, port: int) -> None:
    address = Address(str(ip), port)
    assert forms.ADDRESS.parse(str(address)) == address


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (("0.0.0.0", 80), ("127.0.0.1", 80), True),
        (("127.0.0.1", 80), ("127.0.0.1", 80), True),
        (("127.0.0.1", 80), ("127.0.0.2", 80), False),
        (("0.0.0.0", 80), ("127.0.0.1", 81), False),
        (("0.0.0.0", 0), ("0.0.0.0", 0), False),
    ],
)
def test_overlap(one: tuple[str, int], other: tuple[str, int], overlap: bool) -> None:
    assert Address(*one).overlaps(Address(*other)) is overlap
    assert Address(*other).overlaps(Address(*one)) is overlap


@pytest.mark.parametrize("text", ["box", "Box.Example.lan", "192.168.7.1", "2001:db8::1", "a-1.b"])
def test_hosts(text: str) -> None:
    assert forms.HOST.parse(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-a",
        "a-",
        "a..b",
        "a_b",
        "https://box",
        "box:1",
        "1.2.3.999",
        "x" * 64,
        "*.a",
        "б.рф",
        "a." * 150,
    ],
)
def test_wrong_hosts(text: str) -> None:
    with pytest.raises(Wrong):
        forms.HOST.parse(text)


@pytest.mark.parametrize("text", ["", " ", "a\nb", "я" * 32, "\u202ename"])
def test_wrong_display_names(text: str) -> None:
    with pytest.raises(Wrong):
        forms.DISPLAY_NAME.parse(text)


@pytest.mark.parametrize("text", ["", "~", "~root/x", "a\0b", "x" * 5000])
def test_wrong_paths(text: str) -> None:
    with pytest.raises(Wrong):
        forms.PATH.parse(text)
    assert forms.PATH.parse("a b/я") == Path("a b/я")


def test_a_secret_shows_nothing_but_its_presence() -> None:
    secret = forms.SECRET.parse("hunter2")
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret!r} {secret} {secret!s:>20}"
    assert bool(secret)
    assert not Secret()
    assert secret == Secret("hunter2")
    assert secret != Secret("hunter3")
    assert len({secret, Secret("hunter2"), Secret("")}) == 2


@pytest.mark.parametrize("form", ALL_FORMS, ids=lambda form: form.allowed[:30])
@given(text=st.one_of(st.text(max_size=30), st.from_regex(r"[a-z0-9:.{}_\[\]*!~-]{0,20}")))
def test_a_form_takes_or_refuses_and_the_schema_is_never_stricter(form: Form, text: str) -> None:
    try:
        form.parse(text)
    except Wrong as wrong:
        assert wrong.reason
        return
    assert re.search(form.pattern, text), "the schema refuses what the appliance takes"
