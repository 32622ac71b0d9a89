import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.http.limits import ConnectionGate, ConnectionLimits, address_key


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("/run/socket", "/run/socket"),
    ],
)
def test_what_counts_as_one_address(host, key):
    assert address_key(host) == key


def test_one_address_cannot_take_every_place():
    gate = ConnectionGate(ConnectionLimits(max_connections=3, max_per_address=2))
    assert [gate.enter(host) for host in ("a", "a", "a", "b", "c")] == [
        True,
        True,
        False,
        True,
        False,
    ]
    assert (gate.open, gate.refused) == (3, 2)
    gate.leave("a")
    assert gate.enter("c") and not gate.enter("a")


@given(st.lists(st.sampled_from("abc")))
def test_places_are_given_back(hosts):
    limits = ConnectionLimits(max_connections=4, max_per_address=2)
    gate = ConnectionGate(limits)
    inside = []
    for host in hosts:
        if gate.enter(host):
            inside.append(host)
        elif inside:
            gate.leave(inside.pop(0))
        assert gate.open == len(inside) <= 4
        assert all(inside.count(one) <= 2 for one in inside)
    for host in inside:
        gate.leave(host)
    assert gate.open == 0
    assert all(gate.enter(host) for host in "abca")
