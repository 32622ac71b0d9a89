"""The examples of docs/orders.md, made by a real box; run as a program, it writes them anew."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from preselling_branch import Branch

from appliance.api import Row
from appliance.api.amounts import money, price, quantity
from appliance.testing.box_device import PushAnswer
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin

PAGE = Path(__file__).parents[3] / "docs" / "orders.md"
LANGUAGES = ("en", "ru", "bg", "kk", "uz")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Verdict(NamedTuple):
    """One way that it may go.

    Attributes:
        name: of the section.
        prepare: changes the branch before, as the office would.
        order: makes the order.
    """

    name: str
    prepare: Callable[[Branch], None]
    order: Callable[[Branch], Row]


def _nothing(_branch: Branch) -> None:
    """Leave the branch as it is."""


def _limit(branch: Branch) -> None:
    branch.change("users", branch.anna.id, limits={"max_order_minor": 3_000})


def _wrong_sum(branch: Branch) -> Row:
    order = branch.order()
    order["totals"]["payable"] += 1
    return order


VERDICTS = (
    Verdict("Accepted", _nothing, lambda branch: branch.order()),
    Verdict("Held", _limit, lambda branch: branch.order()),
    Verdict("Rejected", _nothing, _wrong_sum),
    Verdict("Quarantined", _nothing, lambda branch: branch.order(outlet_id=branch.foreign)),
)


def example(branch: Branch, verdict: Verdict) -> str:
    """Return the section of a verdict: what is sent, what is answered, what Anna reads.

    Args:
        branch: as new.
        verdict: which.
    """
    verdict.prepare(branch)
    device = branch.device("anna")
    sent = device.put("orders", verdict.order(branch))
    (answer,) = branch.box.push(device, sent)
    ids: dict[str, str] = {}
    parts = [
        "The device sends",
        _block("json", _numbered(_plain(sent), ids)),
        "The appliance answers",
        _block("json", _numbered(_plain(_told(answer)), ids)),
        "Anna reads",
        _block("text", "\n".join(_screen(branch, sent["row"], answer))),
    ]
    if answer.issues and answer.outcome != "quarantined":
        parts += ["The sentence in each language", _block("text", _spoken(branch, verdict))]
    return "\n\n".join(parts)


def _told(answer: PushAnswer) -> Row:
    """Return the answer as its line has it."""
    found: Row = {"mid": answer.mid, "outcome": answer.outcome, "seq": answer.seq}
    found["issues"] = [
        {"code": i.code, "severity": i.severity, "pointer": i.pointer, "text": i.text}
        for i in answer.issues
    ]
    return found if answer.row is None else {**found, "row": answer.row}


def _plain(value: Any, depth: int = 0) -> str:
    """Return JSON with a line for each member of the record, and for each item of a list in it."""
    inside = isinstance(value, dict) and depth < 2
    if not inside and not (isinstance(value, list) and value and depth < 3):
        return json.dumps(value, ensure_ascii=False)
    indent = "  " * (depth + 1)
    if isinstance(value, dict):
        each = [f"{json.dumps(name)}: {_plain(one, depth + 1)}" for name, one in value.items()]
    else:
        each = [json.dumps(one, ensure_ascii=False) for one in value]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n{indent}" + f",\n{indent}".join(each) + f"\n{'  ' * depth}{end}"


def _numbered(text: str, ids: dict[str, str]) -> str:
    """Put numbered ids in place of those that are new in each run."""
    return _ID.sub(
        lambda found: ids.setdefault(found[0], f"01977420-dc00-7000-8000-{len(ids) + 1:012}"),
        text,
    )


def _screen(branch: Branch, row: Row, answer: PushAnswer) -> list[str]:
    """Return the order as a person reads it, with what is said of it below."""
    row = answer.row or row
    outlet = branch.box.records("outlets")[row["outlet_id"]]
    products = branch.box.records("products")
    state = row["state"] if answer.outcome in ("applied", "held") else answer.outcome
    lines = [f"Order {row.get('number', '')} for {outlet['name']}: {state}"]
    lines += [
        f"{one['line_no']}. {products[one['product_id']]['name']}: {quantity(one['qty'])} x"
        f" {price(one['net_price'])} = {money(one['total'])}"
        for one in row["lines"]
    ]
    lines.append(f"To pay: {money(row['totals']['payable'])} {row['currency']}")
    return [*lines, *(f"! {issue.text}" for issue in answer.issues)]


def _spoken(branch: Branch, verdict: Verdict) -> str:
    """Return what is said of such an order in each language, one line each."""
    device = branch.device("anna")
    found = []
    for number, language in enumerate(LANGUAGES, 2):
        branch.change("users", branch.anna.id, language=language)
        sent = device.put("orders", {**verdict.order(branch), "number": f"A-{number}"})
        (answer,) = branch.box.push(device, sent)
        found.append(f"{language}: {' '.join(issue.text for issue in answer.issues)}")
    return "\n".join(found)


def _block(kind: str, text: str) -> str:
    return f"```{kind}\n{text}\n```"


def page_with(text: str, name: str, section: str) -> str:
    """Return the page with an example in place of the one that is there."""
    begin = text.index("The device sends\n", text.index(f"## {name}\n"))
    end = text.find("\n## ", begin)
    return text[:begin] + section + "\n" + (text[end:] if end > 0 else "")


def main() -> None:
    """Write the examples into the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        for verdict in VERDICTS:
            box = PluginBox(Path(folder) / verdict.name, master_data, plugin)
            section = example(Branch(box), verdict)
            PAGE.write_text(page_with(PAGE.read_text("utf-8"), verdict.name, section), "utf-8")
            box.close()


if __name__ == "__main__":
    main()
