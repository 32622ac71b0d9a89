"""What is remembered of a plugin: what it served last, for the starts at which it does not serve.

Devices hold records of its collections. If those went out of the registry with the plugin, every
device would drop them, and get them all again when the plugin is mended.
"""

from __future__ import annotations

import msgspec

from appliance.api.collections import Collection
from appliance.api.permissions import Permission
from appliance.plugin_host.declarations import Declarations


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as it served last.

    Attributes:
        name: the plugin's.
        version, title: of its manifest.
        distribution: name and version of the package it came in.
        collections: its collections.
        permissions: the rights it declared beyond those of its collections.
        names_buckets: it has the hook `device_buckets`: without it nobody knows which buckets a
            device has lost.
        served_at: when it was last registered, UTC milliseconds.
    """

    name: str
    version: str
    title: str
    distribution: str
    collections: tuple[Collection, ...]
    permissions: tuple[Permission, ...]
    names_buckets: bool
    served_at: int

    @classmethod
    def of(
        cls, declared: Declarations, *, distribution: str, names_buckets: bool, now_ms: int
    ) -> Remembered:
        """Return what to remember of a plugin that serves."""
        return cls(
            name=declared.manifest.name,
            version=declared.manifest.version,
            title=declared.manifest.title,
            distribution=distribution,
            collections=declared.collections,
            permissions=declared.permissions,
            names_buckets=names_buckets,
            served_at=now_ms,
        )
