"""Rights that nobody decided: those that plugins and collections declare, and the config adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from appliance.api.collections import Collection
from appliance.api.permissions import Permission
from appliance.config.settings import Settings
from appliance.plugin_host.declarations import Declarations
from appliance.plugin_host.host import PluginHost
from appliance.sync.registry import Registry


def default_permissions(host: PluginHost, registry: Registry) -> list[Permission]:
    """Return the rights that plugins and collections declare, or declared when they served."""
    rows = [*_of_collections(collection.spec for collection in registry)]
    for was in host.remembered.values():
        rows.extend(was.permissions)
    for name, d in host.declared.items():
        rows.extend(_beyond_collections(name, d))
    return rows


def declared_rights(plugin: str, declared: Declarations) -> list[Permission]:
    """Return the rights that one plugin declares."""
    return [*_of_collections(declared.collections), *_beyond_collections(plugin, declared)]


def _of_collections(collections: Iterable[Collection]) -> Iterator[Permission]:
    for collection in collections:
        for role in collection.read:
            yield Permission(role=role, object=collection.name, verb="read")
        for role in collection.write:
            yield Permission(role=role, object=collection.name, verb="write")


def _beyond_collections(plugin: str, declared: Declarations) -> Iterator[Permission]:
    yield from declared.permissions
    for endpoint in declared.endpoints:
        for role in endpoint.roles:
            thing = f"endpoint:{plugin}.{endpoint.name}"
            yield Permission(role=role, object=thing, verb="read")
    for report in declared.reports:
        for role in report.roles:
            yield Permission(role=role, object=f"report:{report.name}", verb="read")


def configured_permissions(settings: Settings) -> list[Permission]:
    """Return the rights that ``[roles.NAME]`` adds."""
    return [
        *(
            Permission(role=role, object=thing, verb="read")
            for role, rights in settings.roles.items()
            for thing in rights.read
        ),
        *(
            Permission(role=role, object=thing, verb="write")
            for role, rights in settings.roles.items()
            for thing in rights.write
        ),
    ]
