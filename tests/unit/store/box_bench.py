"""A box on the bench: opened on a folder, with a test's plugins, without network or real time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from appliance.api import Manifest, hookimpl
from appliance.api.values import uuid7
from appliance.config.load import load_texts
from appliance.enrollment.identity import Device, User
from appliance.plugin_host.discovery import Found
from appliance.store.box import Box
from appliance.store.identities import Enrolled, IdentityBook
from appliance.sync.intake_transaction import Answer

DAY_MS = 86_400_000
START_MS = 1_800_000_000_000


def found(name: str, plugin: Any) -> Found:
    """Return a plugin as discovery finds it."""
    return Found(name, f"{name} 1.0", "test", False, plugin, "")


class CollectionsPlugin:
    """A plugin that declares collections and nothing else; others derive from it."""

    def __init__(self, name: str, collections: Sequence[Any]) -> None:
        self.name = name
        self.declared = tuple(collections)

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name=self.name, version="1.0", title="a test's plugin")

    @hookimpl
    def collections(self) -> Sequence[Any]:
        return self.declared


class Bench:
    """A box, its clock and its devices; can be closed and opened again.

    Attributes:
        box: the open box.
        now_ms: what its clock says.
        counter_ms: how long its machine has run.
        synchronised: whether something keeps its clock right.
    """

    def __init__(
        self,
        folder: Path,
        plugins: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        config: str = "",
        **options: Any,
    ) -> None:
        self.folder = folder
        self.now_ms = START_MS
        self.counter_ms = 0
        self.synchronised = False
        self._plugins = plugins
        self._options = options
        text = f'state_dir = "state"\n[http]\nlisten = "127.0.0.1:0"\n{config}'
        self.settings = load_texts([("appliance.toml", text)], folder, {})
        self.box: Box = None  # type: ignore[assignment]
        self.open()

    def open(self) -> Box:
        made = self._plugins() if callable(self._plugins) else self._plugins
        plugins = [found(name, plugin) for name, plugin in made.items()]
        self.box = Box(
            self.settings,
            now_ms=lambda: self.now_ms,
            counter_ms=lambda: self.counter_ms,
            synchronised=lambda: self.synchronised,
            found=plugins,
            **self._options,
        )
        return self.box

    def close(self) -> None:
        self.box.close()

    def reopen(self) -> Box:
        self.close()
        return self.open()

    def add_user(self, login: str, roles: Sequence[str] = ("agent",)) -> User:
        return self.box.store.write(lambda tx: self.box.people(tx).add(tx, login, roles, "test"))

    def add_device(self, user: User, roles: Sequence[str] | None = None) -> Enrolled:
        device = Device(
            id=uuid7(self.now_ms),
            user_id=user.id,
            roles=tuple(roles or user.roles),
            name="phone",
            platform="test",
            app_version="1",
            kind="native",
            enrolled_at_ms=self.now_ms,
        )
        self.box.store.write(lambda tx: IdentityBook(tx.db).add_device(device))
        return self.enrolled(device.id)

    def enrolled(self, device_id: str) -> Enrolled:
        one = self.box.store.read(lambda db: IdentityBook(db).enrolled(device_id))
        assert one is not None
        return one

    def receive(self, number: int, *lines: bytes) -> list[Answer]:
        return self.box.store.write(lambda tx: self.box.receive(tx, number, lines))

    def new_id(self) -> str:
        return str(uuid7(self.now_ms))


def line(
    mid: str,
    collection: str,
    record_id: str,
    row: Any = None,
    *,
    n: int = 1,
    base: int | None = None,
    op: str = "put",
) -> bytes:
    """Return a line of a push."""
    members: dict[str, Any] = {"mid": mid, "n": n, "collection": collection, "id": record_id}
    members |= {"op": op, "base": base}
    if op == "put":
        members["row"] = row
    return orjson.dumps(members)
