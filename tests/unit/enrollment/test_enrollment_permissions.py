from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api.permissions import ROLES, Permission, Verb
from appliance.enrollment.errors import PermissionRefused
from appliance.enrollment.permissions import (
    Override,
    Permissions,
    check_role,
    is_known_role,
    person,
)


def row(role: str, name: str, verb: Verb = "read") -> Permission:
    return Permission(role=role, object=name, verb=verb)


def override(role: str, name: str, effect: str, verb: Verb = "read") -> Override:
    return Override(role=role, object=name, verb=verb, effect=effect)  # type: ignore[arg-type]


DEFAULTS = [
    row("*", "products"),
    row("agent", "orders"),
    row("agent", "orders", "write"),
    row("manager", "report:day"),
]


def test_roles_read_and_write_what_their_rows_say() -> None:
    table = Permissions(DEFAULTS)
    assert table.readable(["agent"]) == {"products", "orders"}
    assert table.writable(["agent"]) == {"orders"}
    assert table.readable(["agent", "manager"]) == {"products", "orders", "report:day"}
    assert table.readable(["stranger"]) == {"products"}
    assert table.readable([]) == {"products"}
    assert table.writable([]) == frozenset()
    assert table.allows(["agent"], "orders", "write")
    assert not table.allows(["manager"], "orders", "write")


def test_the_config_adds() -> None:
    table = Permissions(DEFAULTS, [row("driver", "orders")])
    assert table.readable(["driver"]) == {"products", "orders"}


def test_a_stored_row_may_be_about_one_person() -> None:
    table = Permissions(
        DEFAULTS,
        (),
        [
            override("user:anna", "report:day", "allow"),
            override("user:boris", "orders", "deny", "write"),
        ],
    )
    assert table.allows(["agent", person("anna")], "report:day", "read")
    assert not table.allows(["agent", person("ann")], "report:day", "read")
    assert not table.allows(["agent", person("boris")], "orders", "write")
    assert table.allows(["agent", person("anna")], "orders", "write")


@pytest.mark.parametrize("holder", ["user:", "user:Anna", "user:*", "user:a b", "anna:user"])
def test_a_person_is_named_by_a_login(holder: str) -> None:
    with pytest.raises(PermissionRefused, match=r"names no login|cannot name a role"):
        Permissions(overrides=[override(holder, "orders", "allow")])


def test_only_an_administrator_decides_about_one_person() -> None:
    with pytest.raises(PermissionRefused, match="cannot name a role"):
        Permissions([row("user:anna", "orders")])
    with pytest.raises(PermissionRefused, match="cannot name a role"):
        Permissions((), [row("user:anna", "orders")])


def test_a_stored_deny_wins_over_every_layer_and_every_role() -> None:
    table = Permissions(
        DEFAULTS,
        [row("manager", "orders")],
        [override("agent", "orders", "deny"), override("manager", "orders", "allow")],
    )
    assert "orders" in table.readable(["manager"])
    assert "orders" not in table.readable(["agent"])
    assert "orders" not in table.readable(["agent", "manager"])
    assert table.writable(["agent"]) == {"orders"}


def test_a_deny_for_everyone_is_for_everyone() -> None:
    table = Permissions(DEFAULTS, (), [override("*", "products", "deny")])
    assert table.readable(["agent"]) == {"orders"}


def test_it_explains_itself() -> None:
    table = Permissions(DEFAULTS, (), [override("*", "orders", "deny", "write")])
    rulings = table.explain(["agent"], "orders", "write")
    assert [(ruling.origin, ruling.role, ruling.effect) for ruling in rulings] == [
        ("plugin", "agent", "allow"),
        ("stored", "*", "deny"),
    ]


ROLE = st.sampled_from(["*", "agent", "driver", "partner_x"])
OBJECT = st.sampled_from(["a", "b", "c"])
VERB: st.SearchStrategy[Verb] = st.sampled_from(["read", "write"])
ROWS = st.lists(st.builds(Permission, role=ROLE, object=OBJECT, verb=VERB), max_size=8)
OVERRIDES = st.lists(
    st.builds(
        Override, role=ROLE, object=OBJECT, verb=VERB, effect=st.sampled_from(["allow", "deny"])
    ),
    max_size=6,
)


@given(ROWS, ROWS, OVERRIDES, st.sets(st.sampled_from(["agent", "driver", "partner_x", "z"])))
def test_it_agrees_with_a_plain_model(
    defaults: list[Permission],
    additions: list[Permission],
    overrides: list[Override],
    roles: set[str],
) -> None:
    table = Permissions(defaults, additions, overrides)
    held = roles | {"*"}
    for verb, answer in (("read", table.readable(roles)), ("write", table.writable(roles))):
        for name in "abc":
            said = [o for o in overrides if o.object == name and o.verb == verb and o.role in held]
            rows = [r for r in defaults + additions if r.object == name and r.verb == verb]
            allowed = any(r.role in held for r in rows) or any(o.effect == "allow" for o in said)
            denied = any(o.effect == "deny" for o in said)
            assert (name in answer) is (allowed and not denied)
    assert table.readable(roles) is table.readable(sorted(roles))


def test_answers_for_many_sets_of_roles_stay_bounded() -> None:
    table = Permissions(DEFAULTS)
    for n in range(3_000):
        assert table.readable([f"role{n}"]) == {"products"}
    assert len(table._answers) <= 1_024


@pytest.mark.parametrize(
    ("permission", "text"),
    [
        (row("Agent", "orders"), "cannot name a role"),
        (row("", "orders"), "cannot name a role"),
        (row("agent", ""), "object must be"),
        (row("agent", "*"), "object must be"),
        (row("agent", "a b"), "object must be"),
        (row("agent", "orders", "delete"), "verb must be"),  # type: ignore[arg-type]
        (override("agent", "orders", "maybe"), "effect must be"),
    ],
)
def test_a_malformed_row_is_named_with_its_layer(
    permission: Permission | Override, text: str
) -> None:
    layers: dict[str, list[Permission | Override]] = {"overrides": [permission]}
    with pytest.raises(PermissionRefused, match=text) as caught:
        Permissions(**layers)  # type: ignore[arg-type]
    assert "stored permission" in str(caught.value)
    with pytest.raises(PermissionRefused, match="config permission"):
        Permissions(additions=[permission])  # type: ignore[list-item]


def test_known_roles_and_partners_roles() -> None:
    assert all(is_known_role(role) and check_role(role) == role for role in ROLES)
    assert check_role("night_shift_2") == "night_shift_2"
    assert not is_known_role("night_shift_2")
    for name in ("*", "", "A", "1a", "a-b", "a b", "a\n", "x" * 64, "роль"):
        with pytest.raises(PermissionRefused):
            check_role(name)
