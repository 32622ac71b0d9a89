"""The fake context and the appliance's own answer alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from appliance.api import Context
from appliance.store.connection import Connection
from appliance.store.migrations import migrate
from appliance.store.plugin_context import StoreContext
from appliance.store.transaction import WriteTransaction
from appliance.store.views import synchronise
from appliance.sync.registry import CompiledCollection, Registry
from appliance.testing.conformance.context_suite import ContextSuite, Make, Rows
from appliance.testing.fake_context import FakeContext


class TestFakeContext(ContextSuite):
    """Rows in memory."""

    @pytest.fixture
    def make(self) -> Make:
        def made(rows: Rows, settings: Mapping[str, Any], now_ms: int) -> Context:
            return FakeContext(self.COLLECTIONS, rows, settings, now_ms, max_steps=2_000_000)

        return made


class StoreContexts(ContextSuite):
    """What the writer's and the readers' contexts have in common."""

    read_only = False

    @pytest.fixture
    def make(self, tmp_path: Path) -> Iterator[Make]:
        with ExitStack() as opened:
            count = 0

            def made(rows: Rows, settings: Mapping[str, Any], now_ms: int) -> Context:
                nonlocal count
                count += 1
                path = tmp_path / f"store-{count}.db"
                registry = Registry([CompiledCollection(one, "test") for one in self.COLLECTIONS])
                connection = Connection(path)
                opened.callback(connection.close)
                migrate(connection, path)
                synchronise(connection, registry)
                connection.rows("BEGIN")
                tx = WriteTransaction(connection, registry)
                for name, records in rows.items():
                    for record_id, row in records.items():
                        text = registry[name].codec.encode(row)
                        tx.put(name, record_id, "all", text, row, 0)
                if self.read_only:
                    connection.rows("COMMIT")
                    connection = Connection(path, read_only=True)
                    opened.callback(connection.close)
                    connection.rows("BEGIN")
                return StoreContext(
                    connection, lambda: now_ms, settings, registry=registry, query_timeout_s=0.5
                )

            yield made


class TestWriterContext(StoreContexts):
    """Over the writer's connection, in the transaction that stored the rows."""


class TestReaderContext(StoreContexts):
    """Over a connection that only reads."""

    read_only = True
