"""A company on paper, and an importer that stores what `import_row` asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

from appliance.api import ExternalRef, ImportRecord, Row
from appliance.testing.fake_context import FakeContext
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.plugin import plugin
from appliance_master_data.settings import SETTINGS

settings.register_profile("fieldbox", deadline=None)
settings.load_profile("fieldbox")


FIELDS = {collection.name: collection.fields for collection in COLLECTIONS}


class Files:
    """Imports rows as the appliance does: by external id, with references resolved."""

    def __init__(self, context: FakeContext) -> None:
        self.context = context
        self.ids: dict[tuple[str, str], str] = {}
        self.changed: list[str] = []

    def row(self, kind: str, /, **values: Any) -> list[ImportRecord]:
        """Import one row; an unresolved reference raises KeyError."""
        found = plugin.import_row(kind, values, self.context)
        records = [record for record in found if isinstance(record, ImportRecord)]
        for record in records:
            self._store(record)
        return records

    def record(self, collection: str, external_id: str) -> Row:
        """Return a stored record by external id."""
        stored = self.context.get(collection, self.ids[collection, external_id])
        assert stored is not None
        return stored

    def _store(self, record: ImportRecord) -> None:
        key = (record.collection, record.external_id)
        known = {field.name for field in FIELDS[record.collection]}
        assert set(record.row) <= known, f"undeclared fields in {record}"
        assert len(record.external_id) <= 200
        if key in self.ids and record.create_only:
            return
        row = {name: self._resolved(value) for name, value in record.row.items()}
        record_id = self.ids.setdefault(key, self.context.new_id())
        stored = self.context.get(record.collection, record_id) or {}
        merged = {name: value for name, value in {**stored, **row}.items() if value is not None}
        for field in FIELDS[record.collection]:
            assert not field.required or merged.get(field.name) is not None, (record, field.name)
        if merged != stored:
            self.changed.append(record.collection)
            self.context.put(record.collection, record_id, merged)

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, ExternalRef):
            return self.ids[value.collection, value.external_id]
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        return value


class Inbox:
    """Files for a real box, each row imported twice: the second time changes nothing."""

    def __init__(self, box: PluginBox) -> None:
        self.box = box

    def take(self, kind: str, /, **values: Any) -> Row:
        """Import a row; return the one record of its kind that it made or changed."""
        before = self.box.records(kind)
        first = self.box.import_rows(kind, [values])
        assert first.problems == (), first.problems
        again = self.box.import_rows(kind, [values])
        assert (again.created, again.changed, again.problems) == (0, 0, ())
        (changed,) = (row for key, row in self.box.records(kind).items() if row != before.get(key))
        return changed

    def refuse(self, kind: str, /, **values: Any) -> str:
        """Import a row that cannot be used; return the column and why."""
        before = self.box.records(kind)
        found = self.box.import_rows(kind, [values])
        assert self.box.records(kind) == before
        ((_number, column, text),) = found.problems
        return f"{column}: {text}"

    def the(self, kind: str, /, **fields: Any) -> str:
        """Return the id of the one record with these fields."""
        records = self.box.records(kind).items()
        (found,) = (key for key, row in records if fields.items() <= row.items())
        return found


@pytest.fixture
def make_inbox() -> Callable[[PluginBox], Inbox]:
    """Make an inbox of a box."""
    return Inbox


@pytest.fixture
def office(fieldbox_box: Callable[..., PluginBox], make_inbox: Callable[..., Any]) -> Any:
    """Files into a box of 15 June 2025: a customer with an outlet, goods, a user, a unit."""
    office = make_inbox(fieldbox_box(plugin, now_ms=1_749_988_800_000))
    office.box.user("anna", "agent")
    office.take("parties", code="P", name="Corner")
    office.take("outlets", code="O", party="P", name="Shop", address="A")
    for code in ("tea", "jam"):
        office.take("products", code=code, name=code, group="G")
    office.take("routes", code="R", name="R", owner="anna")
    office.take("route_outlets", route="R", outlet="O")
    names = {"code": "N", "name": "North", "party": "P", "country": "RU", "language": "ru"}
    office.take("org_units", **names, currency="RUB", timezone="Europe/Moscow")
    return office


@pytest.fixture
def make_context() -> Callable[..., FakeContext]:
    """Make a context over the plugin's collections with its default settings."""

    def make(rows: dict[str, dict[str, Row]] | None = None, **settings: Any) -> FakeContext:
        defaults = {setting.name: setting.default for setting in SETTINGS}
        return FakeContext(COLLECTIONS, rows, defaults | settings)

    return make


@pytest.fixture
def files(make_context: Callable[..., FakeContext]) -> Files:
    """Import into an empty box."""
    return Files(make_context())


@pytest.fixture
def company() -> dict[str, dict[str, Row]]:
    """Two branches, a supervisor with two reps, a manager of one branch, some outlets."""
    return {
        "org_units": {
            "hq": {"code": "hq", "kind": "company", "legal_party_id": "own"},
            "north": {"code": "n", "kind": "branch", "parent_id": "hq"},
            "south": {"code": "s", "kind": "branch", "parent_id": "hq"},
        },
        "users": {
            "anna": {"login": "anna", "org_id": "north", "supervisor_id": "sven"},
            "boris": {"login": "boris", "org_id": "south", "supervisor_id": "sven"},
            "sven": {"login": "sven", "org_id": "hq"},
            "mira": {"login": "mira", "org_id": "north"},
        },
        "routes": {
            "r1": {"code": "R1", "owner_user_id": "anna", "org_id": "north", "active": True},
            "r2": {"code": "R2", "owner_user_id": "boris", "org_id": "south", "warehouse_id": "w2"},
            "r9": {"code": "R9", "owner_user_id": "anna", "org_id": "north", "active": False},
        },
        "route_outlets": {
            "ro1": {"route_id": "r1", "outlet_id": "o1"},
            "ro2": {"route_id": "r1", "outlet_id": "o2"},
            "ro3": {"route_id": "r2", "outlet_id": "o3"},
            "ro9": {"route_id": "r9", "outlet_id": "o9"},
        },
        "outlets": {
            "o1": {"party_id": "p1", "code": "O1", "warehouse_id": "w1"},
            "o2": {
                "party_id": "p1",
                "payer_party_id": "p2",
                "price_list_id": "l-own",
                "segments": ["A"],
            },
            "o3": {"party_id": "p3", "code": "O3"},
            "o9": {"party_id": "p9", "code": "O9"},
        },
        "parties": {
            "p1": {
                "name": "One",
                "price_list_id": "l-child",
                "group_id": "holding",
                "segments": ["horeca"],
            },
            "p2": {"name": "Payer"},
            "p3": {"name": "Three"},
            "p9": {"name": "Nine", "price_list_id": "l-other"},
        },
        "price_lists": {
            "l-base": {"code": "BASE"},
            "l-child": {"code": "CHILD", "parent_id": "l-base"},
            "l-own": {"code": "OWN"},
            "l-other": {"code": "OTHER"},
        },
        "warehouses": {
            "w1": {"code": "W1", "org_id": "hq"},
            "w2": {"code": "W2", "org_id": "south"},
            "w3": {"code": "W3", "org_id": "north"},
        },
    }
