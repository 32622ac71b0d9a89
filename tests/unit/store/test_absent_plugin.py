"""A plugin that does not start empties no device: its collections stay from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from appliance.api import (
    Collection,
    Field,
    Issue,
    Manifest,
    Mutation,
    Permission,
    Report,
    ReportColumn,
    Row,
    Write,
    hookimpl,
)
from appliance.plugin_host.discovery import Found
from appliance.store.plugin_memory import PluginMemory
from appliance.testing.box_device import BoxDevice
from appliance.testing.plugin_box import PluginBox

TEXT = Field(name="text", type="text", required=True)
PLACE = Field(name="place", type="text", required=True)
NOTES = Collection(
    name="notes",
    title="Notes",
    fields=(TEXT, PLACE),
    bucket=("place:{place}",),
    direction="both",
    kind="request",
    write=("agent",),
)
SECRETS = Collection(name="secrets", title="Secrets", fields=(TEXT,), read=("boss",))


class Places:
    """Declares notes that lie in places, and lets every device see one place."""

    def __init__(self, name: str = "places", *, requires: Sequence[str] = ()) -> None:
        self.name = name
        self.requires = tuple(requires)
        self.declares: Callable[[], Sequence[Collection]] = lambda: (NOTES, SECRETS)
        self.place = "here"
        self.api = (1, 0)

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(
            name=self.name,
            version="1.0",
            title="Places",
            api_version=self.api,
            requires=self.requires,
        )

    @hookimpl
    def collections(self) -> Sequence[Collection]:
        return list(self.declares())

    @hookimpl
    def permissions(self) -> Sequence[Permission]:
        return [Permission(role="agent", object="secrets", verb="read")]

    @hookimpl
    def device_buckets(self, device: Any, context: Any) -> Sequence[str]:
        return [f"place:{self.place}"]

    @hookimpl
    def validate_mutation(
        self, mutation: Mutation, stored: Row | None, context: Any
    ) -> Sequence[Issue] | None:
        if mutation.collection == "notes" and mutation.row.get("text") == "bad":
            return [Issue(code="bad", severity="reject", text="no good")]
        return None


class Other:
    """Another plugin, with what a test gives it."""

    def __init__(self, name: str, *collections: Collection) -> None:
        self.name = name
        self.declares = collections

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name=self.name, version="2.0", title="Another")

    @hookimpl
    def collections(self) -> Sequence[Collection]:
        return list(self.declares)


def fails() -> Sequence[Collection]:
    raise ZeroDivisionError("as told")


def unloadable() -> Found:
    problem = "cannot be loaded: ImportError: as told"
    return Found("places", "places 1.1", "places.py", False, None, problem)


def left_out(reason: str = "plugins.disabled names it") -> Found:
    return Found("places", "places 1.1", "places.py", False, None, reason)


@contextmanager
def opened(folder: Path, *plugins: Any, config: str = "") -> Iterator[PluginBox]:
    box = PluginBox(folder, *plugins, config=config, may_fail=True)
    try:
        yield box
        box.failures()
    finally:
        box.box.close()


@pytest.fixture
def device(tmp_path: Path) -> BoxDevice:
    """A device that holds a note and a secret, from a start at which all was well."""
    with opened(tmp_path, Places()) as box:
        box.user("anna", "agent")
        device = box.device("anna")
        box.store("notes", {"text": "first", "place": "here"})
        box.store("secrets", {"text": "known"})
        box.store("notes", {"text": "elsewhere", "place": "there"})
        held = box.pull(device)
        assert (len(held["notes"]), len(held["secrets"])) == (1, 1)
    return device


def held(box: PluginBox, device: BoxDevice) -> set[str]:
    return {row["text"] for rows in box.pull(device).values() for row in rows.values()}


def state(box: PluginBox, name: str = "places") -> tuple[str, str]:
    status = {one.name: one for one in box.box.plugins.host.status()}[name]
    return status.state, status.reason


def raising() -> Places:
    plugin = Places()
    plugin.declares = fails
    return plugin


def refused() -> Places:
    plugin = Places()
    plugin.api = (9, 0)
    return plugin


ABSENT: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "it cannot be imported": (lambda: [unloadable()], "failed"),
    "its hook raises": (lambda: [raising()], "failed"),
    "its manifest is refused": (lambda: [refused()], "failed"),
    "it needs one that is gone": (lambda: [Places(requires=["gone"])], "failed"),
    "the config leaves it out": (lambda: [left_out()], "left_out"),
    "safe mode": (lambda: [left_out("safe mode: plugins.safe_mode keeps")], "left_out"),
    "it was uninstalled": (list, "missing"),
}


@pytest.mark.parametrize("how", ABSENT)
def test_devices_keep_what_they_hold_while_a_plugin_does_not_start(
    tmp_path: Path, device: BoxDevice, how: str
) -> None:
    plugins, wanted = ABSENT[how]
    with opened(tmp_path, *plugins()) as box:
        assert state(box)[0] == wanted
        assert held(box, device) == {"first", "known"}
        # What the appliance itself still learns goes down too, and the sums agree.
        box.store("notes", {"text": "second", "place": "here"})
        assert held(box, device) == {"first", "second", "known"}
        # A device that never pulled gets the same.
        device.cursor = None
        device.rows.clear()
        device.seqs.clear()
        assert held(box, device) == {"first", "second", "known"}
    mended = Places()
    mended.place = "there"
    with opened(tmp_path, mended) as box:
        assert state(box) == ("active", "")
        assert held(box, device) == {"elsewhere", "known"}


def test_what_is_pushed_meanwhile_is_kept_unjudged_and_taken_in_later(
    tmp_path: Path, device: BoxDevice
) -> None:
    with opened(tmp_path, unloadable()) as box:
        good = device.put("notes", {"text": "good", "place": "here"})
        bad = device.put("notes", {"text": "bad", "place": "here"})
        newer = device.put("notes", {"text": "good", "place": "here", "colour": "red"})
        answers = box.push(device, good, bad, newer)
        assert [a.outcome for a in answers] == ["quarantined"] * 3
        assert [a.codes for a in answers] == [["plugin_failed"]] * 3
        assert box.records("notes").keys().isdisjoint({m["id"] for m in (good, bad, newer)})
        # Sent again, each is answered as before.
        again = box.push(device, good)
        assert (again[0].outcome, again[0].first) == ("duplicate", "quarantined")
    with opened(tmp_path, Places()) as box:
        kept = box.box.store.fetch(
            lambda db: [
                payload
                for (payload,) in db.rows("SELECT payload FROM box_mutations ORDER BY num")
                if payload
            ]
        )
        assert len(kept) == 3
        assert b'"text":"good"' in kept[0].replace(b" ", b"")


def test_a_plugin_that_comes_first_and_fails_leaves_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, raising()) as box:
        box.user("anna", "agent")
        device = box.device("anna")
        assert "notes" not in box.pull(device)
        (answer,) = box.push(device, device.put("notes", {"text": "x", "place": "here"}))
        assert (answer.outcome, answer.codes) == ("quarantined", ["collection_unknown"])


def test_grants_are_gained_and_none_is_lost_while_a_plugin_cannot_name_them(
    tmp_path: Path, device: BoxDevice
) -> None:
    teams = Collection(name="teams", title="Teams", fields=(TEXT,), bucket=("role:{text}",))
    other = Other("other", teams)
    with opened(tmp_path, unloadable(), other) as box:
        box.user("boris", "agent")
        fresh = box.device("boris")
        box.store("teams", {"text": "agent"})
        assert held(box, fresh) == {"agent", "known"}
        assert held(box, device) == {"agent", "first", "known"}


def test_a_plugin_that_only_names_buckets_is_remembered_for_that(tmp_path: Path) -> None:
    names = Places("names")
    names.declares = tuple
    with opened(tmp_path, names, Other("notes_only", NOTES)) as box:
        box.user("anna", "agent")
        device = box.device("anna")
        box.store("notes", {"text": "first", "place": "here"})
        assert held(box, device) == {"first"}
    with opened(tmp_path, Other("notes_only", NOTES)) as box:
        assert state(box, "names")[0] == "missing"
        assert held(box, device) == {"first"}


# --- names ---------------------------------------------------------------------------------------


def test_a_plugin_that_fails_keeps_the_names_of_its_collections(
    tmp_path: Path, device: BoxDevice
) -> None:
    with opened(tmp_path, unloadable(), Other("rival", NOTES)) as box:
        failed, why = state(box, "rival")
        assert failed == "failed"
        assert "'notes' is declared by places already" in why
        assert "plugins.disabled" in why
        assert held(box, device) == {"first", "known"}


def test_a_plugin_that_is_left_out_gives_a_name_to_who_declares_it(
    tmp_path: Path, device: BoxDevice
) -> None:
    with opened(tmp_path, left_out(), Other("rival", NOTES)) as box:
        assert state(box, "rival") == ("active", "")
        assert box.box.plugins.registry["notes"].owner == "rival"
        assert not box.box.plugins.registry["notes"].stands_in
        assert box.box.plugins.registry["secrets"].stands_in
        assert held(box, device) == {"first", "known"}
        (answer,) = box.push(device, device.put("notes", {"text": "bad", "place": "here"}))
        assert answer.outcome == "applied"
    # The rival goes, and places has no claim to notes any more: it is the rival's.
    with opened(tmp_path) as box:
        assert box.box.plugins.registry["notes"].owner == "rival"
        assert state(box, "rival")[0] == "missing"


def test_a_plugin_whose_every_collection_another_declares_is_forgotten(
    tmp_path: Path, device: BoxDevice
) -> None:
    with opened(tmp_path, Other("renamed", NOTES, SECRETS)) as box:
        assert [one.name for one in box.box.plugins.host.status()] == ["renamed"]
        assert "places" not in box.box.store.fetch(lambda db: PluginMemory(db).all())


def test_the_config_gets_a_name_that_is_left_out_and_not_one_that_failed(
    tmp_path: Path, device: BoxDevice
) -> None:
    from appliance.config import ConfigError

    config = '[collections.notes]\nkey = ["text"]\nfields = { text = "text!", place = "text" }\n'
    with (
        pytest.raises(ConfigError, match=r"collections\.notes: the plugin places"),
        opened(tmp_path, unloadable(), config=config),
    ):
        pass
    with opened(tmp_path, left_out(), config=config) as box:
        assert box.box.plugins.registry["notes"].owner == "config"


def test_a_name_taken_meanwhile_is_not_taken_back_by_memory(tmp_path: Path) -> None:
    """What requires a plugin that lost its name goes with it, and pushes there are not accepted."""
    with opened(tmp_path, Places("a")) as box:
        box.user("anna", "agent")
    child = Places("z", requires=["y"])
    own = Collection(name="own", title="Own", fields=(TEXT,), direction="both", write=("*",))
    child.declares = lambda: (own,)
    with opened(tmp_path, Places("a"), Places("y"), child) as box:
        assert [state(box, name)[0] for name in "ayz"] == ["active", "failed", "failed"]
        assert "own" not in box.box.plugins.registry


# --- the memory ----------------------------------------------------------------------------------


def test_memory_that_cannot_be_read_stops_no_start(tmp_path: Path, device: BoxDevice) -> None:
    with opened(tmp_path, Places()) as box:
        box.box.store.write(
            lambda tx: tx.db.rows("UPDATE box_plugin_memory SET served = '{\"name\": 5}'")
        )
    with opened(tmp_path, unloadable()) as box:
        assert state(box)[0] == "failed"
        assert "notes" not in box.box.plugins.registry
        assert held(box, device) == set()
    with opened(tmp_path, Places()) as box:
        assert held(box, device) == {"first", "known"}


def test_what_a_plugin_drops_while_it_serves_is_gone(tmp_path: Path, device: BoxDevice) -> None:
    smaller = Places()
    smaller.declares = lambda: (NOTES,)
    with opened(tmp_path, smaller) as box:
        assert held(box, device) == {"first"}
    with opened(tmp_path, unloadable()) as box:
        assert held(box, device) == {"first"}


def test_writes_and_reports_of_others_go_on(tmp_path: Path, device: BoxDevice) -> None:
    class Counting(Other):
        @hookimpl
        def reports(self) -> Sequence[Report]:
            column = ReportColumn(name="n", title="N", unit="int")
            return [
                Report(name="n", title="N", sql="SELECT count(*) FROM notes", columns=(column,))
            ]

        @hookimpl
        def identity_changed(self, user: Any, context: Any) -> Sequence[Write]:
            row = {"text": user.login, "place": "here"}
            return [Write(collection="notes", id=user.id, row=row)]

    with opened(tmp_path, unloadable(), Counting("counting")) as box:
        box.user("boris", "agent")
        assert box.report("counting", "n") == [(3,)]
        assert held(box, device) == {"first", "boris", "known"}
