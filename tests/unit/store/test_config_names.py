"""Roles and collections that the config names: those there are not are told where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog
from box_bench import Bench, CollectionsPlugin

from appliance.api import Collection, Field, Permission, hookimpl
from appliance.config import ConfigError
from appliance.plugin_host.discovery import Found

TEXT = Field(name="text", type="text", required=True)
NOTES = Collection(name="notes", title="Notes", fields=(TEXT,), read=("scribe", "*"))


class Notes(CollectionsPlugin):
    """Brings a collection and two roles."""

    @hookimpl
    def permissions(self) -> Sequence[Permission]:
        return [Permission(role="reader", object="notes", verb="read")]


def notes() -> dict[str, Any]:
    return {"notes": Notes("notes", [NOTES])}


def problems(folder: Path, config: str, plugins: Any = notes) -> list[str]:
    try:
        Bench(folder, plugins, config).close()
    except ConfigError as error:
        return str(error).splitlines()
    return []


CARDS = """
[collections.cards]
key = ["code"]
{more}
[collections.cards.fields]
code = "text!"
{field}
"""

WRONG: dict[str, tuple[str, str]] = {
    "a role": (
        "[roles.agnet]\nread = ['notes']\n",
        "appliance.toml:4: roles.agnet: no such role (allowed: accounting, admin, agent, ...; "
        'did you mean "agent"? a new role needs a title)',
    ),
    "a collection that a role reads": (
        "[roles.agent]\nread = [\n  'note']\n",
        'appliance.toml:5: roles.agent.read: there is no collection "note" (allowed: kit_status, '
        'notes, print_jobs; did you mean "notes"?)',
    ),
    "a collection that a role writes": (
        "[roles.agent]\nwrite = ['xyz']\n",
        'appliance.toml:5: roles.agent.write: there is no collection "xyz" (allowed: kit_status, '
        "notes, print_jobs)",
    ),
    "a role that reads a collection": (
        CARDS.format(more="read = ['agent', 'scrib']", field=""),
        'appliance.toml:7: collections.cards.read: there is no role "scrib" (allowed: '
        'accounting, admin, agent, ...; did you mean "scribe"?)',
    ),
    "a role that writes a collection": (
        CARDS.format(more="write = ['redaer']", field=""),
        'appliance.toml:7: collections.cards.write: there is no role "redaer" (allowed: '
        'accounting, admin, agent, ...; did you mean "reader"?)',
    ),
    "what a field refers to": (
        CARDS.format(more="", field="note = 'ref:nots'"),
        'appliance.toml:10: collections.cards.fields.note.type: there is no collection "nots" '
        '(allowed: cards, kit_status, notes, print_jobs; did you mean "notes"?)',
    ),
    "the name of a plugin's collection": (
        "[collections.notes]\nkey = ['a']\nfields = { a = 'text!' }\n",
        "appliance.toml:4: collections.notes: the plugin notes has a collection of this name "
        "(give yours another name)",
    ),
    "a plugin": (
        "[plugins]\ndisabled = ['nots']\n",
        "appliance.toml:5: plugins.disabled: no plugin 'nots' is installed (allowed: notes; "
        'did you mean "notes"?)',
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_name_that_means_nothing_is_told_where_it_stands(tmp_path: Path, what: str) -> None:
    config, wanted = WRONG[what]
    (told,) = problems(tmp_path, config)
    shortened = told.replace(
        "agent, cashier, checker, client, driver, hq, manager, merchandiser, reader, scribe, "
        "supervisor, technician",
        "agent, ...",
    )
    assert shortened == wanted


def test_all_of_them_are_told_at_once(tmp_path: Path) -> None:
    config = "[roles.agnet]\nread = ['note']\n[roles.agent]\nread = ['xyz']\n[plugins.nots]\n"
    assert [line.split(": ")[1] for line in problems(tmp_path, config)] == [
        "roles.agnet",
        "roles.agnet.read",
        "roles.agent.read",
        "plugins.nots",
    ]


RIGHT = """
[roles.scribe]
read = ["notes"]
[roles.reader]
write = ["cards"]
[roles.packer]
title = "Packs goods"
read = ["notes", "cards"]
""" + CARDS.format(
    more="read = ['packer', '*']\nwrite = ['scribe', 'cashier']", field="n='ref:notes'"
)


def test_roles_of_plugins_and_roles_with_a_title_are_known(tmp_path: Path) -> None:
    assert problems(tmp_path, RIGHT) == []


def test_names_of_a_plugin_that_is_gone_are_known_from_memory(tmp_path: Path) -> None:
    assert problems(tmp_path, RIGHT) == []
    assert problems(tmp_path, RIGHT, dict) == []
    bench = Bench(tmp_path, dict, RIGHT)
    assert bench.box.permissions.allows(["packer"], "notes", "read")
    bench.close()


def test_names_of_a_plugin_that_never_served_are_refused_where_it_is_left_out(
    tmp_path: Path,
) -> None:
    config = "[plugins]\ndisabled = ['notes']\n[roles.scribe]\nread = ['notes']\n"
    left_out = Found("notes", "notes 1", "n.py", False, None, "plugins.disabled names it")
    with pytest.raises(ConfigError) as caught:
        _open(tmp_path, config, left_out)
    assert [p.key for p in caught.value.problems] == ["roles.scribe", "roles.scribe.read"]


@pytest.mark.parametrize("safe", [False, True])
def test_a_plugin_that_fails_stops_no_start_by_the_names_it_does_not_bring(
    tmp_path: Path, safe: bool
) -> None:
    """Nobody knows whether it would bring them; the technician is told all the same."""
    config = "[roles.scribe]\nread = ['notes']\n"
    reason = "cannot be loaded: as told"
    if safe:
        config += "[plugins]\nsafe_mode = true\n"
        reason = "safe mode: plugins.safe_mode keeps partners' plugins out"
    with structlog.testing.capture_logs() as logs:
        bench = _open(tmp_path, config, Found("notes", "notes 1", "n.py", False, None, reason))
    bench.close()
    told = [entry["problem"] for entry in logs if entry["event"] == "config_name_unknown"]
    assert [line.split(": ")[1] for line in told] == ["roles.scribe", "roles.scribe.read"]


def _open(folder: Path, config: str, one: Found) -> Bench:
    class Opened(Bench):
        def open(self) -> Any:
            from appliance.store.box import Box

            self.box = Box(self.settings, now_ms=lambda: self.now_ms, found=[one])
            return self.box

    return Opened(folder, {}, config)
