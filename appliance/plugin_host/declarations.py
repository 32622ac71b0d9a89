"""What a plugin declares, asked once at the start and checked before anything of it is used."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from appliance.api.collections import Collection
from appliance.api.commands import Command
from appliance.api.documents import DocumentKind
from appliance.api.endpoints import Endpoint
from appliance.api.errors import PluginError
from appliance.api.importing import Importer
from appliance.api.manifest import API_VERSION, Manifest
from appliance.api.permissions import Permission
from appliance.api.reports import Exporter, Report
from appliance.api.schedule import ScheduledJob
from appliance.api.settings import Setting
from appliance.plugin_host.soundness import check

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Declarations(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one plugin declares; see the hooks of the same names."""

    manifest: Manifest
    settings: tuple[Setting, ...] = ()
    collections: tuple[Collection, ...] = ()
    permissions: tuple[Permission, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    document_kinds: tuple[DocumentKind, ...] = ()
    jobs: tuple[ScheduledJob, ...] = ()
    commands: tuple[Command, ...] = ()
    reports: tuple[Report, ...] = ()
    importers: tuple[Importer, ...] = ()
    exporters: tuple[Exporter, ...] = ()


_LISTS: dict[str, tuple[str, type]] = {
    "settings": ("settings", Setting),
    "collections": ("collections", Collection),
    "permissions": ("permissions", Permission),
    "endpoints": ("http_endpoints", Endpoint),
    "document_kinds": ("document_kinds", DocumentKind),
    "jobs": ("scheduled_jobs", ScheduledJob),
    "commands": ("commands", Command),
    "reports": ("reports", Report),
    "importers": ("importers", Importer),
    "exporters": ("exporters", Exporter),
}


def check_manifest(name: str, found: Any) -> Manifest:
    """Check what `manifest` returned.

    Raises:
        PluginError: it is no manifest, has another name, or needs another API.
    """
    if not isinstance(found, Manifest):
        raise PluginError(f"manifest() returned {type(found).__name__}, not a Manifest")
    if not _NAME.fullmatch(found.name):
        raise PluginError(f"the name {found.name!r} is not lower-case with underscores")
    if found.name != name:
        raise PluginError(f"the manifest says {found.name!r} but the entry point {name!r}")
    major, minor = found.api_version
    if major != API_VERSION[0] or minor > API_VERSION[1]:
        here = ".".join(map(str, API_VERSION))
        raise PluginError(
            f"needs plugin API {major}.{minor}; this appliance has {here}: "
            "install a version of the plugin made for it, or update the appliance"
        )
    return found


def gather(manifest: Manifest, ask: Callable[[str], Any]) -> Declarations:
    """Ask a plugin for all its declarations.

    Args:
        manifest: of the plugin.
        ask: calls one of its hooks without arguments; None where it has no such hook.

    Raises:
        PluginError: a hook failed or returned something else than it should.
    """
    found: dict[str, Any] = {
        member: _items(hook, kind, ask(hook)) for member, (hook, kind) in _LISTS.items()
    }
    declarations = Declarations(manifest=manifest, **found)
    check(declarations)
    return declarations


def _items(hook: str, kind: type[T], value: Any) -> tuple[T, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise PluginError(f"{hook}() returned {type(value).__name__}, not a list")
    for item in value:
        if not isinstance(item, kind):
            raise PluginError(f"{hook}() holds {type(item).__name__}, not {kind.__name__}")
        try:
            msgspec.convert(msgspec.to_builtins(item), kind)
        except msgspec.ValidationError as error:
            raise PluginError(f"{hook}(): {error}") from None
    return tuple(value)
