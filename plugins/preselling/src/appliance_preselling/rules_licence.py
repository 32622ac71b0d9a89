"""Whether the customer may buy the regulated goods of an order."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView

# The last day of the licences that hold on the day of the delivery, and of all of them.
_LICENCES = """
SELECT regulation, max(valid_to) FILTER (WHERE valid_from <= :date AND valid_to >= :date),
    max(valid_to)
FROM licences
WHERE party_id IN (:party, :payer) AND (outlet_id IS NULL OR outlet_id = :outlet)
GROUP BY regulation
"""


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each regulated line without a licence on the day of the delivery."""
    row = view.row
    date = row["requested_date"]
    if not view.regulated:
        return
    asked = {
        "party": row["party_id"],
        "payer": row["payer_party_id"],
        "outlet": row["outlet_id"],
        "date": date,
    }
    licences = {name: days for name, *days in view.context.select(_LICENCES, asked)}
    warn_days = view.settings["licence_warn_days"]
    day = datetime.date.fromisoformat(date)
    soon = (day + datetime.timedelta(min(warn_days, (datetime.date.max - day).days))).isoformat()
    warned: set[str] = set()
    for place, regulation in view.regulated.items():
        covered, newest = licences.get(regulation, (None, None))
        pointer, number = f"/lines/{place}/product_id", view.lines[place]["line_no"]
        if covered is not None:
            if covered < soon and regulation not in warned:
                warned.add(regulation)
                yield issue("licence_expiring", pointer, regulation=regulation, date=covered)
        elif newest is None:
            yield issue("licence_missing", pointer, line_no=number, regulation=regulation)
        elif newest < date:
            yield issue(
                "licence_expired", pointer, line_no=number, regulation=regulation, date=newest
            )
        else:
            yield issue("licence_missing", pointer, line_no=number, regulation=regulation)
