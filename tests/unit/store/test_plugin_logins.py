"""Logins that a plugin's job wants: of the roles that its manifest names, and of nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from appliance import api
from appliance.store.identities import IdentityBook
from appliance.testing.plugin_box import PluginBox

ID = "01977420-dc00-7000-8000-00000000000a"


class Welcoming:
    """A plugin whose job wants one login."""

    def __init__(self, wanted: api.Login) -> None:
        self.wanted = wanted

    @api.hookimpl
    def manifest(self) -> api.Manifest:
        return api.Manifest(name="welcoming", version="1.0", title="W", logins=("guest",))

    @api.hookimpl
    def scheduled_jobs(self) -> Sequence[api.ScheduledJob]:
        return [api.ScheduledJob(name="welcome", every_s=60, doc="Welcomes.")]

    @api.hookimpl
    def run_job(self, job: str, context: api.Context) -> Sequence[api.Write | api.Login]:
        return [self.wanted]


def login(**changes: object) -> api.Login:
    fields = {"user_id": ID, "login": "ann", "roles": ("guest",), "name": "Ann", **changes}
    return api.Login(**fields)  # type: ignore[arg-type]


def user_of(box: PluginBox, name: str) -> object:
    return box.box.store.fetch(lambda db: IdentityBook(db).user(name))


def test_a_login_is_made_locked_and_let_in_with_its_name_in_the_audit_log(
    fieldbox_box: Callable[..., PluginBox],
) -> None:
    plugin = Welcoming(login())
    box = fieldbox_box(plugin)
    for locked in (False, True, True, False):
        plugin.wanted = login(locked=locked)
        box.run_job("welcoming", "welcome")
        user = user_of(box, "ann")
        assert (user.id, user.roles, user.locked) == (ID, ("guest",), locked)  # type: ignore[attr-defined]
    found = box.box.store.fetch(lambda db: db.rows("SELECT actor, action FROM box_audit"))
    assert found == [
        ("plugin:welcoming", "user.add"),
        ("plugin:welcoming", "user.change"),
        ("plugin:welcoming", "user.change"),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"roles": ("admin",)}, "with the role 'admin'; its manifest's `logins` names: guest"),
        ({"roles": ("guest", "admin")}, "with the role 'admin'"),
        ({"login": "boris", "locked": True}, "with the role 'agent'"),
        ({"login": "A B"}, "use up to 64 lower-case letters"),
        ({"roles": ()}, "at least one role"),
        ({"user_id": "me"}, "no UUID"),
    ],
)
def test_what_a_plugin_may_not(
    fieldbox_box: Callable[..., PluginBox], changes: dict[str, object], why: str
) -> None:
    box = fieldbox_box(Welcoming(login(**changes)))
    box.user("boris", "agent")
    with pytest.raises(api.PluginError, match=why):
        box.run_job("welcoming", "welcome")
    assert user_of(box, "ann") is None
    assert user_of(box, "boris").locked is False  # type: ignore[attr-defined]
