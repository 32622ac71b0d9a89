"""What is done in a visit: a row for each step of a scenario."""

from __future__ import annotations

import json
import re
from typing import Any

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues, Row
from appliance_master_data.collections.scenarios import STEP_KINDS
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells, joined, settled

MOST_STEPS = 200
"""Steps of a scenario; as its collection says."""

IMPORTER = Importer(
    kind="visit_scenarios",
    title="What is done in a visit; a row for each step of a scenario",
    columns=(
        headers.named(
            "name",
            ("Сценарий", "scenario"),
            "The scenario's name; with the role it tells one from another.",
            required=True,
        ),
        ImportColumn(
            name="role",
            headers=("Роль", "role"),
            required=True,
            doc="Whose visits they are: agent, merchandiser, driver or another role.",
        ),
        headers.org("The code of the unit that it is for, with those below; absent: for all."),
        headers.flag(
            "order_fixed", ("Порядок обязателен", "order fixed"), "Steps are done in this order."
        ),
        headers.named("step", ("Шаг", "step"), "What names the step.", required=True),
        headers.kind(("Вид шага",), f"{', '.join(STEP_KINDS)}, or plugin:NAME.", required=True),
        ImportColumn(
            name="title", headers=("Название", "title"), doc="What people read; absent: its kind."
        ),
        headers.flag("mandatory", ("Обязательный", "mandatory"), "It must be done."),
        headers.number(
            "min_count", ("Не меньше", "min count"), "Documents that it takes, such as photos."
        ),
        ImportColumn(
            name="segment", headers=("Сегмент", "segment"), doc="Only at outlets of this segment."
        ),
        headers.number("weekday", ("День недели", "weekday"), "Only on this day: 1 is Monday."),
        headers.flag("first_visit", ("Первый визит", "first visit"), "Only where nobody was yet."),
        headers.flag("debt", ("Есть долг", "debt"), "Only where the customer owes something."),
        headers.flag("removed", ("Исключить", "Удалить", "remove"), "Take the step out of it."),
    ),
)

_PLUGIN = re.compile(r"plugin:[a-z][a-z0-9_.]{0,50}")
_STORED = "SELECT id, body FROM visit_scenarios WHERE body ->> '$.name' = ? AND role = ?"


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a scenario with that step; new steps stand after those there are."""
    cells = Cells(IMPORTER, values, context)
    name, role = cells.code("name"), cells.code("role")
    found = context.select(_STORED, (name, role))
    stored: Row = json.loads(found[0][1]) if found else {}
    before = stored.get("steps") or []
    steps = _changed(cells, before)
    row = {
        "name": name,
        "role": role,
        "steps": steps,
        **cells.org_id(),
        **cells.given("order_fixed"),
    }
    version = int(stored.get("version") or 0)
    row["version"] = version if found and steps == before else version + 1
    record_id = found[0][0] if found else None
    return settled("visit_scenarios", joined(name, role), row, {}, record_id)


def _changed(cells: Cells, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps with one of them changed, added at the end, or taken out."""
    step_id = cells.code("step")
    if len(step_id) > 64:
        raise cells.wrong("step", "the name of a step has at most 64 characters")
    place = next((n for n, step in enumerate(steps) if step["step_id"] == step_id), len(steps))
    before = steps[place : place + 1] or [{"step_id": step_id, "mandatory": False}]
    new = [] if cells.value("removed") else [_step(cells, before[0])]
    found = [*steps[:place], *new, *steps[place + 1 :]]
    if len(found) > MOST_STEPS:
        raise cells.wrong("step", f"a scenario has at most {MOST_STEPS} steps")
    return found


def _step(cells: Cells, before: dict[str, Any]) -> dict[str, Any]:
    kind = str(cells.needed("kind"))
    if kind not in STEP_KINDS and not _PLUGIN.fullmatch(kind):
        known = ", ".join(STEP_KINDS)
        raise cells.wrong("kind", f"there is no kind of step {kind!r}; write one of {known}")
    weekday, count = cells.value("weekday"), cells.value("min_count")
    if weekday is not None and not 1 <= weekday <= 7:
        raise cells.wrong("weekday", "days of the week are 1 for Monday to 7 for Sunday")
    if count is not None and not 1 <= count <= 200:
        raise cells.wrong("min_count", "a step takes 1 to 200 documents")
    condition = {
        **(before.get("condition") or {}),
        **cells.given("segment", "weekday"),
        # What is not asked for is no condition: a "no" does not mean "only where not".
        **{name: cells.value(name) or None for name in ("first_visit", "debt") if name in cells},
    }
    step = {
        **before,
        "kind": kind,
        **cells.given("title", "min_count"),
        "condition": {name: value for name, value in condition.items() if value is not None}
        or None,
    }
    if "mandatory" in cells:
        step["mandatory"] = bool(cells.value("mandatory"))
    return {name: value for name, value in step.items() if value is not None}
