"""What a plugin validates: the collections its manifest names, each of which must exist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from box_bench import Bench, CollectionsPlugin, line

from appliance.api import (
    Collection,
    Context,
    Field,
    Issue,
    Manifest,
    Mutation,
    Row,
    hookimpl,
    uuid7,
)

NAMES = ("orders_of_test", "notes_of_test")
COLLECTIONS = [
    Collection(
        name=name,
        title=name,
        direction="both",
        write=("*",),
        kind="request",
        fields=(Field(name="text", type="text"),),
    )
    for name in NAMES
]


class Rules(CollectionsPlugin):
    """Rejects whatever it is asked about."""

    def __init__(self, validates: tuple[str, ...] | None) -> None:
        super().__init__("rules", COLLECTIONS)
        self.validates = validates

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name="rules", version="1", title="rules", validates=self.validates)

    @hookimpl
    def validate_mutation(
        self, mutation: Mutation, stored: Row | None, context: Context
    ) -> Sequence[Issue]:
        return [Issue(code="no", severity="reject", text=mutation.collection)]


def outcomes(folder: Path, validates: tuple[str, ...] | None) -> list[str]:
    """Push one record of each collection; return the outcomes."""
    bench = Bench(folder, {"rules": Rules(validates)})
    number = bench.add_device(bench.add_user("anna")).number
    lines = [line(uuid7(bench.now_ms), name, bench.new_id(), {"text": "x"}) for name in NAMES]
    found = [answer.outcome for answer in bench.receive(number, *lines)]
    bench.close()
    return found


def test_a_plugin_is_asked_about_the_collections_it_names_alone(tmp_path: Path) -> None:
    assert outcomes(tmp_path / "some", NAMES[:1]) == ["rejected", "applied"]
    assert outcomes(tmp_path / "none", ()) == ["applied", "applied"]


def test_a_plugin_that_names_none_is_asked_about_all(tmp_path: Path) -> None:
    assert outcomes(tmp_path, None) == ["rejected", "rejected"]


def test_a_name_that_no_collection_has_takes_the_plugin_out(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"rules": Rules(("order_of_test",))})
    (status,) = bench.box.plugins.host.status()
    bench.close()
    assert status.state == "failed"
    assert "`validates` refers to the collection 'order_of_test'" in status.reason
    assert 'did you mean "orders_of_test"' in status.reason
