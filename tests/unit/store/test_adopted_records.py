"""An import that names a record which is there already takes it in place of a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from appliance import api
from appliance.api import uuid7
from appliance.store.importing import ImportRow, ImportSession
from appliance.store.rehearsal import rehearse
from appliance.testing.plugin_box import PluginBox


class Shelves:
    """Shelves, known by their label."""

    @api.hookimpl
    def manifest(self) -> api.Manifest:
        return api.Manifest(name="shelves", version="1", title="Shelves")

    @api.hookimpl
    def collections(self) -> Sequence[api.Collection]:
        fields = (
            api.Field(name="label", type="text", required=True, index=True),
            api.Field(name="size", type="int", required=True),
        )
        return [api.Collection(name="shelves", title="Shelves", fields=fields)]

    @api.hookimpl
    def importers(self) -> Sequence[api.Importer]:
        columns = tuple(api.ImportColumn(name=name, headers=(name,)) for name in ("label", "size"))
        return [api.Importer(kind="shelves", title="Shelves", columns=columns)]

    @api.hookimpl
    def import_row(
        self, kind: str, values: api.ImportValues, context: api.Context
    ) -> Sequence[api.ImportRecord]:
        found = context.select("SELECT id FROM shelves WHERE label = ?", (values["label"],))
        row = {name: values[name] for name in ("label", "size") if name in values}
        record = api.ImportRecord(
            collection="shelves",
            external_id=values["label"],
            row=row,
            create_only=values.get("mentioned", False),
            record_id=found[0][0] if found else values.get("guess"),
        )
        return [record]


@pytest.fixture
def box(fieldbox_box: Callable[..., PluginBox]) -> PluginBox:
    return fieldbox_box(Shelves())


def test_a_record_that_the_importer_found_is_changed_and_not_made_twice(box: PluginBox) -> None:
    shelf = box.store("shelves", {"label": "A", "size": 1})
    assert box.import_rows("shelves", [{"label": "A", "size": 2}])[:3] == (0, 1, 0)
    assert box.import_rows("shelves", [{"label": "A", "size": 2}])[:3] == (0, 0, 1)
    assert box.records("shelves") == {shelf: {"label": "A", "size": 2}}
    # The external id names it from now on, whatever becomes of its label.
    box.store("shelves", {"label": "renamed", "size": 2}, shelf)
    assert box.import_rows("shelves", [{"label": "A", "size": 3}])[:3] == (0, 1, 0)
    assert box.records("shelves") == {shelf: {"label": "A", "size": 3}}


def test_what_a_row_does_not_say_stays(box: PluginBox) -> None:
    shelf = box.store("shelves", {"label": "A", "size": 1})
    assert box.import_rows("shelves", [{"label": "A"}])[:3] == (0, 0, 1)
    assert box.records("shelves")[shelf]["size"] == 1


def test_a_record_that_is_only_mentioned_is_left_as_it_is(box: PluginBox) -> None:
    shelf = box.store("shelves", {"label": "A", "size": 1})
    row = {"label": "A", "size": 2, "mentioned": True}
    assert box.import_rows("shelves", [row])[:3] == (0, 0, 0)
    assert box.records("shelves") == {shelf: {"label": "A", "size": 1}}


def test_a_record_that_is_not_there_is_made_anew(box: PluginBox) -> None:
    gone = box.store("shelves", {"label": "A", "size": 1})
    box.box.store.write(lambda tx: tx.delete("shelves", gone))
    for label, guess in (("B", gone), ("C", uuid7(box.now_ms))):
        row = {"label": label, "size": 2, "guess": guess}
        assert box.import_rows("shelves", [row])[:3] == (1, 0, 0)
        assert guess not in box.records("shelves")


def test_a_dry_run_tells_the_same_and_stores_nothing(box: PluginBox) -> None:
    box.store("shelves", {"label": "A", "size": 1})
    rehearsal = rehearse(box.box)
    session = ImportSession("test")
    for counts in ((0, 1, 0), (0, 0, 1)):
        done = rehearsal.store.write(
            lambda tx: session.batch(
                tx,
                [ImportRow(1, {"label": "A", "size": 2})],
                partial(box.box.converter, tx, "shelves"),
            )
        )
        assert done[:3] == counts
    rehearsal.close()
    assert [row["size"] for row in box.records("shelves").values()] == [1]
