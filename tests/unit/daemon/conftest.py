"""A desk over a real box in a temporary folder, with a plugin made for the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from appliance.api import (
    Collection,
    Command,
    CommandOption,
    CommandResult,
    Context,
    Document,
    DocumentKind,
    Exporter,
    Field,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportValues,
    Manifest,
    Report,
    ReportColumn,
    ReportParameter,
    Row,
    Write,
    hookimpl,
    uuid7,
)
from appliance.api.documents import Text
from appliance.config import load
from appliance.daemon.operations.catalogue import perform
from appliance.daemon.operations.desk import Desk
from appliance.enrollment.identity import Device
from appliance.plugin_host.discovery import Found
from appliance.store.box import Box
from appliance.store.identities import IdentityBook

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:8443"
[collections.fridges]
fields = { code = "text!", name = "text" }
key = ["code"]
write = ["*"]
[collections.shelves]
fields = { code = "text!", name = "text", active = "bool" }
key = ["code"]
[roles.boss]
title = "Owns the shop"
"""

_MANY = (
    "WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers"
    " WHERE n < 299999) SELECT 'code ' || n FROM numbers"
)


NOTICE = '<document title="{number}"><text>{number}, {@date}</text></document>'
"""A template that a plugin brings."""


class Shop:
    """A plugin whose behaviour a test sets."""

    def __init__(self) -> None:
        self.command: Callable[[Mapping[str, str], Context], Any] = lambda _o, _c: CommandResult(
            text="done"
        )
        self.document: Callable[[Row], Any] = lambda row: Document(
            title="Note", blocks=(Text(text=row["name"]),)
        )
        self.fault: Exception | None = None
        self.issue: Any = None
        self.parts: list[str] = []

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name="shop", version="1.2", title="A shop")

    @hookimpl
    def collections(self) -> Sequence[Collection]:
        return (
            Collection(
                name="goods",
                title="Goods",
                fields=(
                    Field(name="code", type="text", required=True),
                    Field(name="name", type="text", search=True),
                    Field(name="price", type="money"),
                ),
                direction="both",
                write=("*",),
            ),
        )

    @hookimpl
    def validate_mutation(self, mutation: Any, stored: Any, context: Any) -> Any:
        if self.fault is not None:
            raise self.fault
        return () if self.issue is None else (self.issue,)

    @hookimpl
    def commands(self) -> Sequence[Command]:
        return (
            Command(
                name="stock",
                doc="Count.",
                options=(
                    CommandOption(name="of", doc="What.", required=True),
                    CommandOption(name="how", doc="How.", default="slowly"),
                ),
            ),
        )

    @hookimpl
    def run_command(
        self, command: str, options: Mapping[str, str], resume: str, context: Context
    ) -> Any:
        self.parts.append(resume)
        return self.command(options, context)

    @hookimpl
    def document_kinds(self) -> Sequence[DocumentKind]:
        return (
            DocumentKind(name="note", title="Note", collection="goods"),
            DocumentKind(name="notice", title="Notice", collection="goods", template=NOTICE),
        )

    @hookimpl
    def render_document(self, kind: str, record_id: str, row: Row, context: Context) -> Any:
        return self.document(row)

    @hookimpl
    def reports(self) -> Sequence[Report]:
        columns = (ReportColumn(name="code", title="Code"),)
        number = ReportParameter(name="number", doc="A number.", default=1)
        word = ReportParameter(name="word", doc="A word.", default="w")
        return (
            Report(
                name="goods_now",
                title="Goods",
                sql="SELECT code, price FROM goods ORDER BY code",
                columns=(*columns, ReportColumn(name="price", title="Price", unit="money")),
            ),
            Report(
                name="echo",
                title="Echo",
                sql="SELECT typeof(:number) || :number || typeof(:word) || :word",
                columns=columns,
                parameters=(number, word),
            ),
            Report(name="torn", title="Torn", sql="SELECT 1, 2", columns=columns),
            Report(name="wrong", title="Wrong", sql="SELECT hash FROM box_audit", columns=columns),
        )

    @hookimpl
    def importers(self) -> Sequence[Importer]:
        return (
            Importer(
                kind="goods",
                title="Goods",
                columns=(
                    ImportColumn(name="code", headers=("Code",), type="code", required=True),
                    ImportColumn(name="name", headers=("Name",)),
                    ImportColumn(name="price", headers=("Price",), type="decimal", scale=2),
                ),
            ),
        )

    @hookimpl
    def import_row(
        self, kind: str, values: ImportValues, context: Context
    ) -> Sequence[ImportRecord]:
        return (ImportRecord(collection="goods", external_id=values["code"], row=dict(values)),)

    @hookimpl
    def exporters(self) -> Sequence[Exporter]:
        columns = (ReportColumn(name="code", title="Code"),)
        return (
            Exporter(kind="goods", title="Goods", sql="SELECT code FROM goods", columns=columns),
            Exporter(kind="many", title="Many", sql=_MANY, columns=columns),
            Exporter(kind="wrong", title="Wrong", sql="SELECT 1, 2", columns=columns),
        )


class Counter:
    """A desk, and shorter ways to ask it."""

    def __init__(self, box: Box, shop: Shop) -> None:
        self.box = box
        self.shop = shop
        self.states: list[dict[str, Any]] = []
        self.desk = Desk(box, progress=self.states.append)

    def ask(self, name: str, /, **params: Any) -> Any:
        return perform(self.desk, name, params, "cli:tester")

    def put(self, collection: str, row: Row) -> str:
        """Store a record as the server and return its id."""
        record_id = uuid7(self.box.now_ms())
        registry = self.box.plugins.registry
        from appliance.sync.writes import store_write

        self.box.store.write(
            lambda tx: store_write(
                tx, registry, Write(collection=collection, id=record_id, row=row)
            )
        )
        return record_id

    def device(self, login: str, name: str = "phone") -> Device:
        """Add a device to a user."""
        user = self.box.store.fetch(lambda db: IdentityBook(db).user(login))
        assert user is not None
        device = Device(
            id=uuid7(self.box.now_ms()),
            user_id=user.id,
            roles=user.roles,
            name=name,
            platform="android",
            app_version="1",
            kind="native",
            enrolled_at_ms=self.box.now_ms(),
        )
        self.box.store.write(lambda tx: IdentityBook(tx.db).add_device(device))
        return device

    def push(self, device: Device, *lines: bytes) -> list[str]:
        """Push lines as a device and return the outcomes."""
        enrolled = self.box.store.fetch(lambda db: IdentityBook(db).enrolled(device.id))
        assert enrolled is not None
        answers = self.box.store.write(
            lambda tx: self.box.receive(tx, enrolled.number, list(lines))
        )
        return [answer.outcome for answer in answers]

    def line(self, collection: str, row: Any, n: int = 1) -> bytes:
        """A line of a push that makes a new record."""
        now = self.box.now_ms()
        members = {"mid": uuid7(now), "n": n, "collection": collection, "id": uuid7(now)}
        return orjson.dumps({**members, "op": "put", "base": None, "row": row})


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    (tmp_path / "appliance.toml").write_text(CONFIG, encoding="utf-8")
    shop = Shop()
    found = Found("shop", "shop 1.2", "/opt/shop.py", False, shop, "")
    box = Box(load(tmp_path / "appliance.toml", {}), found=[found])
    made = Counter(box, shop)
    yield made
    made.desk.close()
    box.close()
