"""What the lines of an order must keep that need nothing but the lines."""

from __future__ import annotations

from collections.abc import Iterable

from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for too many lines, repeated numbers and quantities not above 0."""
    most = view.settings["max_lines"]
    if len(view.lines) > most:
        yield issue("lines_too_many", "/lines", got=len(view.lines), expected=most)
    seen = set()
    for place, line in enumerate(view.lines):
        number = line["line_no"]
        if number in seen:
            yield issue("line_no_repeated", f"/lines/{place}/line_no", line_no=number)
        seen.add(number)
        if line["qty"] <= 0:
            yield issue("qty_not_positive", f"/lines/{place}/qty", line_no=number)


def check_any(view: OrderView) -> Iterable[Finding]:
    """Yield a finding where there is no line."""
    if not view.lines:
        yield issue("lines_missing", "/lines")
