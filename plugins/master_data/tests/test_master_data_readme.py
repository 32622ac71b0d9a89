"""The README's tables say what the declarations say."""

from __future__ import annotations

from pathlib import Path

from appliance.api import Collection
from appliance.api.permissions import STAFF
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.plugin import plugin

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
HEAD = "| Collection | Bucket | Way | Kind | Read by | Written by | Holds |"
NAMES = {("*",): "everybody", STAFF: "staff", (): "-"}
"""Groups of roles that the table names by one word."""


def roles(names: tuple[str, ...]) -> str:
    return NAMES.get(names) or ", ".join(f"`{name}`" for name in names)


def line(collection: Collection) -> str:
    bucket = ", else ".join(f"`{template}`" for template in collection.bucket)
    cells = (
        f"`{collection.name}`",
        bucket,
        collection.direction,
        collection.kind,
        roles(collection.read),
        roles(collection.write),
        collection.title,
    )
    return f"| {' | '.join(cells)} |"


def rows_below(head: str) -> list[str]:
    after = README.split(f"{head}\n", 1)[1].splitlines()[1:]
    end = next(n for n, text in enumerate([*after, ""]) if not text.startswith("|"))
    return after[:end]


def test_the_table_of_collections_is_what_is_declared() -> None:
    assert rows_below(HEAD) == [line(collection) for collection in COLLECTIONS]


def test_every_setting_importer_report_and_job_is_named() -> None:
    for setting in plugin.settings():
        assert f"| `{setting.name}` | `" in README, setting.name
    for importer in plugin.importers():
        assert f"`{importer.kind}`" in README.split("## Files in")[1], importer.kind
    for job in plugin.scheduled_jobs():
        assert f"| `{job.name}` |" in README, job.name
    for report in plugin.reports():
        assert f"`{report.name}`" in README, report.name
    for exporter in plugin.exporters():
        assert f"`{exporter.kind}`" in README.split("## Files out")[1], exporter.kind
