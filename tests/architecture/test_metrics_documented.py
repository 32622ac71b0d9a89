"""docs/metrics.md tells of every metric of the daemon, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

from appliance.daemon.metrics import Metrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")


def documented() -> dict[str, tuple[str, set[str], str]]:
    rows = re.findall(r"^\| `(fieldbox_\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$", PAGE, re.M)
    return {
        name: (kind, set(re.findall(r"`(\w+)`", labels)), text) for name, kind, labels, text in rows
    }


def test_every_metric_is_documented_as_it_is() -> None:
    metrics = Metrics()
    collectors = metrics.registry._collector_to_names
    labels = {c._name: set(c._labelnames) for c in collectors}  # type: ignore[attr-defined]
    there = {
        family.name: (family.type, labels[family.name], family.documentation)
        for family in metrics.registry.collect()
    }
    assert documented() == there


def test_the_signs_name_metrics_that_exist() -> None:
    known = documented()
    for name in re.findall(r"fieldbox_[a-z_]+", PAGE):
        assert re.sub(r"_(total|bucket|sum|count)$", "", name) in known, name
