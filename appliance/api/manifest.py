"""The manifest: what a plugin says of itself before anything of it is called."""

from __future__ import annotations

import msgspec

API_VERSION = (1, 0)
"""Major and minor version of the plugin API. A new minor version only adds; a plugin written for
1.0 runs on any 1.x."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin's name, version and needs.

    Attributes:
        name: lower-case with underscores; the same as the entry point's name.
        version: of the plugin, for people.
        api_version: lowest API version it runs on, as ``(major, minor)``; the major must be equal
            to the appliance's and the minor at most the appliance's.
        title: one sentence for people.
        requires: names of plugins whose collections this one refers to.
        grant_sources: collections whose changes may change the buckets of a device; the
            `device_buckets` hook is asked again after a change in one of them.
        validates: collections whose mutations the `validate_mutation` hook looks at; None for
            those of every collection. Naming them spares every other mutation the call.
        follows: its own collections of which the `apply_write` hook is asked about every write
            that is no mutation of a device.
        logins: roles of the people whom its jobs make users of, as `Login`; nobody with another
            role is touched.
    """

    name: str
    version: str
    title: str
    api_version: tuple[int, int] = (1, 0)
    requires: tuple[str, ...] = ()
    grant_sources: tuple[str, ...] = ()
    validates: tuple[str, ...] | None = None
    follows: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
