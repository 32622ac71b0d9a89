"""Plugins: how they stand, their failures, letting one serve again, forgetting one."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.plugin_host.host import PluginHost
from appliance.plugin_host.plugin_status import PluginStatus
from appliance.store.audit import AuditBook
from appliance.store.plugin_memory import PluginMemory
from appliance.store.plugin_states import PluginStates
from appliance.store.transaction import WriteTransaction


class NamePlugin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plugin's name."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ListFailures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of the newest failures, and of which plugin."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 50
    plugin: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class PluginView(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin as told to people.

    Attributes:
        distribution, origin: the package and the file it came from.
        state: ``active``, ``left_out``, ``failed``, ``quarantined`` or ``missing``.
        reason: why it does not serve.
        collections: those it declares; of one that was not registered, those that stay for
            devices because it served them at an earlier start.
        served_at: of one that was not registered, when it last was, UTC milliseconds; None
            where nothing of it stays.
    """

    name: str
    version: str
    title: str
    distribution: str
    origin: str
    state: str
    reason: str
    collections: tuple[str, ...]
    served_at: int | None


class FailureView(msgspec.Struct, frozen=True, kw_only=True):
    """One failed call; ``at`` in UTC milliseconds."""

    plugin: str
    hook: str
    at: int
    text: str


def views(desk: Desk) -> list[PluginView]:
    """Return how every plugin stands, by name."""
    return [_view(desk.box.plugins.host, one) for one in desk.box.plugins.host.status()]


def _view(host: PluginHost, one: PluginStatus) -> PluginView:
    declared = host.declared.get(one.name) or one.remembered
    return PluginView(
        name=one.name,
        version=one.version,
        title=one.title,
        distribution=one.distribution,
        origin=one.origin,
        state=one.state,
        reason=one.reason,
        collections=tuple(c.name for c in declared.collections) if declared else (),
        served_at=one.remembered.served_at if one.remembered else None,
    )


def list_plugins(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every plugin."""
    return Listing(rows=list(views(desk)))


def memory(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return what the next start will know of plugins, each as `Remembered`."""
    found = desk.box.store.fetch(lambda connection: PluginMemory(connection).all())
    return Listing(rows=list(found.values()))


def allow(desk: Desk, params: NamePlugin, actor: str) -> PluginView:
    """Put a quarantined plugin back into service."""
    host = desk.box.plugins.host
    status = _find(host, params.name)
    if status.state != "quarantined":
        raise OperationRefused(_why_not(status), "conflict")

    def job(tx: WriteTransaction) -> None:
        PluginStates(tx.db).allow(params.name)
        # While it was out, no device's buckets could be told. It serves from here on, so that
        # none is asked for before and taken for told.
        host.allow(params.name)
        tx.db.rows("UPDATE box_devices SET grants_seq = 0")
        AuditBook(tx.db).add(
            tx.now_ms,
            actor,
            "plugin.allow",
            f"plugin:{params.name}",
            {"reason": status.reason[:500]},
        )

    desk.box.store.write(job)
    return next(view for view in views(desk) if view.name == params.name)


def forget(desk: Desk, params: NamePlugin, actor: str) -> PluginView:
    """Forget what a plugin that does not serve served: its collections go at the next start."""
    host = desk.box.plugins.host
    status = _find(host, params.name)
    if params.name in host.declared:
        raise OperationRefused(
            f"the plugin {params.name} is registered, so its collections are its own: leave it "
            "out with plugins.disabled, or uninstall it, start the daemon again and repeat this",
            "conflict",
        )
    if status.remembered is None:
        raise OperationRefused(f"nothing is kept of the plugin {params.name}", "conflict")
    view = _view(host, status)

    def job(tx: WriteTransaction) -> None:
        if not PluginMemory(tx.db).forget(params.name):
            raise OperationRefused(
                f"the plugin {params.name} is forgotten already; start the daemon again",
                "conflict",
            )
        AuditBook(tx.db).add(
            tx.now_ms,
            actor,
            "plugin.forget",
            f"plugin:{params.name}",
            {"collections": list(view.collections)},
        )

    desk.box.store.write(job)
    return view


def failures(desk: Desk, params: ListFailures, _actor: str) -> Listing:
    """Return the newest failures."""
    found = desk.box.store.fetch(
        lambda connection: PluginStates(connection).failures(params.limit, params.plugin)
    )
    known = [one.name for one in desk.box.plugins.host.status()]
    if params.plugin is not None and not found and params.plugin not in known:
        raise unknown("plugin", params.plugin, known)  # one that is gone may have failed
    return Listing(
        rows=[FailureView(plugin=f.plugin, hook=f.hook, at=f.at, text=f.text) for f in found]
    )


def _find(host: PluginHost, name: str) -> PluginStatus:
    found = {one.name: one for one in host.status()}
    if name not in found:
        raise unknown("plugin", name, found)
    return found[name]


def _why_not(status: PluginStatus) -> str:
    if status.state == "active":
        return f"the plugin {status.name} is in service already"
    if status.state == "left_out":
        return f"the plugin {status.name} is left out: {status.reason}; change the config"
    if status.state == "missing":
        return f"the plugin {status.name} is not installed any more; install it again"
    return (
        f"the plugin {status.name} failed at the start: {status.reason}; mend or update it and "
        "start the daemon again"
    )


OPERATIONS = (
    Operation("plugin.list", Empty, "read", list_plugins),
    Operation("plugin.memory", Empty, "read", memory),
    Operation("plugin.allow", NamePlugin, "write", allow),
    Operation("plugin.forget", NamePlugin, "write", forget),
    Operation("plugin.failures", ListFailures, "read", failures),
)
