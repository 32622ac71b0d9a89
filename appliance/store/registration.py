"""Registration: who gets which name, and what stands in for the plugins that do not serve.

A collection belongs to the plugin that declares it. What a plugin served at an earlier start and
does not declare now is taken from memory, so that devices keep its records:

* a plugin that fails keeps the names of its collections; nobody else gets them meanwhile;
* one that the config leaves out, or that is not installed any more, gives a name up to whoever
  declares it now: another plugin, or the config.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import structlog

from appliance.api.collections import Collection
from appliance.api.errors import PluginError
from appliance.config.errors import Problems, Wrong
from appliance.config.settings import Settings
from appliance.enrollment.errors import PermissionRefused
from appliance.enrollment.permissions import Permissions
from appliance.plugin_host.host import PluginHost
from appliance.plugin_host.remembered import Remembered
from appliance.store import own_collections
from appliance.store.declared_rights import declared_rights
from appliance.store.references import unknown_reference
from appliance.sync import declared
from appliance.sync.registry import CompiledCollection, Registry


class Registration:
    """Fills a registry from plugins, memory and config.

    Attributes:
        registry: every collection of this start.
        replaced: plugins whose every collection somebody else declares now: nothing of them is
            to be remembered.
    """

    def __init__(
        self,
        host: PluginHost,
        settings: Settings,
        memory: Mapping[str, Remembered] | None,
        first_party: frozenset[str],
        problems: Problems,
    ) -> None:
        """Register.

        Args:
            host: its plugins have declared; one whose name is taken is taken out.
            settings: of the box.
            memory: what each plugin served last; None where that cannot be had: then no
                collection can be told from one that is remembered.
            first_party: names of the plugins that came with Fieldbox. Where two plugins want one
                name, such a one keeps it.
            problems: gets each collection of the config that has the name of a plugin's.
        """
        self.registry = Registry()
        self.replaced: list[str] = []
        self._host = host
        self._memory: Mapping[str, Remembered] = memory or {}
        self._names = {
            ("collection", spec.name): name
            for name, was in self._memory.items()
            if host.state(name) == "failed"
            for spec in was.collections
        }
        for spec in own_collections.COLLECTIONS:
            self.registry.add(CompiledCollection(spec, own_collections.OWNER))
            self._names["collection", spec.name] = own_collections.OWNER
        compiled: dict[str, list[CompiledCollection]] = {}
        for name in sorted(host.declared, key=lambda name: (name not in first_party, name)):
            compiled[name] = self._claim(name)
        host.check_requirements()
        if memory is not None:
            self._check_references(settings)
        for name in host.declared:
            for collection in compiled[name]:
                self.registry.add(collection)
        self._stand_in(failed=True)
        self._add_declared(settings, problems)
        self._stand_in(failed=False)

    def _claim(self, plugin: str) -> list[CompiledCollection]:
        """Take the names that the whole appliance shares, all or nothing; compile collections."""
        d = self._host.declared[plugin]
        wanted = [("collection", spec.name) for spec in d.collections]
        wanted += [("report", report.name) for report in d.reports]
        wanted += [("importer", importer.kind) for importer in d.importers]
        wanted += [("exporter", exporter.kind) for exporter in d.exporters]
        wanted += [("document kind", kind.name) for kind in d.document_kinds]
        try:
            compiled = [CompiledCollection(spec, plugin) for spec in d.collections]
            Permissions(declared_rights(plugin, d))
            for kind, name in wanted:
                owner = self._names.get((kind, name))
                if owner is not None:
                    raise PluginError(self._taken(kind, name, owner))
        except (PluginError, PermissionRefused) as error:
            self._host.fail(plugin, str(error))
            return []
        self._names.update(dict.fromkeys(wanted, plugin))
        return compiled

    def _check_references(self, settings: Settings) -> None:
        """Take out every plugin that refers to a collection which nobody declares or declared."""
        sound = False
        while not sound:
            known = {spec.name for was in self._memory.values() for spec in was.collections}
            known.update(settings.collections)
            known.update(spec.name for spec in own_collections.COLLECTIONS)
            for d in self._host.declared.values():
                known.update(spec.name for spec in d.collections)
            sound = True
            for name, d in list(self._host.declared.items()):
                wrong = unknown_reference(d, known)
                if wrong:
                    self._host.fail(name, wrong)
                    sound = False
            self._host.check_requirements()

    def _taken(self, kind: str, name: str, owner: str) -> str:
        text = f"{kind} {name!r} is declared by {owner} already"
        if owner in self._host.declared or owner == own_collections.OWNER:
            return text
        return (
            f"{text}, which does not serve and keeps it: mend {owner} or leave it out with "
            "plugins.disabled"
        )

    def _add_declared(self, settings: Settings, problems: Problems) -> None:
        """Add the collections of the config."""
        for name, spec in settings.collections.items():
            if name in self.registry:
                owner = self.registry[name].owner
                whose = "appliance" if owner == own_collections.OWNER else f"plugin {owner}"
                reason = f"the {whose} has a collection of this name"
                wrong = Wrong(reason, hint="give yours another name")
                problems.add(
                    settings.places.of(("collections", name)), ("collections", name), wrong
                )
                continue
            collection = declared.collection(name, spec)
            self.registry.add(CompiledCollection(collection, declared.OWNER))

    def _stand_in(self, *, failed: bool) -> None:
        """Add what is remembered of plugins that did not register: those that failed, or others."""
        for name, was in self._memory.items():
            if name in self._host.declared or (self._host.state(name) == "failed") != failed:
                continue
            kept = tuple(spec for spec in was.collections if spec.name not in self.registry)
            if was.collections and not kept:
                self.replaced.append(name)
                continue
            for spec in kept:
                self._keep(name, spec)
            self._host.stand_in(msgspec.structs.replace(was, collections=kept))

    def _keep(self, plugin: str, spec: Collection) -> None:
        try:
            self.registry.add(CompiledCollection(spec, plugin, stands_in=True))
        except PluginError as error:
            structlog.get_logger("appliance.plugins").error(
                "plugin_memory_unusable", plugin=plugin, collection=spec.name, reason=str(error)
            )
