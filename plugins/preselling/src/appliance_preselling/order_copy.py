"""The order on paper, for the customer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from appliance.api import Context, Document, DocumentKind, Row
from appliance.api.amounts import money, percent, price, quantity
from appliance.api.documents import Block, Column, Heading, KeyValue, Qr, Rule, Table, Text
from appliance_preselling.dates import moment_of
from appliance_preselling.texts import TEXTS

KIND = DocumentKind(name="order_copy", title="Order copy", collection="orders")

_COLUMNS = (
    Column(title="No.", align="right", width=3),
    Column(title="Item"),
    Column(title="Quantity", align="right", width=10),
    Column(title="Price", align="right", width=10),
    Column(title="Total", align="right", width=11),
)


def render(order_id: str, row: Row, context: Context) -> Document:
    """Make the order copy of a stored order."""
    number = row.get("number") or order_id[:8]
    blocks: list[Block] = [
        Heading(text=f"Order {number}"),
        *(KeyValue(key=key, value=value) for key, value in _head(row, context)),
        Rule(),
        Table(columns=_COLUMNS, rows=tuple(_lines(row, context))),
        Rule(),
        *(KeyValue(key=key, value=value) for key, value in _totals(row)),
    ]
    if row.get("comment"):
        blocks.append(Text(text=row["comment"]))
    blocks.append(Qr(data=order_id))
    blocks.append(Text(text="Not a fiscal document", align="center"))
    return Document(title=f"Order {number}", blocks=tuple(blocks))


def local_time(created_at: int, tz_offset_min: int) -> str:
    """Write a moment as the device's clock showed it; a moment no calendar holds as ``-``."""
    moment = moment_of(created_at, tz_offset_min)
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def plain(name: Any) -> str:
    """Return a name in one language: a text as it is, of several languages the first."""
    if isinstance(name, Mapping):
        return next((text for text in name.values() if isinstance(text, str)), "")
    return str(name or "")


def _head(row: Row, context: Context) -> Iterable[tuple[str, str]]:
    outlet = context.get("outlets", row["outlet_id"]) or {}
    payer = context.get("parties", row["payer_party_id"]) or {}
    yield "Date", local_time(row["created_at"], row["tz_offset_min"])
    yield "State", TEXTS.say("en", f"state:{row['state']}")
    yield "Outlet", plain(outlet.get("name"))
    if row["delivery"] == "address":
        yield "Delivery to", plain(outlet.get("address"))
    yield "Payer", plain(payer.get("legal_name"))
    yield "Delivery date", row["requested_date"]
    yield "Payment", row["payment_form"]


def _lines(row: Row, context: Context) -> Iterable[tuple[str, ...]]:
    products = _names("products", (line["product_id"] for line in row["lines"]), context)
    units = _names("product_uoms", (line["uom_id"] for line in row["lines"]), context)
    for line in row["lines"]:
        yield (
            str(line["line_no"]),
            products.get(line["product_id"], line["product_id"]),
            f"{quantity(line['qty'])} {units.get(line['uom_id'], '')}".rstrip(),
            price(line["net_price"]),
            money(line["total"]),
        )


def _totals(row: Row) -> Iterable[tuple[str, str]]:
    totals = row.get("totals") or {}
    for name, title in (("gross", "Before discounts"), ("discount", "Discount")):
        if totals.get(name):
            yield title, money(totals[name])
    for tax in totals.get("tax") or ():
        yield f"VAT {percent(tax['rate_bp'])} %", money(tax["tax_amount"])
    payable = totals.get("payable")
    if payable is None:
        payable = sum(line["total"] for line in row["lines"])
    yield "To pay", f"{money(payable)} {row['currency']}"


def _names(collection: str, ids: Iterable[str], context: Context) -> dict[str, str]:
    found = context.select(
        f"SELECT id, body FROM {collection} WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(set(ids))),),
    )
    return {record_id: plain(json.loads(body).get("name")) for record_id, body in found}
