"""What every plugin must hold to, as tests that a plugin inherits.

In a test file of a plugin::

    from appliance.testing.conformance.plugin_suite import PluginSuite
    from my_plugin import plugin


    class TestMyPlugin(PluginSuite):
        plugin = plugin

Everything that crosses the plugin API is plain data: it can be written as JSON and read back as
the same. Declarations name each other correctly, every declared thing has the hook that serves
it, and an appliance takes the plugin.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import pytest

from appliance.api import Manifest, Texts, hookspecs
from appliance.plugin_host.declarations import Declarations, check_manifest, gather
from appliance.testing.plugin_box import PluginBox

T = TypeVar("T")

SERVED_BY = {
    "endpoints": "handle_request",
    "document_kinds": "render_document",
    "jobs": "run_job",
    "commands": "run_command",
    "importers": "import_row",
}
"""Members of `Declarations` and the hook that each needs."""


def round_trip(value: T, kind: Any = None) -> T:
    """Return a value after a trip through JSON.

    Args:
        value: plain data of the plugin API.
        kind: the type it is read back as; its own where None.

    Raises:
        TypeError, msgspec.ValidationError: it is no plain data of its type.
    """
    result: T = msgspec.json.decode(msgspec.json.encode(value), type=kind or type(value))
    return result


def assert_plain(value: Any, kind: Any = None) -> None:
    """Fail where a value is not the same after a trip through JSON; arguments of `round_trip`.

    Tuples and lists count as the same where the type does not say which.
    """
    there_and_back = round_trip(value, kind)
    assert msgspec.to_builtins(there_and_back) == msgspec.to_builtins(value)


def hook_names() -> list[str]:
    """Return the names of all hooks of the plugin API, in the order they are declared."""
    return [
        name
        for name, value in vars(hookspecs).items()
        if callable(value) and hasattr(value, f"{hookspecs.PROJECT}_spec")
    ]


def implemented(plugin: Any) -> dict[str, Callable[..., Any]]:
    """Return what a plugin marked as hooks, by name."""
    marked = {}
    for name in dir(plugin):
        member = getattr(plugin, name, None)
        if callable(member) and hasattr(member, f"{hookspecs.PROJECT}_impl"):
            marked[name] = member
    return marked


class PluginSuite:
    """Inherit from it and name the plugin.

    Attributes:
        plugin: the object that the entry point names.
        others: plugins that its manifest requires.
        config: TOML that the appliance needs with it.
        texts: its sentences, where they come in several languages.
    """

    plugin: Any
    others: tuple[Any, ...] = ()
    config: str = ""
    texts: Texts | None = None

    @pytest.fixture
    def declared(self) -> Declarations:
        """Everything the plugin declares."""
        hooks = implemented(self.plugin)

        def ask(name: str) -> Any:
            return hooks[name]() if name in hooks else None

        manifest = check_manifest(self.plugin.manifest().name, self.plugin.manifest())
        return gather(manifest, ask)

    def test_its_hooks_are_hooks(self) -> None:
        """A misspelt hook, or a misspelt argument, would never be called."""
        for name, function in implemented(self.plugin).items():
            assert name in hook_names(), f"there is no hook {name!r}"
            known = inspect.signature(getattr(hookspecs, name)).parameters
            wanted = inspect.signature(function).parameters
            assert set(wanted) <= set(known), f"{name} has no argument {set(wanted) - set(known)}"

    def test_its_declarations_are_plain_data(self, declared: Declarations) -> None:
        """They travel to other processes and into documentation."""
        assert_plain(declared)

    def test_its_declarations_are_the_same_each_time(self, declared: Declarations) -> None:
        """They are asked once at the start; an answer that changes is an answer to luck."""
        for name in ("settings", "collections", "permissions", "http_endpoints", "importers"):
            hook = implemented(self.plugin).get(name)
            if hook is not None:
                assert list(hook()) == list(hook()), name
        assert self.plugin.manifest() == declared.manifest

    def test_what_it_declares_has_a_hook_that_serves_it(self, declared: Declarations) -> None:
        """A declared command without `run_command` is a button without a wire."""
        hooks = implemented(self.plugin)
        for member, hook in SERVED_BY.items():
            if getattr(declared, member):
                assert hook in hooks, f"{member} are declared, but there is no {hook}"
        if any(c.conflict == "hook" for c in declared.collections):
            assert "resolve_conflict" in hooks

    def test_its_settings_have_defaults(self, declared: Declarations) -> None:
        """A box without a section for the plugin must start."""
        for setting in declared.settings:
            assert setting.doc.endswith("."), f"{setting.name}: its doc is no sentence"

    def test_its_sentences_are_translated(self) -> None:
        """A sentence that lacks a translation is read in English by somebody who does not."""
        faults = [] if self.texts is None else self.texts.faults()
        assert not faults, "\n".join(faults)

    def test_an_appliance_takes_it(self, fieldbox_box: Callable[..., PluginBox]) -> None:
        """Collections compile, settings are read, views are made, nothing fails."""
        box = fieldbox_box(self.plugin, *self.others, config=self.config)
        manifest: Manifest = self.plugin.manifest()
        status = {one.name: one.state for one in box.box.plugins.host.status()}
        assert status[manifest.name] == "active"
        for report in box.box.plugins.host.declared[manifest.name].reports:
            rows = box.report(manifest.name, report.name)
            assert all(len(row) == len(report.columns) for row in rows)

    def test_it_names_buckets_for_a_device_of_an_empty_box(
        self, fieldbox_box: Callable[..., PluginBox]
    ) -> None:
        """A device that enrolls before any data is there sees what is for all, and no error."""
        box = fieldbox_box(self.plugin, *self.others, config=self.config)
        box.user("anna", "agent")
        assert isinstance(box.pull(box.device("anna")), dict)
