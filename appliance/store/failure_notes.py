"""What becomes of a plugin's failures: a line in the log, and a row in the store."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from appliance.plugin_host.host import Failure
from appliance.store.plugin_states import PluginFailure, PluginStates
from appliance.store.store import Store
from appliance.store.transaction import WriteTransaction


class FailureNotes:
    """Takes failures from any thread, also before the store is open."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._store: Store | None = None
        self._early: list[PluginFailure] = []
        self._log = structlog.get_logger("appliance.plugins")

    def open(self, store: Store, tx: WriteTransaction) -> None:
        """Write down what came before, and from now on what comes."""
        states = PluginStates(tx.db)
        for failure in self._early:
            states.add_failure(failure)
        self._early.clear()
        self._store = store

    def failed(self, failure: Failure) -> None:
        """Note a failed call or start."""
        self._log.warning(
            "plugin_failed", plugin=failure.plugin, hook=failure.hook, reason=failure.text
        )
        kept = PluginFailure(failure.plugin, failure.hook, failure.at_ms, failure.text)
        if self._store is None:
            self._early.append(kept)
            return
        self._store.submit(
            lambda tx: PluginStates(tx.db).add_failure(kept), lambda _value, _error: None
        )

    def quarantined(self, plugin: str, reason: str) -> None:
        """Note that a plugin was taken out of service; it stays so across restarts."""
        self._log.error("plugin_quarantined", plugin=plugin, reason=reason)
        if self._store is None:
            return
        at = self._now_ms()
        self._store.submit(
            lambda tx: PluginStates(tx.db).quarantine(plugin, reason, at),
            lambda _value, _error: None,
        )
