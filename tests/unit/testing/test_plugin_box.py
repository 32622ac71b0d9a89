"""The box that partners test plugins in is a real one, and tells what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from appliance.api import (
    Change,
    Collection,
    Command,
    CommandOption,
    CommandResult,
    Context,
    Effect,
    Field,
    Issue,
    Manifest,
    Mutation,
    PluginError,
    Row,
    Write,
    hookimpl,
)
from appliance.config import ConfigError
from appliance.testing.box_device import BoxDevice, SumsDiffer
from appliance.testing.plugin_box import PluginBox

MakeBox = Callable[..., PluginBox]


class Notes:
    """A plugin with one collection, that remembers what it was asked."""

    def __init__(self, name: str = "notes") -> None:
        self.name = name
        self.asked: list[str] = []
        self.told: list[Change] = []

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name=self.name, version="1", title="Notes")

    @hookimpl
    def collections(self) -> Sequence[Collection]:
        return [
            Collection(
                name=self.name,
                title="Notes",
                fields=(
                    Field(name="text", type="text", required=True),
                    Field(name="user_id", type="id"),
                ),
                bucket=("user:{user_id}", "all"),
                direction="both",
                kind="request",
                deletable=True,
                write=("*",),
            )
        ]

    @hookimpl
    def validate_mutation(
        self, mutation: Mutation, stored: Row | None, context: Context
    ) -> Sequence[Issue] | None:
        self.asked.append(mutation.collection)
        text = mutation.row.get("text")
        if text == "boom":
            raise RuntimeError("boom")
        if text == "no":
            return [Issue(code="refused", severity="reject", text="No.", pointer="/text")]
        return None

    @hookimpl
    def apply_mutation(
        self, mutation: Mutation, stored: Row | None, issues: Sequence[Issue], context: Context
    ) -> Effect | None:
        text = mutation.row.get("text", "")
        return Effect(row={**mutation.row, "text": text.upper()}) if text.islower() else None

    @hookimpl
    def after_commit(self, changes: Sequence[Change]) -> None:
        self.told.extend(changes)

    @hookimpl
    def commands(self) -> Sequence[Command]:
        return [
            Command(
                name="add",
                doc="Add a note.",
                options=(CommandOption(name="text", doc="Its text.", default="new"),),
            )
        ]

    @hookimpl
    def run_command(self, command: str, options: dict[str, str], context: Context) -> CommandResult:
        write = Write(collection=self.name, id=context.new_id(), row={"text": options["text"]})
        return CommandResult(text=self.name, writes=(write,), failed=options["text"] == "fail")


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def box(fieldbox_box: MakeBox, notes: Notes) -> PluginBox:
    made = fieldbox_box(notes)
    made.user("anna", "agent")
    made.user("boris", "agent")
    return made


def test_a_device_pushes_and_pulls(box: PluginBox) -> None:
    device = box.device("anna")
    sent = device.put("notes", {"text": "As it is"})
    lower = device.put("notes", {"text": "changed"})
    answers = box.push(device, sent, lower)
    assert [a.outcome for a in answers] == ["applied", "applied"]
    assert [a.row for a in answers] == [None, {"text": "CHANGED"}]
    held = box.pull(device)["notes"]
    assert held == {sent["id"]: {"text": "As it is"}, lower["id"]: {"text": "CHANGED"}}
    assert held == box.records("notes")
    # From a cursor, so that its own record comes back as an ack.
    third = device.put("notes", {"text": "Third"})
    box.push(device, third)
    assert box.pull(device)["notes"][third["id"]] == {"text": "Third"}


def test_an_edit_starts_from_what_the_device_holds(box: PluginBox) -> None:
    one, two = box.device("anna"), box.device("boris")
    sent = one.put("notes", {"text": "First"})
    box.push(one, sent)
    assert box.pull(two)["notes"][sent["id"]] == {"text": "First"}
    (mine,) = box.push(one, one.put("notes", {"text": "Second"}, sent["id"]))
    (theirs,) = box.push(two, two.put("notes", {"text": "Other"}, sent["id"]))
    assert (mine.outcome, theirs.outcome) == ("applied", "conflict")
    assert (theirs.codes, theirs.row) == (["revision_stale"], {"text": "Second"})
    box.pull(two)
    (gone,) = box.push(two, two.delete("notes", sent["id"]))
    assert gone.outcome == "applied"
    assert box.pull(one)["notes"] == {}


def test_a_raw_line_is_sent_as_it_is(box: PluginBox) -> None:
    (answer,) = box.push(box.device("anna"), b"{not json")
    assert (answer.outcome, answer.codes, answer.mid) == ("quarantined", ["malformed"], None)


def test_devices_see_their_own_buckets(box: PluginBox) -> None:
    anna, boris = box.device("anna"), box.device("boris")
    mine = box.user("clara", "agent").id
    clara = box.device("clara")
    box.store("notes", {"text": "hers", "user_id": mine})
    assert box.pull(clara)["notes"] != {}
    assert box.pull(anna)["notes"] == box.pull(boris)["notes"] == {}


def test_a_rejected_mutation_stores_nothing(box: PluginBox) -> None:
    device = box.device("anna")
    (answer,) = box.push(device, device.put("notes", {"text": "no"}))
    assert (answer.outcome, answer.issues[0].pointer) == ("rejected", "/text")
    assert box.records("notes") == {}


def test_a_plugin_that_fails_is_told_and_the_rest_goes_on(box: PluginBox) -> None:
    device = box.device("anna")
    answers = box.push(
        device, device.put("notes", {"text": "boom"}), device.put("notes", {"text": "Fine"})
    )
    assert [a.outcome for a in answers] == ["quarantined", "applied"]
    (failure,) = box.failures()
    assert (failure.plugin, failure.hook) == ("notes", "validate_mutation")
    assert "boom" in failure.text


def test_a_failure_that_nobody_asked_for_fails_the_test(tmp_path: Path, notes: Notes) -> None:
    box = PluginBox(tmp_path, notes)
    box.user("anna", "agent")
    device = box.device("anna")
    box.push(device, device.put("notes", {"text": "boom"}))
    with pytest.raises(AssertionError, match=r"notes\.validate_mutation: RuntimeError: boom"):
        box.close()


def test_plugins_hear_of_commits(box: PluginBox, notes: Notes) -> None:
    record = box.store("notes", {"text": "x"})
    assert [(c.collection, c.id, c.op) for c in notes.told] == [("notes", record, "put")]


def test_commands_run_with_their_defaults_and_store_what_they_write(box: PluginBox) -> None:
    box.run_command("notes", "add")
    box.run_command("notes", "add", text="fail")
    assert [row["text"] for row in box.records("notes").values()] == ["new"]


def test_the_clock_is_the_tests(box: PluginBox) -> None:
    device = box.device("anna")
    early = device.put("notes", {"text": "From the future"})
    box.now_ms -= 3_600_000
    (answer,) = box.push(device, early)
    assert (answer.outcome, answer.codes) == ("applied", ["clock_skew"])


def test_a_call_reaches_one_plugin_whatever_was_registered_after_it(
    fieldbox_box: MakeBox,
) -> None:
    first, last = Notes("a_notes"), Notes("z_notes")
    box = fieldbox_box(first, last)
    assert box.run_command("a_notes", "add").text == "a_notes"
    assert box.run_command("z_notes", "add").text == "z_notes"
    box.user("anna", "agent")
    device = box.device("anna")
    box.push(device, device.put("a_notes", {"text": "Once"}))
    assert (first.asked, last.asked) == (["a_notes"], ["a_notes"])


class Broken(Notes):
    @hookimpl
    def collections(self) -> Sequence[Any]:
        return [{"name": "notes"}]


def test_a_plugin_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"notes: collections\(\) holds dict, not Collection"):
        PluginBox(tmp_path, Broken())


def test_a_wrong_config_says_why(tmp_path: Path, notes: Notes) -> None:
    with pytest.raises(ConfigError, match="most_notes"):
        PluginBox(tmp_path, notes, config="[plugins.notes]\nmost_notes = 3\n")


def test_a_box_goes_on_in_the_same_folder(tmp_path: Path) -> None:
    first = PluginBox(tmp_path, Notes())
    record = first.store("notes", {"text": "kept"})
    first.close()
    second = PluginBox(tmp_path, Notes())
    assert second.records("notes") == {record: {"text": "kept"}}
    second.close()


def test_a_device_that_lost_a_row_is_noticed(box: PluginBox) -> None:
    device = box.device("anna")
    record = box.store("notes", {"text": "x"})
    box.pull(device)
    del device.rows["notes"][record]
    with pytest.raises(SumsDiffer, match="notes"):
        box.pull(device)


def test_a_reset_drops_what_the_device_held() -> None:
    device = BoxDevice("d", 1, "anna", lambda: 0)
    device.take(b'{"put":"notes","id":"a","seq":1,"row":{}}\n')
    device.take(b'{"begin":{"epoch":"e","head":1,"reset":"floor"}}\n')
    assert device.rows == {}


def test_the_context_fixture_makes_contexts(fieldbox_context: Callable[..., Any]) -> None:
    context = fieldbox_context(Notes().collections(), {"notes": {"n": {"text": "x"}}})
    assert context.get("notes", "n") == {"text": "x"}
