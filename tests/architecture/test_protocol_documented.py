"""docs/device-protocol.md says what the daemon does: endpoints, codes, limits, examples."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.internet.task import Clock
from twisted.python.threadpool import ThreadPool

from appliance.api.mutations import OUTCOMES
from appliance.config.keys import every_key
from appliance.config.settings import Settings
from appliance.daemon.presence import Presence
from appliance.daemon.printing import Printing
from appliance.daemon.service import Service
from appliance.http.health import metrics_routes
from appliance.http.live import LiveHub
from appliance.http.problem import CATALOGUE
from appliance.http.route import Route
from appliance.http.workers import PoolWorkers
from appliance.sync.checksums import row_digest
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin as preselling

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "device-protocol.md").read_text(encoding="utf-8")
OPERATION = re.compile(r"\b(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+(/[A-Za-z0-9_./{}-]+)")


def rows(header: str) -> list[list[str]]:
    """The cells of the table that begins with this header."""
    text = PAGE[PAGE.index(f"\n{header}\n") :].split("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()[3:]
    ]


# --- Endpoints ------------------------------------------------------------------------------------


@pytest.fixture
def routes(tmp_path: Path) -> Iterator[tuple[Route, ...]]:
    """Every route of the daemon, as its composition root makes them."""
    made = PluginBox(tmp_path, master_data, preselling)
    clock = Clock()
    service = Service(made.box.settings, clock)
    service.box = made.box
    service._presence = Presence(made.box.now_ms)
    service._hub = LiveHub(made.box, clock)
    workers = PoolWorkers(clock, ThreadPool(0, 1))
    service._printing = Printing(made.box, clock, workers, service.metrics)
    yield (*service._routes(workers), *metrics_routes(service.metrics.registry))
    made.close()


def documented_in(path: Path) -> set[tuple[str, str]]:
    text = path.read_text(encoding="utf-8")
    return {(method, place.rstrip(".")) for method, place in OPERATION.findall(text)}


def test_every_endpoint_is_documented(routes: tuple[Route, ...]) -> None:
    pages = documented_in(DOCS / "device-protocol.md") | documented_in(DOCS / "metrics.md")
    for route in routes:
        found = pages
        if route.path.startswith("/v1/x/"):
            found = documented_in(ROOT / "plugins" / route.path.split("/")[3] / "README.md")
        elif route.path.startswith("/v1/reports/"):
            found = pages.union(*map(documented_in, ROOT.glob("plugins/*/README.md")))
        assert (route.method, route.path) in found, f"{route.method} {route.path}"


def test_every_documented_endpoint_is_there(routes: tuple[Route, ...]) -> None:
    there = {(route.method, route.path) for route in routes}
    for page in ("device-protocol.md", "metrics.md", "enrollment.md"):
        for method, path in documented_in(DOCS / page):
            if re.search(r"/(?:[0-9a-f]{32}|[a-z]+…)$", path):
                continue  # an example's id
            stem = re.sub(r"/$", "", path)
            known = (method, path) in there or any(p.startswith(f"{stem}/{{") for _, p in there)
            assert known, f"{page}: {method} {path}"


# --- Tables ---------------------------------------------------------------------------------------


def test_the_problems_are_those_of_the_catalogue() -> None:
    documented = rows("| Code | Status | Title | What to do |")
    assert documented == [
        [f"`{kind.code}`", str(kind.status), kind.title, kind.advice] for kind in CATALOGUE.values()
    ]


def issue_codes() -> set[str]:
    """The codes of all issues that the appliance itself makes, read from its source."""
    codes = {"schema_invalid"}  # the default of RecordError
    for folder in ("sync", "store", "daemon", "http"):
        for path in (ROOT / "appliance" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                named = {k.arg: k.value for k in node.keywords}
                code = named.get("code")
                if node.func.id == "own_issue" and node.args:
                    code = node.args[0]
                elif node.func.id not in ("Issue", "RecordError"):
                    continue
                if isinstance(code, ast.Constant):
                    codes.add(str(code.value).partition(":")[0])
    return codes


def test_the_issues_are_those_of_the_core() -> None:
    documented = rows("| Issue | Severity | Outcome | Meaning |")
    names = [row[0].strip("`") for row in documented]
    assert sorted(names) == sorted(issue_codes())
    assert len(names) > 10
    for _, severity, outcome, _ in documented:
        assert severity in ("reject", "warn")
        assert outcome == "any" or re.match(r"\w+", outcome)[0] in OUTCOMES  # type: ignore[index]


def test_the_limits_have_the_defaults_of_the_config() -> None:
    keys = {".".join(path): key for path, key in every_key(Settings)}
    documented = rows("| What | Default | Key |")
    assert len(documented) > 10
    for _, default, key in documented:
        assert json.loads(default) == keys[key.strip("`")].plain_default, key


def test_every_key_of_pull_and_push_is_named() -> None:
    inner = {"sync.group_commit_mutations", "sync.readers"}
    for path, _ in every_key(Settings):
        key = ".".join(path)
        if path[0] in ("sync", "blobs") and key not in inner | {"blobs.disk_reserve_mb"}:
            assert f"`{key}`" in PAGE, key


def test_every_outcome_is_explained() -> None:
    documented = rows("| Outcome | The document is | The device |")
    assert {row[0].strip("`") for row in documented} == set(OUTCOMES)


# --- Examples -------------------------------------------------------------------------------------


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)


def test_every_example_is_json() -> None:
    seen = 0
    for block in blocks("json"):
        try:
            values = [json.loads(block)]
        except json.JSONDecodeError:
            values = [json.loads(line) for line in block.splitlines()]
        seen += len(values)
    assert seen > 20


def test_the_examples_show_every_line_and_every_outcome() -> None:
    text = "\n".join(blocks("json"))
    for line in ("begin", "put", "del", "ack", "segment", "mark", "checkpoint"):
        assert f'{{"{line}":' in text
    for outcome in OUTCOMES:
        assert f'"outcome":"{outcome}"' in text


def test_the_example_of_a_sum_is_right() -> None:
    record, seq, digest = "01a207fe-6669-7bde-866d-a57ea6f5739a", 11, 18104837519370163928
    assert row_digest("notes", record, seq) == digest
    assert record in PAGE
    assert str(digest) in PAGE
    halves = re.findall(r"[0-9a-f]{4}", re.search(r"begins with `([^`]+)`", PAGE)[1])  # type: ignore[index]
    assert int("".join(halves), 16) == digest


def test_every_link_leads_somewhere() -> None:
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("http"):
                continue
            name, _, anchor = target.partition("#")
            there = page if not name else (page.parent / name).resolve()
            assert there.exists(), f"{page.name}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.M)
                slugs = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
                assert anchor in slugs, f"{page.name}: {target}"
