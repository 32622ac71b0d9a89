"""Remarks of the house on an order: whose they are, and of which order."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.api import Context, Effect, Mutation, Row, languages_of
from appliance_preselling.findings import Finding, issue, said
from appliance_preselling.texts import TEXTS


def take(mutation: Mutation, context: Context) -> Effect | None:
    """Take a remark of its sender on an order that is here."""
    found = list(wrong(mutation, context.get("orders", mutation.row["order_id"])))
    if not found:
        return None
    language = TEXTS.language(*languages_of(context, mutation.user_id))
    return Effect(issues=said(found, language))


def wrong(mutation: Mutation, order: Row | None) -> Iterator[Finding]:
    """Yield what is wrong with something that somebody says or asks of an order.

    An order of another outlet is as good as none: it may be none of the sender's business.
    """
    row = mutation.row
    if row["user_id"] != mutation.user_id:
        yield issue("user_wrong:own", "/user_id")
    if order is None or order["outlet_id"] != row["outlet_id"]:
        yield issue("order_unknown", "/order_id")
