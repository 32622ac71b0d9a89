"""A plugin that is taken out of service takes no record from any device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from box_bench import Bench, CollectionsPlugin

from appliance.api import Collection, Field, hookimpl
from appliance.store.pages import PullReader

NOTES = Collection(
    name="notes",
    title="notes",
    fields=(Field(name="place", type="text", required=True),),
    bucket=("place:{place}",),
)


class Places(CollectionsPlugin):
    """Names one bucket, until it fails."""

    def __init__(self) -> None:
        super().__init__("places", (NOTES,))
        self.failing = False

    @hookimpl
    def device_buckets(self, device: Any, context: Any) -> Any:
        if self.failing:
            raise ZeroDivisionError
        return ["place:here"]


def test_what_devices_had_stays_while_a_plugin_is_in_quarantine(tmp_path: Path) -> None:
    plugin = Places()
    bench = Bench(tmp_path, {"places": plugin})
    try:
        device = bench.add_device(bench.add_user("anna")).number

        def granted() -> list[int]:
            return bench.box.store.read(
                lambda db: (lambda one: one.granted(device, one.head()))(
                    PullReader(db, frozenset())
                )
            )

        def refresh() -> bool:
            return bench.box.store.write(lambda tx: bench.box.refresh_grants(tx, device))

        assert refresh()
        before = granted()
        plugin.failing = True
        for _ in range(3):
            assert not refresh()
        assert not bench.box.plugins.host.active("places")
        assert not refresh()
        assert granted() == before
        bench.reopen()
        assert not bench.box.plugins.host.active("places")
        assert not refresh()
        assert granted() == before
    finally:
        bench.close()
