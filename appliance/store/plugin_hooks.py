"""Plugins inside a transaction: intake's questions and the computing of grants.

What plugins return is checked here, because it is stored; a wrong answer counts as a failure of
the plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from appliance.api.errors import PluginError
from appliance.api.identity import Device
from appliance.api.identity import User as PluginUser
from appliance.api.mutations import Effect, Issue, Mutation, Resolution, Row, Write
from appliance.plugin_host.host import PluginHost
from appliance.store.connection import Connection
from appliance.store.identities import Enrolled
from appliance.store.plugin_context import Newest, StoreContext
from appliance.sync import declared
from appliance.sync.buckets import MAX_BUCKET
from appliance.sync.registry import Registry

_SEVERITIES = frozenset({"reject", "hold", "flag", "warn"})
MAX_BUCKETS = 200_000
"""Buckets that one plugin may name for one device."""

MAX_ISSUES = 200
MAX_ISSUE_TEXT = 2_000
"""Issues of one mutation, and characters of each of their texts: they are kept with its answer."""


def _is_sayable(text: Any) -> bool:
    """Tell whether something is a text that fits into an answer."""
    if not isinstance(text, str) or len(text) > MAX_ISSUE_TEXT:
        return False
    # Half of a surrogate pair has no UTF-8.
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


class NamedBuckets(NamedTuple):
    """The buckets that plugins name for a device, and whether all of them could be asked."""

    buckets: set[str]
    complete: bool


class PluginHooks:
    """Calls plugins over one connection; see `appliance.sync.intake_transaction.Hooks`."""

    def __init__(
        self,
        host: PluginHost,
        settings: Mapping[str, Mapping[str, Any]],
        connection: Connection,
        now_ms: Callable[[], int],
        *,
        registry: Registry,
        query_timeout_s: float,
        newest: Newest | None = None,
    ) -> None:
        """Take the plugins and a connection.

        Args:
            host: the plugins.
            settings: each plugin's settings by its name.
            connection: inside a transaction whenever a method is called.
            now_ms: the clock.
            registry: the collections.
            query_timeout_s: how long one query of a plugin may take.
            newest: as of `StoreContext`.
        """
        self._host = host
        self._contexts = {
            name: StoreContext(
                connection,
                now_ms,
                settings.get(name, {}),
                registry=registry,
                query_timeout_s=query_timeout_s,
                newest=newest,
            )
            for name in host.declared
        }

    def context(self, plugin: str) -> StoreContext:
        """Return the context that a plugin's hooks get."""
        return self._contexts[plugin]

    def validate(self, mutation: Mutation, stored: Row | None) -> Sequence[Issue]:
        """Ask every plugin what is wrong with a mutation."""
        issues: list[Issue] = []
        for name in self._host.serving("validate_mutation"):
            looked_at = self._host.declared[name].manifest.validates
            if looked_at is not None and mutation.collection not in looked_at:
                continue
            found = self._host.call(
                name,
                "validate_mutation",
                mutation=mutation,
                stored=stored,
                context=self._contexts[name],
            )
            issues.extend(self._issues(name, "validate_mutation", found))
        return issues

    def apply(
        self, owner: str, mutation: Mutation, stored: Row | None, issues: Sequence[Issue]
    ) -> Effect | None:
        """Ask the owner of a collection what to store."""
        if owner == declared.OWNER:
            return None
        found = self._host.call(
            owner,
            "apply_mutation",
            mutation=mutation,
            stored=stored,
            issues=issues,
            context=self._contexts.get(owner),
        )
        if found is None:
            return None
        if not isinstance(found, Effect) or not isinstance(found.row, dict | None):
            raise self._host.refuse(owner, "apply_mutation", "returned no Effect")
        self._issues(owner, "apply_mutation", found.issues)
        self._writes(owner, "apply_mutation", found.writes)
        self._writes(owner, "apply_mutation", found.follow_ups)
        return found

    def apply_write(self, owner: str, write: Write, stored: Row | None) -> Effect | None:
        """Ask the owner of a collection what to store for a write that no device sent."""
        found = self._host.call(
            owner,
            "apply_write",
            write=write,
            stored=stored,
            context=self._contexts.get(owner),
        )
        if found is None:
            return None
        if not isinstance(found, Effect) or not isinstance(found.row, dict | None):
            raise self._host.refuse(owner, "apply_write", "returned no Effect")
        if found.issues or found.follow_ups:
            raise self._host.refuse(owner, "apply_write", "returned issues or follow-ups")
        self._writes(owner, "apply_write", found.writes)
        return found

    def resolve(self, owner: str, mutation: Mutation, stored: Row, base: Row | None) -> Row | None:
        """Ask the owner to merge two edits."""
        found = self._host.call(
            owner,
            "resolve_conflict",
            mutation=mutation,
            stored=stored,
            base=base,
            context=self._contexts.get(owner),
        )
        if found is None:
            return None
        if not isinstance(found, Resolution) or not isinstance(found.row, dict | None):
            raise self._host.refuse(owner, "resolve_conflict", "returned no Resolution")
        return found.row

    def identity_changed(self, user: PluginUser) -> list[Write]:
        """Ask every plugin how it mirrors a user. A plugin that fails mirrors nothing."""
        writes: list[Write] = []
        for name in self._host.serving("identity_changed"):
            try:
                found = self._host.call(
                    name, "identity_changed", user=user, context=self._contexts[name]
                )
                writes.extend(self._writes(name, "identity_changed", found))
            except PluginError:  # recorded by the host; the user is stored all the same
                continue
        return writes

    def device_buckets(self, enrolled: Enrolled) -> NamedBuckets:
        """Return the buckets of a device, incomplete where a plugin could not name its own.

        A plugin that failed, or does not serve, names none, which must not empty every device in
        the field.

        Every device sees ``all``, its own ``device:ID``, its user's ``user:ID`` and the
        ``role:NAME`` of each of its roles.
        """
        device: Device = enrolled.device.for_plugins(enrolled.user)
        buckets = {"all", f"device:{device.id}", f"user:{device.user.id}"}
        buckets.update(f"role:{role}" for role in device.user.roles)
        complete = True
        for name in self._host.naming_buckets():
            try:
                found = self._host.call(
                    name, "device_buckets", device=device, context=self._contexts.get(name)
                )
                buckets.update(self._names(name, found))
            except PluginError:  # recorded by the host
                complete = False
        return NamedBuckets(buckets, complete)

    def _names(self, plugin: str, found: Any) -> set[str]:
        if found is None:
            return set()
        if isinstance(found, str) or not hasattr(found, "__iter__"):
            raise self._host.refuse(plugin, "device_buckets", "returned no names of buckets")
        names: set[str] = set()
        for name in found:
            if not isinstance(name, str) or not 0 < len(name) <= MAX_BUCKET:
                raise self._host.refuse(plugin, "device_buckets", f"{name!r} names no bucket")
            names.add(name)
            if len(names) > MAX_BUCKETS:
                raise self._host.refuse(plugin, "device_buckets", "named too many buckets")
        return names

    def _issues(self, plugin: str, hook: str, found: Any) -> Sequence[Issue]:
        if found is None:
            return ()
        if not isinstance(found, list | tuple):
            raise self._host.refuse(plugin, hook, "returned no list of Issue")
        if len(found) > MAX_ISSUES:
            raise self._host.refuse(plugin, hook, f"returned more than {MAX_ISSUES} issues")
        for issue in found:
            sound = (
                isinstance(issue, Issue)
                and issue.severity in _SEVERITIES
                and all(_is_sayable(text) for text in (issue.code, issue.text, issue.pointer))
            )
            if not sound:
                raise self._host.refuse(plugin, hook, "returned something that is no sound Issue")
        return found

    def _writes(self, plugin: str, hook: str, found: Any) -> Sequence[Write]:
        if found is None:
            return ()
        if not isinstance(found, list | tuple) or not all(isinstance(w, Write) for w in found):
            raise self._host.refuse(plugin, hook, "returned no list of Write")
        return found
