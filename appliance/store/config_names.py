"""Names in the config that mean something only beside the plugins: roles and collections.

A name that nobody knows gives nobody anything, so it is a slip, and is told with file and line.
While a plugin that might bring it cannot be asked, it cannot be told from one that is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from appliance.api.collections import Collection
from appliance.api.permissions import ROLES, Permission
from appliance.config.errors import Wrong, quoted
from appliance.config.kinds import nearest
from appliance.config.scan import KeyPath
from appliance.config.settings import Settings
from appliance.enrollment.permissions import EVERYONE
from appliance.plugin_host.host import PluginHost
from appliance.sync.registry import Registry


def roles_of_plugins(host: PluginHost) -> set[str]:
    """Return the roles that plugins name, those that stand in for one among them."""
    roles: set[str] = set()
    for d in host.declared.values():
        roles.update(_named(d.collections, d.permissions))
        for endpoint in d.endpoints:
            roles.update(endpoint.roles)
        for report in d.reports:
            roles.update(report.roles)
    for was in host.remembered.values():
        roles.update(_named(was.collections, was.permissions))
    return roles - {EVERYONE}


def _named(collections: Iterable[Collection], permissions: Iterable[Permission]) -> Iterator[str]:
    for collection in collections:
        yield from (*collection.read, *collection.write)
    for permission in permissions:
        yield permission.role


def unknown_names(
    settings: Settings, host: PluginHost, registry: Registry
) -> Iterator[tuple[KeyPath, Wrong]]:
    """Yield the key of every role and collection of the config that there is not, and why.

    Args:
        settings: of the box.
        host: the plugins that the config wants.
        registry: every collection, those of the config among them.
    """
    titled = {name for name, role in settings.roles.items() if role.title}
    roles = tuple(sorted({*ROLES, *roles_of_plugins(host), *titled}))
    collections = tuple(sorted(collection.name for collection in registry))
    for name, role in settings.roles.items():
        here = ("roles", name)
        if name not in roles:
            hint = nearest(name, roles)
            new = "a new role needs a title"
            yield here, Wrong("no such role", ", ".join(roles), f"{hint} {new}" if hint else new)
        for key, things in (("read", role.read), ("write", role.write)):
            for thing in things:
                if thing not in collections:
                    yield (*here, key), _unknown("collection", thing, collections)
    for name, declared in settings.collections.items():
        here = ("collections", name)
        for key, wanted in (("read", declared.read), ("write", declared.write)):
            for role_name in wanted:
                if role_name not in roles and role_name != EVERYONE:
                    yield (*here, key), _unknown("role", role_name, roles)
        for field_name, field in declared.fields.items():
            if field.of is not None and field.of not in collections:
                path = (*here, "fields", field_name, "type")
                yield path, _unknown("collection", field.of, collections)


def _unknown(what: str, name: str, known: tuple[str, ...]) -> Wrong:
    return Wrong(f"there is no {what} {quoted(name)}", ", ".join(known), nearest(name, known))
