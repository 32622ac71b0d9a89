"""The command ``fieldbox x preselling revisions``: what changed in an order, and what it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from appliance.api import Command, CommandOption, CommandResult, Context, Row
from appliance.api.amounts import money, price, quantity
from appliance_preselling import order_lookup
from appliance_preselling.dates import moment_of
from appliance_preselling.differences import content, undone

COMMAND = Command(
    name="revisions",
    doc="Show what changed in an order after it left its author's hands, or the lines of one"
    " revision.",
    options=(
        CommandOption(
            name="order",
            doc="The order's id, or its number where one order has it.",
            required=True,
        ),
        CommandOption(name="revision", doc="Show the lines of this revision."),
    ),
)

_REVISIONS = """
SELECT order_revisions.body, users.login FROM order_revisions
LEFT JOIN users ON users.id = order_revisions.author
WHERE order_revisions.order_id = ? ORDER BY order_revisions.revision DESC
"""

_LINE = ("line", "product", "quantity", "price", "total")


def revisions(options: Mapping[str, str], context: Context) -> CommandResult:
    """Return the changes of an order as a table, the newest first, or the lines of a revision."""
    try:
        order_id, order = order_lookup.find(options["order"], context)
    except LookupError as error:
        text = f"--order: {error}; fieldbox x preselling recent shows the ids"
        return CommandResult(text=text, failed=True)
    made = [(json.loads(text), login) for text, login in context.select(_REVISIONS, (order_id,))]
    wanted = options.get("revision")
    if wanted is not None:
        return _lines(order, [row for row, _ in made], wanted, context)
    return CommandResult(
        columns=("revision", "by", "at (UTC)", "changed"),
        rows=tuple(
            (
                row["revision"],
                login or row.get("author", "(import)"),
                _moment(row["at"]),
                "; ".join(_said(row)),
            )
            for row, login in made
        ),
        text="" if made else f"The order has had one revision only, {order['revision']}.",
    )


def at_revision(order: Row, made: Iterable[Row], wanted: int) -> Row | None:
    """Return the content of an order at a revision; None where that was never there.

    Args:
        order: as it stands.
        made: its records of ``order_revisions``, the newest first.
        wanted: the revision.
    """
    row, revision = content(order), order["revision"]
    for change in made:
        if revision == wanted:
            break
        if change["revision"] != revision:
            return None
        row, revision = undone(row, change), revision - 1
    return row if revision == wanted else None


def _lines(order: Row, made: list[Row], wanted: str, context: Context) -> CommandResult:
    right = wanted.isascii() and wanted.isdigit()
    row = at_revision(order, made, int(wanted[:9])) if right else None
    if row is None:
        text = f"--revision must be a number from 1 to {order['revision']}, not {wanted!r}"
        return CommandResult(text=text, failed=True)
    ids = json.dumps([line["product_id"] for line in row["lines"]])
    codes = dict(
        context.select(
            "SELECT id, code FROM products WHERE id IN (SELECT value FROM json_each(?))", (ids,)
        )
    )
    return CommandResult(
        columns=_LINE,
        rows=tuple(
            (
                line["line_no"],
                codes.get(line["product_id"], line["product_id"]),
                quantity(line["qty"]),
                price(line["net_price"]),
                money(line["total"]),
            )
            for line in row["lines"]
        ),
    )


def _said(made: Row) -> Iterable[str]:
    """Say in a few words each what a revision changed."""
    for field in made.get("fields") or ():
        yield from _told(field["name"], field)
    for name, sign in (("added", "+"), ("removed", "-")):
        for line in made.get(name) or ():
            yield f"{sign} line {line['line_no']}"
    for line in made.get("changed") or ():
        for field in line["fields"]:
            yield from _told(f"line {line['line_no']} {field['name']}", field)


def _told(name: str, field: Mapping[str, Any]) -> Iterable[str]:
    """Say how a value changed; of an object, how each of its own values did."""
    old, new = field.get("old"), field.get("new")
    if isinstance(old, dict) and isinstance(new, dict):
        for part in sorted(old.keys() | new.keys()):
            if old.get(part) != new.get(part):
                sides = {"old": old.get(part), "new": new.get(part)}
                yield from _told(f"{name}.{part}", sides)
    else:
        yield f"{name}: {_side(old)} -> {_side(new)}"


def _side(value: Any) -> str:
    if value is None:
        return "(none)"
    return "(...)" if isinstance(value, dict | list) else str(value)


def _moment(at_ms: int) -> str:
    moment = moment_of(at_ms, 0)
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M")
