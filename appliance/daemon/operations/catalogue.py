"""The catalogue: every operation by its name, and how one is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.api.errors import PluginError
from appliance.daemon.operations import (
    audit,
    blobs,
    clock,
    commands,
    devices,
    documents,
    epoch,
    exports,
    import_history,
    imports,
    invites,
    kit,
    mutations,
    outbox,
    plugins,
    print_jobs,
    printer_pages,
    printers,
    profiles,
    reports,
    retries,
    roles,
    search,
    settling,
    status,
    users,
)
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Operation, OperationRefused
from appliance.daemon.operations.validation import in_words
from appliance.enrollment.errors import EnrollmentError
from appliance.store.errors import StoreError
from appliance.store.people import LoginRefused, UserRefused

_MODULES = (
    audit,
    blobs,
    clock,
    commands,
    devices,
    documents,
    epoch,
    exports,
    import_history,
    imports,
    invites,
    kit,
    mutations,
    outbox,
    plugins,
    printers,
    printer_pages,
    print_jobs,
    profiles,
    reports,
    retries,
    roles,
    search,
    settling,
    status,
    users,
)

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation for module in _MODULES for operation in module.OPERATIONS
}
"""Every operation by its name."""


def perform(desk: Desk, name: str, params: Any, actor: str) -> Any:
    """Do one operation.

    Args:
        desk: of the conversation.
        name: one of `OPERATIONS`.
        params: plain data.
        actor: who asks, for the audit log: ``cli:LOGIN``.

    Returns:
        A msgspec Struct.

    Raises:
        OperationRefused: it was not done, and why.
    """
    operation = OPERATIONS.get(name)
    if operation is None:
        raise OperationRefused(
            f"there is no operation {name[:100]!r}; is the command of another version than the "
            "daemon? Start the daemon again after an update",
            "unknown_name",
        )
    try:
        typed = msgspec.convert(params, operation.params)
    except msgspec.ValidationError as error:
        raise OperationRefused(in_words(error, params, operation.params), "invalid") from error
    desk.actor = actor
    try:
        return operation.run(desk, typed, actor)
    except LoginRefused as error:
        raise OperationRefused(str(error), "invalid") from error
    except UserRefused as error:
        raise OperationRefused(str(error), "conflict") from error
    except EnrollmentError as error:
        raise OperationRefused(str(error), "invalid") from error
    except PluginError as error:
        raise OperationRefused(
            f"{error} (`fieldbox plugin failures` shows more)", "plugin_failed"
        ) from error
    except StoreError as error:
        raise OperationRefused(str(error), "unavailable") from error
