"""Telling plugins of commits: each one in order and one call at a time, on threads of its own.

A plugin that is slow finds what has gathered meanwhile in one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from appliance.api.errors import PluginError
from appliance.api.mutations import Change
from appliance.http.workers import Workers
from appliance.plugin_host.host import PluginHost

MOST = 10_000
"""Changes in one call."""


class AfterCommit:
    """Calls the hook `after_commit`; all on the reactor's thread but the hook itself."""

    def __init__(self, host: PluginHost, workers: Workers) -> None:
        """Begin.

        Args:
            host: the plugins.
            workers: threads for the hook; a plugin takes one at a time.
        """
        self._host = host
        self._workers = workers
        self._waiting: dict[str, list[Change]] = {}
        self._busy: set[str] = set()
        self._stopping: Deferred[None] | None = None

    def tell(self, changes: Sequence[Change]) -> None:
        """Tell every plugin that wants to know."""
        if not changes or self._stopping is not None:
            return
        for plugin in self._host.serving("after_commit"):
            self._waiting.setdefault(plugin, []).extend(changes)
            if plugin not in self._busy:
                self._next(plugin)

    def _next(self, plugin: str) -> None:
        waiting = self._waiting.pop(plugin, None)
        if not waiting or not self._host.active(plugin):
            return
        now, later = waiting[:MOST], waiting[MOST:]
        if later:
            self._waiting[plugin] = later
        self._busy.add(plugin)
        told = self._workers.run(
            lambda: self._host.call(plugin, "after_commit", changes=tuple(now))
        )
        told.addErrback(self._failed, plugin)
        told.addCallback(self._told, plugin)

    def _failed(self, failure: Failure, plugin: str) -> None:
        # The host has recorded what the plugin is at fault for.
        known = isinstance(failure.value, PluginError)
        log = structlog.get_logger("appliance.daemon")
        log.warning("after_commit_failed", plugin=plugin, exc_info=None if known else failure.value)

    def _told(self, _result: Any, plugin: str) -> None:
        self._busy.discard(plugin)
        if self._stopping is None:
            self._next(plugin)
        elif not self._busy:
            self._stopping.callback(None)

    def stop(self) -> Deferred[None]:
        """Begin no further call; fires when those under way are over."""
        self._waiting.clear()
        if not self._busy:
            return succeed(None)
        self._stopping = Deferred()
        return self._stopping
