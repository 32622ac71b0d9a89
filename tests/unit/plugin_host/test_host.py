"""The host: one plugin's fault is that plugin's, by name, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from appliance.api import (
    Collection,
    Field,
    ImportRowError,
    Manifest,
    PluginError,
    Setting,
    hookimpl,
)
from appliance.api.commands import Command
from appliance.api.schedule import ScheduledJob
from appliance.plugin_host.discovery import Found, discover
from appliance.plugin_host.guard import Guard
from appliance.plugin_host.host import FAILURES, WINDOW_MS, Failure, PluginHost


def plugin(name: str, **members: Any) -> Any:
    """Make a plugin with a manifest and some hooks."""
    manifest = members.pop("manifest", None) or Manifest(name=name, version="1", title=name)
    hooks = {"manifest": staticmethod(hookimpl(lambda: manifest))}
    hooks |= {hook: staticmethod(hookimpl(function)) for hook, function in members.items()}
    return type(name, (), hooks)()


def found(name: str, made: Any, problem: str = "") -> Found:
    return Found(name, f"{name} 1", "test", False, made, problem)


class Hosted:
    """A host, its clock and what it told."""

    def __init__(self) -> None:
        self.now = 1_000_000_000
        self.failures: list[Failure] = []
        self.quarantines: list[tuple[str, str]] = []
        self.guard = Guard(0.2, look_every_s=0.02)
        self.host = PluginHost(
            self.guard,
            lambda: self.now,
            on_failure=self.failures.append,
            on_quarantine=lambda name, reason: self.quarantines.append((name, reason)),
        )

    def register(self, **plugins: Any) -> PluginHost:
        self.host.register([found(name, made) for name, made in plugins.items()])
        return self.host

    def state(self, name: str) -> tuple[str, str]:
        status = {one.name: one for one in self.host.status()}[name]
        return status.state, status.reason


@pytest.fixture
def hosted() -> Iterator[Hosted]:
    made = Hosted()
    yield made
    made.host.stop()


def nothing(mutation: Any, stored: Any, context: Any) -> None:
    return None


def fails(mutation: Any, stored: Any, context: Any) -> None:
    raise ZeroDivisionError("as told")


ARGUMENTS: dict[str, Any] = {"mutation": None, "stored": None, "context": None}


def test_each_plugin_is_called_alone(hosted: Hosted) -> None:
    host = hosted.register(
        one=plugin("one", validate_mutation=lambda mutation, stored, context: ["one"]),
        two=plugin("two", validate_mutation=lambda mutation: ["two"]),
        three=plugin("three"),
    )
    assert host.serving("validate_mutation") == ["one", "two"]
    assert host.call("one", "validate_mutation", **ARGUMENTS) == ["one"]
    assert host.call("two", "validate_mutation", **ARGUMENTS) == ["two"]
    assert host.call("three", "validate_mutation", **ARGUMENTS) is None
    with pytest.raises(PluginError, match="out of service"):
        host.call("four", "validate_mutation", **ARGUMENTS)


WRONG: list[tuple[str, Any, str]] = [
    ("no_manifest", SimpleNamespace(), "manifest"),
    ("text", "a text", "manifest"),
    ("raises", plugin("raises", collections=lambda: 1 // 0), "ZeroDivisionError"),
    ("exits", plugin("exits", collections=lambda: exec("raise SystemExit(1)")), "SystemExit"),
    ("odd", plugin("odd", collections=lambda: 5), "returned int, not a list"),
    ("mixed", plugin("mixed", collections=lambda: [5]), "holds int, not Collection"),
    (
        "misnamed",
        plugin("misnamed", manifest=Manifest(name="other", version="1", title="x")),
        "the manifest says 'other'",
    ),
    (
        "newer",
        plugin(
            "newer", manifest=Manifest(name="newer", version="1", title="x", api_version=(1, 9))
        ),
        "needs plugin API 1.9",
    ),
    (
        "major",
        plugin(
            "major", manifest=Manifest(name="major", version="1", title="x", api_version=(2, 0))
        ),
        "needs plugin API 2.0",
    ),
    (
        "lonely",
        plugin("lonely", manifest=Manifest(name="lonely", version="1", title="x", requires=("y",))),
        "needs the plugin 'y'",
    ),
    ("misspelt", plugin("misspelt", validate_mutatoin=nothing), "validate_mutatoin"),
    ("strange", plugin("strange", validate_mutation=lambda mutations: None), "mutations"),
    (
        "busy",
        plugin("busy", scheduled_jobs=lambda: [ScheduledJob(name="j", doc="j", every_s=1)]),
        "runs every 1 s",
    ),
    (
        "preset",
        plugin("preset", settings=lambda: [Setting("limit", "int", "L.", default="5")]),
        "setting 'limit': the default",
    ),
    (
        "twice",
        plugin("twice", commands=lambda: [Command(name="c", doc="c")] * 2),
        "command 'c' is declared twice",
    ),
    (
        "field",
        plugin(
            "field",
            collections=lambda: [
                Collection(name="c", title="c", fields=(Field(name="f", type="float"),))  # type: ignore[arg-type]
            ],
        ),
        "float",
    ),
]


@pytest.mark.parametrize(("name", "made", "says"), WRONG, ids=[name for name, _, _ in WRONG])
def test_a_plugin_that_cannot_serve_is_left_out_with_its_reason(
    hosted: Hosted, name: str, made: Any, says: str
) -> None:
    host = hosted.register(**{name: made, "good": plugin("good", validate_mutation=nothing)})
    state, reason = hosted.state(name)
    assert state == "failed"
    assert says in reason
    assert hosted.state("good") == ("active", "")
    assert host.serving("validate_mutation") == ["good"]
    assert list(host.declared) == ["good"]
    # A hook that fails is told of as such, and the start once more.
    assert {one.plugin for one in hosted.failures} == {name}
    assert hosted.failures[-1].hook == "start"


def test_what_needs_a_plugin_that_failed_fails_too(hosted: Hosted) -> None:
    def needs(name: str, *others: str) -> Any:
        return plugin(name, manifest=Manifest(name=name, version="1", title="x", requires=others))

    hosted.register(a=needs("a", "b"), b=needs("b", "c"), c=needs("c", "gone"), d=needs("d"))
    assert [hosted.state(name)[0] for name in "abcd"] == ["failed"] * 3 + ["active"]


def test_failures_in_a_row_quarantine_and_a_technician_allows_again(hosted: Hosted) -> None:
    host = hosted.register(bad=plugin("bad", validate_mutation=fails), good=plugin("good"))
    for number in range(1, FAILURES + 1):
        assert host.active("bad")
        with pytest.raises(
            PluginError, match=r"bad\.validate_mutation: ZeroDivisionError: as told"
        ):
            host.call("bad", "validate_mutation", **ARGUMENTS)
        assert len(hosted.failures) == number
    assert "test_host.py" in hosted.failures[0].text
    assert hosted.state("bad")[0] == "quarantined"
    assert [name for name, _ in hosted.quarantines] == ["bad"]
    with pytest.raises(PluginError, match="out of service: failed 3 times"):
        host.call("bad", "validate_mutation", **ARGUMENTS)
    assert len(hosted.failures) == FAILURES
    assert host.serving("validate_mutation") == []
    assert host.allow("bad") is True
    assert host.allow("bad") is False
    assert host.active("bad")
    for _ in range(FAILURES - 1):
        with pytest.raises(PluginError):
            host.call("bad", "validate_mutation", **ARGUMENTS)
    assert host.active("bad")


@pytest.mark.parametrize(("apart", "active"), [(WINDOW_MS // 2 + 1, True), (WINDOW_MS // 2, False)])
def test_only_failures_within_ten_minutes_count(hosted: Hosted, apart: int, active: bool) -> None:
    host = hosted.register(bad=plugin("bad", validate_mutation=fails))
    for _ in range(FAILURES):
        with pytest.raises(PluginError):
            host.call("bad", "validate_mutation", **ARGUMENTS)
        hosted.now += apart
    assert host.active("bad") is active


def test_nonsense_and_overruns_count_as_failures(hosted: Hosted) -> None:
    def hangs(mutation: Any) -> None:
        while True:
            pass

    host = hosted.register(bad=plugin("bad", validate_mutation=hangs))
    with pytest.raises(PluginError, match="took longer"):
        host.call("bad", "validate_mutation", **ARGUMENTS)
    assert str(host.refuse("bad", "apply_mutation", "returned nonsense")).endswith("nonsense")
    host.refuse("bad", "apply_mutation", "returned nonsense")
    assert not host.active("bad")


def test_refusing_a_row_of_an_import_is_no_failure(hosted: Hosted) -> None:
    def refuses(kind: str, values: Any) -> None:
        raise ImportRowError("no such group", column="Group")

    host = hosted.register(one=plugin("one", import_row=refuses))
    for _ in range(FAILURES + 1):
        with pytest.raises(ImportRowError):
            host.call("one", "import_row", kind="k", values={}, context=None)
    assert host.active("one")
    assert hosted.failures == []


def test_a_quarantine_is_restored_after_a_restart(hosted: Hosted) -> None:
    host = hosted.register(one=plugin("one", validate_mutation=nothing), two=plugin("two"))
    host.restore({"one": "failed before", "gone": "failed too"})
    assert hosted.state("one") == ("quarantined", "failed before")
    assert host.serving("validate_mutation") == []
    assert host.active("two")
    assert hosted.quarantines == []


# --- discovery -----------------------------------------------------------------------------------


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def point(name: str, module: str, package: str = "partner") -> EntryPoint:
    made = EntryPoint(name, f"{module}:plugin", "appliance.plugins")
    vars(made)["dist"] = SimpleNamespace(name=package, version="2.0")
    return made


def test_entry_points_are_loaded_each_on_its_own(packages: Path) -> None:
    (packages / "fb_test_good.py").write_text("plugin = 'the object'\n")
    (packages / "fb_test_raises.py").write_text("raise RuntimeError('at import')\n")
    (packages / "fb_test_empty.py").write_text("")
    points = [
        point("gone", "fb_test_gone"),
        point("good", "fb_test_good"),
        point("raises", "fb_test_raises"),
        point("empty", "fb_test_empty"),
        point("unwanted", "fb_test_raises"),
    ]
    result = {
        one.name: one
        for one in discover(lambda name, _first: "not wanted" * (name == "unwanted"), points)
    }
    assert (result["good"].plugin, result["good"].problem) == ("the object", "")
    assert result["good"].distribution == "partner 2.0"
    assert result["good"].origin == str(packages / "fb_test_good.py")
    assert "RuntimeError: at import" in result["raises"].problem
    assert "cannot be loaded: ModuleNotFoundError" in result["gone"].problem
    assert result["gone"].origin == "not found"
    assert "AttributeError" in result["empty"].problem
    assert result["unwanted"].problem == "not wanted"
    assert all(one.plugin is None for name, one in result.items() if name != "good")


def test_of_two_plugins_with_one_name_the_second_is_told_of(packages: Path) -> None:
    (packages / "fb_test_mine.py").write_text("plugin = 1\n")
    (packages / "fb_test_theirs.py").write_text("plugin = 2\n")
    points = [
        point("same", "fb_test_theirs", "partner"),
        point("same", "fb_test_mine", "fieldbox"),
    ]
    first, second = discover(points=points)
    assert (first.plugin, first.first_party, first.problem) == (1, True, "")
    assert second.plugin is None
    assert "fieldbox 2.0 brings a plugin of this name already" in second.problem
    hosted = Hosted()
    hosted.host.register([first._replace(plugin=plugin("same")), second])
    names = [one.name for one in hosted.host.status()]
    assert names == ["same", "same (partner 2.0)"]
    assert hosted.state("same (partner 2.0)")[0] == "left_out"
    hosted.host.stop()


def test_one_file_named_by_two_packages_is_one_plugin(packages: Path) -> None:
    (packages / "fb_test_one.py").write_text("plugin = 1\n")
    points = [point("one", "fb_test_one", "fieldbox"), point("one", "fb_test_one", "partner")]
    assert len(discover(points=points)) == 1


def test_a_plugin_that_ends_the_process_at_import_is_left_out(packages: Path) -> None:
    (packages / "fb_test_exits.py").write_text("raise SystemExit(3)\n")
    (one,) = discover(points=[point("exits", "fb_test_exits")])
    assert "cannot be loaded: SystemExit" in one.problem
