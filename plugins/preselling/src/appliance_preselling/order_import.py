"""The file of orders as accounting sees them: ``fieldbox import orders FILE``.

What the outbox wrote, or ``fieldbox export orders``, comes back with what accounting changed. Rows
of an order are taken together and judged as the office's edit of it would be.
"""

from __future__ import annotations

import copy

from appliance.api import (
    Context,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportRowError,
    ImportValues,
    Row,
)
from appliance.api.importing import ROWS
from appliance_preselling import office_lines, office_ways, order_lookup
from appliance_preselling.checks import changed_fields
from appliance_preselling.differences import content, difference
from appliance_preselling.office_lines import Lines
from appliance_preselling.states import STATES


def _unread(name: str, headers: tuple[str, ...]) -> ImportColumn:
    doc = "As the outbox writes it; not looked at."
    return ImportColumn(name=name, headers=headers, doc=doc)


IMPORTER = Importer(
    kind="orders",
    title="Orders as accounting changed, shipped or completed them; a row for each line",
    together="order",
    columns=(
        ImportColumn(
            name="order",
            headers=("Заказ", "Номер заказа", "order", "order number"),
            type="code",
            required=True,
            doc="Its id, its number or accounting's number, where one order has it.",
        ),
        ImportColumn(
            name="state",
            headers=("Состояние", "Статус", "state", "status"),
            doc="How it stands: accepted, awaiting_confirmation, confirmed, partially_shipped,"
            " shipped, completed, cancelled; of returns collected, credited. Absent: it stays,"
            " or follows from what was shipped.",
        ),
        ImportColumn(
            name="accounting_number",
            headers=("Номер в учете", "Номер в 1С", "accounting number"),
            type="code",
            doc="The number that accounting gave it.",
        ),
        ImportColumn(
            name="comment",
            headers=("Причина", "Комментарий", "reason", "comment"),
            doc="Why it is in its state; the customer sees it.",
        ),
        ImportColumn(
            name="requested_date",
            headers=("Дата доставки", "delivery date"),
            type="date",
            doc="The day of delivery; absent: it stays.",
        ),
        ImportColumn(
            name="revision",
            headers=("Версия", "revision"),
            type="int",
            doc="The revision that accounting saw; the order is left alone where it is older.",
        ),
        *office_lines.COLUMNS,
        _unread("number", ("number", "Номер")),
        _unread("created", ("created", "Создан")),
        _unread("outlet", ("outlet", "Торговая точка")),
        _unread("user", ("user", "Сотрудник")),
        _unread("tax", ("tax", "НДС")),
        _unread("total", ("total", "Сумма")),
        _unread("currency", ("currency", "Валюта")),
        _unread("party", ("customer", "Покупатель")),
        _unread("party_tax_id", ("customer tax id", "ИНН покупателя")),
        _unread("payer", ("payer", "Плательщик")),
        _unread("payer_tax_id", ("payer tax id", "ИНН плательщика")),
    ),
)

_WORDS = {
    "принят": "accepted",
    "ожидает подтверждения": "awaiting_confirmation",
    "подтвержден": "confirmed",
    "частично отгружен": "partially_shipped",
    "отгружен": "shipped",
    "выполнен": "completed",
    "отменен": "cancelled",
    "возвращен": "collected",
    "зачтен": "credited",
}
_OF_ORDER = ("state", "accounting_number", "comment", "requested_date", "revision")
"""Columns that say something of the order; its rows say the same."""

_SHIPPED = ("shipped", "completed")
SHIPPING = ("confirmed", "partially_shipped", "shipped")
"""States of an order whose goods go out."""


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn the rows of an order into the order as it stands now.

    Raises:
        ImportRowError: accounting may not change it so; the text says why and what it may.
    """
    rows = values.get(ROWS) or [values]
    said = {name: _said(name, rows) for name in _OF_ORDER}
    try:
        order_id, stored = order_lookup.find_any(values["order"], context)
    except LookupError as error:
        raise ImportRowError(str(error), column="order") from None
    _check_revision(said["revision"], stored["revision"])
    order = copy.deepcopy(stored)
    lines = Lines(order, context)
    for row in rows:
        lines.take(row)
    if said["requested_date"] is not None:
        order["requested_date"] = said["requested_date"]
    if said["accounting_number"] is not None:
        order["server_number"] = said["accounting_number"]
    lines.settle()
    changed = bool(difference(content(stored), content(order)))
    order["state"] = _target(said["state"], stored, order, changed=changed, shipped=lines.shipped)
    if order["state"] in _SHIPPED and stored["state"] not in _SHIPPED:
        lines.ship_the_rest()
    _check_way(stored, order)
    if said["comment"] is not None:
        order["state_comment"] = said["comment"]
    gone = dict.fromkeys(stored.keys() - order.keys())
    return [
        ImportRecord(
            collection="orders", external_id=order_id, row={**order, **gone}, record_id=order_id
        )
    ]


def _said(name: str, rows: list[ImportValues]) -> object:
    """Return what the rows of an order say of it, one and the same."""
    found = {row[name] for row in rows if row.get(name) not in (None, "")}
    if len(found) > 1:
        said = " and ".join(sorted(map(str, found))[:2])
        raise ImportRowError(f"rows of this order say both {said}", column=name)
    return found.pop() if found else None


def _check_revision(seen: object, newest: int) -> None:
    if isinstance(seen, int) and seen != newest:
        raise ImportRowError(
            f"the order was changed meanwhile: this is revision {seen}, now it has {newest}; "
            "export it again",
            column="revision",
        )


def _target(said: object, stored: Row, order: Row, *, changed: bool, shipped: bool) -> str:
    """Return the state that the rows mean."""
    source: str = stored["state"]
    if said is not None:
        word = " ".join(str(said).casefold().replace("ё", "е").split())
        state = _WORDS.get(word, word)
        if state not in STATES:
            known = ", ".join(office_ways.reachable(order["order_kind"], source))
            raise ImportRowError(
                f"there is no state {said!r}; write one of {known}", column="state"
            )
        if not (state == source and (changed or shipped)):
            return state
    if changed and source == "accepted":
        return "awaiting_confirmation"
    if shipped and source in SHIPPING:
        return "shipped" if office_lines.all_shipped(order) else "partially_shipped"
    return source


def _check_way(stored: Row, order: Row) -> None:
    """Refuse what accounting may not do with an order."""
    kind, source, target = order["order_kind"], stored["state"], order["state"]
    if source == target and not changed_fields(order, stored):
        return
    steps = office_ways.way_to(kind, source, target)
    if steps is None:
        may = ", ".join(office_ways.reachable(kind, source))
        what = f"accounting may make it {may}" if may else "accounting cannot change it any more"
        cannot = "be changed" if source == target else f"become {target}"
        raise ImportRowError(f"the order is {source}, it cannot {cannot}; {what}", column="state")
    passed = [(step.source, step.target) for step in steps]
    if ("accepted", "confirmed") in passed and stored.get("client_confirm_required"):
        text = "its customer wants to confirm it himself: make it awaiting_confirmation"
        raise ImportRowError(text, column="state")
    if any(step.scope == "content" for step in steps):
        return
    shipment = any(step.scope == "shipment" for step in steps)
    held = changed_fields(order, stored, shipment=shipment)
    if held:
        raise ImportRowError(
            f"what was ordered ({', '.join(held)}) cannot change on the way from {source} to "
            f"{target}; an accepted order that is changed becomes awaiting_confirmation"
        )
