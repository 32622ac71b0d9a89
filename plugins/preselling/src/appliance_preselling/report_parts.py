"""What reports of sales have in common: whom they are for, their parameters, what is counted."""

from __future__ import annotations

from appliance.api import ReportParameter

SELLERS = ("admin", "manager", "supervisor", "hq")
"""Roles that read how sales go."""

SPAN = (
    ReportParameter(name="since", doc="The first day, YYYY-MM-DD.", default="2000-01-01"),
    ReportParameter(name="until", doc="The last day, YYYY-MM-DD.", default="2999-12-31"),
)
"""The days on which orders or visits were made, where they were made."""

UNIT = ReportParameter(
    name="unit",
    doc="The code of a unit: it and those below it; empty: all.",
    default="",
    choices="SELECT code FROM org_units ORDER BY code",
)
"""The parameter of reports that can be asked for one branch."""

BELOW = """
below(id) AS (
    SELECT id FROM org_units WHERE code = :unit
    UNION
    SELECT unit.id FROM below CROSS JOIN org_units AS unit ON unit.parent_id = +below.id
)"""
"""The ids of the asked unit and those below it, for ``WITH RECURSIVE``; none where all are."""

DAY = "date(orders.created_at / 1000 + orders.tz_offset_min * 60, 'unixepoch')"
"""The day of an order."""

STANDS = "orders.state NOT IN ('draft', 'cancelled', 'rejected', 'expired')"
"""Something is to be delivered for the order."""

# The bounds on created_at, a day wider than any time zone, are there for its index.
COUNTED = f"""{STANDS}
    AND orders.order_kind <> 'return_request'
    AND orders.created_at >= (unixepoch(:since) - 86400) * 1000
    AND orders.created_at < (unixepoch(:until) + 172800) * 1000
    AND {DAY} BETWEEN :since AND :until
    AND (:unit = '' OR orders.org_id IN (SELECT id FROM below))"""
"""What is counted: orders that something is to be delivered for, of the asked days and unit."""
