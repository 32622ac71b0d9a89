"""Profiles: how programs write their files, saved under names."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.daemon.saved_profiles import SavedProfiles
from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.profile_text import profile_text
from appliance.exchange.refusal import ProfileRefused
from appliance.store.audit import AuditBook


class ProfileView(msgspec.Struct, frozen=True, kw_only=True):
    """A profile.

    Attributes:
        name: for ``--profile``.
        built_in: every box has it.
        title: one sentence for people.
        text: what it says, as TOML; "" where it cannot be used.
        profile: the same as plain data; None where it cannot be used.
        problem: why it cannot be used, or "".
    """

    name: str
    built_in: bool
    title: str = ""
    text: str = ""
    profile: Profile | None = None
    problem: str = ""


class NamedProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names a profile."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class SaveProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile to save, in place of an earlier one of its name."""

    profile: Profile


def listing(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every profile, those of every box first."""
    found, wrong = SavedProfiles(desk.box.state_dir).all()
    rows: list[Any] = [_view(profile, built_in=True) for profile in PROFILES.values()]
    rows += [_view(profile, built_in=False) for profile in found.values()]
    rows += [
        ProfileView(name=name, built_in=False, problem=problem) for name, problem in wrong.items()
    ]
    return Listing(rows=rows)


def save(desk: Desk, params: SaveProfile, actor: str) -> ProfileView:
    """Save a profile."""
    try:
        SavedProfiles(desk.box.state_dir).save(params.profile)
    except ProfileRefused as error:
        raise OperationRefused(str(error), "invalid") from error
    except OSError as error:
        raise OperationRefused(f"the profile cannot be written: {error}", "unavailable") from error
    _note(desk, actor, "profile.save", params.profile.name)
    return _view(params.profile, built_in=False)


def remove(desk: Desk, params: NamedProfile, actor: str) -> Empty:
    """Remove a saved profile."""
    try:
        there = SavedProfiles(desk.box.state_dir).remove(params.name)
    except ProfileRefused as error:
        raise OperationRefused(str(error), "invalid") from error
    if not there:
        raise OperationRefused(f"there is no saved profile {params.name!r}", "not_found")
    _note(desk, actor, "profile.remove", params.name)
    return Empty()


def _note(desk: Desk, actor: str, action: str, name: str) -> None:
    desk.box.store.write(
        lambda tx: AuditBook(tx.db).add(tx.now_ms, actor, action, f"profile:{name}")
    )


def _view(profile: Profile, *, built_in: bool) -> ProfileView:
    return ProfileView(
        name=profile.name,
        built_in=built_in,
        title=profile.title,
        text=profile_text(profile),
        profile=profile,
    )


OPERATIONS = (
    Operation("profile.list", Empty, "read", listing),
    Operation("profile.save", SaveProfile, "write", save),
    Operation("profile.remove", NamedProfile, "write", remove),
)
