"""The fake context and the appliance's own answer alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Context, Write
from appliance.store.connection import Connection
from appliance.store.migrations import migrate
from appliance.store.plugin_context import StoreContext
from appliance.store.transaction import WriteTransaction
from appliance.store.views import synchronise
from appliance.sync.registry import CompiledCollection, Registry
from appliance.sync.writes import store_write
from appliance.testing.conformance.context_suite import ContextSuite, Make, Rows
from appliance.testing.fake_context import FakeContext


class TestFakeContext(ContextSuite):
    """Rows in memory."""

    @pytest.fixture
    def make(self) -> Make:
        def made(
            rows: Rows, settings: Mapping[str, Any], now_ms: int, then: Sequence[Write] = ()
        ) -> Context:
            context = FakeContext(self.COLLECTIONS, rows, settings, now_ms, max_steps=2_000_000)
            context.apply(then)
            return context

        return made


class StoreContexts(ContextSuite):
    """What the writer's and the readers' contexts have in common."""

    read_only = False

    @pytest.fixture
    def make(self, tmp_path: Path) -> Iterator[Make]:
        with ExitStack() as opened:
            count = 0

            def made(
                rows: Rows, settings: Mapping[str, Any], now_ms: int, then: Sequence[Write] = ()
            ) -> Context:
                nonlocal count
                count += 1
                path = tmp_path / f"store-{count}.db"
                registry = Registry([CompiledCollection(one, "test") for one in self.COLLECTIONS])
                connection = Connection(path)
                opened.callback(connection.close)
                migrate(connection, path)
                synchronise(connection, registry)
                connection.rows("INSERT INTO box_meta VALUES ('epoch', ?)", (f"epoch {count}",))
                connection.rows("BEGIN")
                tx = WriteTransaction(connection, registry)
                tx.now_ms = now_ms
                for name, records in rows.items():
                    for record_id, row in records.items():
                        text = registry[name].codec.encode(row)
                        tx.put(name, record_id, "all", text, row, 0)
                for write in then:
                    store_write(tx, registry, write)
                if self.read_only:
                    tx.log.flush()
                    connection.rows("COMMIT")
                    connection = Connection(path, read_only=True)
                    opened.callback(connection.close)
                    connection.rows("BEGIN")
                return StoreContext(
                    connection,
                    lambda: now_ms,
                    settings,
                    registry=registry,
                    query_timeout_s=0.5,
                    newest=None if self.read_only else tx.log.newest,
                )

            yield made


class TestWriterContext(StoreContexts):
    """Over the writer's connection, in the transaction that stored the rows."""


class TestReaderContext(StoreContexts):
    """Over a connection that only reads."""

    read_only = True
