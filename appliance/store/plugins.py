"""Plugins of a box at its start: found, registered, collections compiled, settings read.

What a plugin declares wrongly takes that plugin out and nothing else; its collections stay from
the memory of an earlier start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from appliance.api.importing import Importer
from appliance.config.errors import ConfigProblem, Problems, Wrong, problem
from appliance.config.kinds import nearest
from appliance.config.plugin_section import read_plugin_sections
from appliance.config.settings import Settings
from appliance.plugin_host.discovery import Found, discover
from appliance.plugin_host.guard import Guard
from appliance.plugin_host.host import Failure, PluginHost
from appliance.plugin_host.remembered import Remembered
from appliance.store.config_names import unknown_names
from appliance.store.registration import Registration
from appliance.sync import declared
from appliance.sync.registry import Registry


class LoadedPlugins(NamedTuple):
    """The plugins, ready to serve.

    Attributes:
        host: calls them.
        registry: their collections, and those of the config.
        settings: each plugin's settings by its name.
        importers: by kind, with the owner's name.
        replaced: plugins of which nothing is to be remembered any more.
        doubts: names of the config that nobody knows, while a plugin that may bring them does
            not serve.
    """

    host: PluginHost
    registry: Registry
    settings: Mapping[str, Mapping[str, Any]]
    importers: Mapping[str, tuple[str, Importer]]
    replaced: Sequence[str]
    doubts: Sequence[ConfigProblem]

    def to_remember(self, now_ms: int) -> list[Remembered]:
        """Return what the next start shall know of the plugins of this one."""
        naming = self.host.having("device_buckets")
        serving = [
            Remembered.of(
                d,
                distribution=self.host.distribution(name),
                names_buckets=name in naming,
                now_ms=now_ms,
            )
            for name, d in self.host.declared.items()
        ]
        return [*serving, *self.host.remembered.values()]


def load(
    settings: Settings,
    now_ms: Callable[[], int],
    *,
    on_failure: Callable[[Failure], None],
    on_quarantine: Callable[[str, str], None],
    memory: Mapping[str, Remembered] | None = MappingProxyType({}),
    found: list[Found] | None = None,
) -> LoadedPlugins:
    """Load the plugins that the config wants.

    Args:
        settings: of the box.
        now_ms: the clock.
        on_failure: told of every failed call; any thread.
        on_quarantine: told of a plugin taken out; any thread.
        memory: what each plugin served last; None where that cannot be had.
        found: in place of the installed ones.

    Raises:
        ConfigError: a section ``[plugins.NAME]`` is wrong, a plugin, a role or a collection
            that is named is not there, or a collection of the config has the name of another.
    """
    host = PluginHost(
        Guard(settings.plugins.call_timeout_s),
        now_ms,
        on_failure=on_failure,
        on_quarantine=on_quarantine,
    )
    try:
        here = discover(_wanted(settings)) if found is None else found
        host.register(here)
        problems = Problems(settings.places.files)
        _check_installed(settings, [one.name for one in here], problems)
        ours = frozenset(one.name for one in here if one.first_party)
        registration = Registration(host, settings, memory, ours, problems)
        values = read_plugin_sections(
            settings.plugins.sections,
            {name: d.settings for name, d in host.declared.items()},
            [one.name for one in here],
            problems,
        )
        doubtful = memory is None or _unasked(settings, host, here)
        doubts: list[ConfigProblem] = []
        for path, wrong in unknown_names(settings, host, registration.registry):
            place = settings.places.of(path)
            if doubtful:
                doubts.append(problem(place, path, wrong))
            else:
                problems.add(place, path, wrong)
        problems.raise_found()
    except BaseException:
        host.stop()
        raise
    importers = {
        importer.kind: (name, importer)
        for name, d in host.declared.items()
        for importer in d.importers
    }
    for collection_name, spec in settings.collections.items():
        importers[collection_name] = (declared.OWNER, declared.importer(collection_name, spec))
    return LoadedPlugins(
        host, registration.registry, values, importers, registration.replaced, doubts
    )


def _wanted(settings: Settings) -> Callable[[str, bool], str]:
    plugins = settings.plugins

    def reason(name: str, first_party: bool) -> str:
        if plugins.safe_mode and not first_party:
            return "safe mode: plugins.safe_mode keeps partners' plugins out"
        if name in plugins.disabled:
            return "plugins.disabled names it"
        if plugins.enabled is not None and name not in plugins.enabled:
            return "plugins.enabled does not name it"
        return ""

    return reason


def _check_installed(settings: Settings, installed: list[str], problems: Problems) -> None:
    """Note names of plugins that are not installed."""
    plugins = settings.plugins
    known = tuple(sorted(installed))
    for key, names in (("enabled", plugins.enabled or ()), ("disabled", plugins.disabled)):
        for name in names:
            if name not in installed:
                path = ("plugins", key)
                reason = f"no plugin {name!r} is installed"
                wrong = Wrong(reason, ", ".join(known), nearest(name, known))
                problems.add(settings.places.of(path), path, wrong)


def _unasked(settings: Settings, host: PluginHost, here: list[Found]) -> bool:
    """Tell whether a plugin might bring names that nobody knows now."""
    return any(
        host.state(one.name) == "failed" or (settings.plugins.safe_mode and not one.first_party)
        for one in here
    )
