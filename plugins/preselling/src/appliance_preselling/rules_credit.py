"""Whether the payer may owe what an order comes to, and pays what is due."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from typing import NamedTuple

from appliance.api import Row
from appliance.api.amounts import Amount, money
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_terms import OrderTerms
from appliance_preselling.order_view import OrderView

# Open items, those overdue, and orders that will be owed and are not among the open items yet.
# `total` is exact up to 2^53 and has no largest number, where `sum` fails.
_DEBTS = """
SELECT (SELECT total(open_amount) FROM receivables
        WHERE party_id IN (SELECT value FROM json_each(:parties)) AND currency = :currency
            AND active IS NOT 0),
    (SELECT total(open_amount) FROM receivables
        WHERE party_id = :payer AND currency = :currency AND due_date < :overdue
            AND open_amount > 0 AND active IS NOT 0),
    (SELECT total(orders.body ->> '$.totals.payable') FROM orders
        WHERE payer_party_id IN (SELECT value FROM json_each(:parties)) AND currency = :currency
            AND id <> :order AND payment_form <> 'cash' AND state IN
                ('accepted', 'awaiting_confirmation', 'confirmed', 'partially_shipped'))
"""
_GROUP = "SELECT id FROM parties WHERE body ->> '$.group_id' = ? ORDER BY id"


class Limit(NamedTuple):
    """What somebody may owe.

    Attributes:
        minor: minor units.
        parties: whose debts count.
    """

    minor: int
    parties: tuple[str, ...]


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding where debt is too high or too old; who pays at once makes none."""
    row = view.row
    if not view.settings["check_credit"] or row["payment_form"] == "cash":
        return
    terms = OrderTerms.of(view)
    contract = terms.contract or {}
    limit = _limit(view, contract)
    days = contract.get("overdue_block_days")
    if days is None:
        days = view.settings["overdue_block_days"]
    least = contract.get("overdue_block_minor")
    if least is None:
        least = view.settings["overdue_block_minor"]
    payer = row["payer_party_id"]
    (amounts,) = view.context.select(
        _DEBTS,
        {
            "parties": json.dumps((payer,) if limit is None else limit.parties),
            "payer": payer,
            "currency": row["currency"],
            "overdue": (terms.today - datetime.timedelta(days=days)).isoformat(),
            "order": view.id,
        },
    )
    owed, overdue, ordered = map(int, amounts)
    if overdue > least:
        yield issue("overdue_debt", "/payment_form", debt=Amount(money(overdue)), days=days)
    whole = owed + ordered + view.payable
    if limit is not None and whole > limit.minor:
        yield issue(
            "credit_limit_exceeded",
            "/totals/payable",
            limit=Amount(money(limit.minor)),
            debt=Amount(money(owed)),
            ordered=Amount(money(ordered)),
            over=Amount(money(whole - limit.minor)),
        )


def _limit(view: OrderView, contract: Row) -> Limit | None:
    """Return the limit of the contract, else of the payer, else of his holding."""
    payer_id, payer = view.row["payer_party_id"], view.payer or {}
    for row in (contract, payer):
        minor = row.get("credit_limit_minor")
        if minor is not None:
            return Limit(minor, (payer_id,))
    group_id = payer.get("group_id")
    group = view.record("parties", group_id) or {}
    minor = group.get("credit_limit_minor")
    if group_id is None or minor is None:
        return None
    members = [party for (party,) in view.context.select(_GROUP, (group_id,))]
    return Limit(minor, tuple(dict.fromkeys([group_id, payer_id, *members])))
