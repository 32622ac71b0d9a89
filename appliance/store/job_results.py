"""What a scheduled job of a plugin returned, stored in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.api.identity import Login
from appliance.api.mutations import Write
from appliance.store.box import Box
from appliance.store.transaction import WriteTransaction
from appliance.sync.writes import store_write


def store_results(
    tx: WriteTransaction, box: Box, plugin: str, found: Sequence[Write | Login]
) -> None:
    """Store what a job returned, logins first: writes may be about their users.

    Raises:
        PluginError: it cannot be stored.
    """
    allowed = box.plugins.host.declared[plugin].manifest.logins
    for one in found:
        if isinstance(one, Login):
            box.people(tx).settle(tx, one, plugin, allowed)
    for one in found:
        if isinstance(one, Write):
            store_write(tx, box.plugins.registry, one)
