"""Whether an order keeps to the contract that it names, and to the forms of payment agreed."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api import Text
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for a contract of somebody else and a form of payment nobody agreed to."""
    row, contract = view.row, view.contract
    if row.get("contract_id") is not None:
        if contract is None:
            yield issue("ref_unknown", "/contract_id", what=Text("what:contract"))
        elif contract["party_id"] not in (row["party_id"], row["payer_party_id"]):
            yield issue("contract_wrong", "/contract_id")
        elif contract["currency"] != row["currency"]:
            yield issue("contract_currency", "/contract_id", currency=contract["currency"])
    agreed = (contract or {}).get("payment_forms") or (view.payer or {}).get("payment_forms")
    if agreed and row["payment_form"] not in agreed:
        forms = tuple(Text(f"payment:{form}") for form in agreed)
        asked = Text(f"payment:{row['payment_form']}")
        yield issue("payment_form_denied", "/payment_form", asked=asked, agreed=forms)
