"""Key figures of visits: of people, of branches, and one's own.

Coverage = planned outlets that were visited / planned; strike rate = visits that brought an order /
visits; lines per order; minutes in the outlet.
"""

from __future__ import annotations

from appliance.api import Report, ReportColumn
from appliance_preselling.report_parts import BELOW, SELLERS, SPAN, STANDS, UNIT

FIELD = ("agent", "driver", "merchandiser", "supervisor")
"""Roles that visit outlets, and read their own figures."""

# An order is made in its visit; a week wider than the asked days, an index keeps out all others.
# The + keeps SQLite from the index of plan_date, which most visits may not have; of the cast see
# `reports`.
_VISITS = f"""
brought AS MATERIALIZED (
    SELECT CAST(orders.body ->> '$.visit_id' AS TEXT) AS visit_id,
        count(*) AS orders, sum(json_array_length(orders.body, '$.lines')) AS lines
    FROM orders
    WHERE {STANDS} AND orders.order_kind <> 'return_request' {{by}}
        AND orders.created_at >= (unixepoch(:since) - 604800) * 1000
        AND orders.created_at < (unixepoch(:until) + 691200) * 1000
        AND orders.body ->> '$.visit_id' IS NOT NULL
    GROUP BY visit_id
),
asked(id) AS MATERIALIZED (
    SELECT id FROM visits
    WHERE plan_date >= :since AND plan_date <= :until
    UNION ALL
    SELECT id FROM visits
    WHERE +plan_date IS NULL
        AND arrived_at >= (unixepoch(:since) - 86400) * 1000
        AND arrived_at < (unixepoch(:until) + 172800) * 1000
        AND date(arrived_at / 1000 + coalesce(tz_offset_min, 0) * 60, 'unixepoch')
            BETWEEN :since AND :until
),
visit AS MATERIALIZED (
    SELECT visits.user_id AS user_id, visits.planned IS 1 AS planned,
        visits.state IN ('completed', 'completed_incomplete') AS made,
        max(visits.left_at - visits.arrived_at, 0) AS stayed_ms,
        brought.orders AS orders, brought.lines AS lines
    FROM asked CROSS JOIN visits ON visits.id = asked.id
    LEFT JOIN brought ON brought.visit_id = visits.id
    WHERE {{whose}}
)"""

_FIGURES = """sum(visit.planned),
       sum(visit.planned AND visit.made),
       sum(visit.planned AND visit.made) * 10000 / nullif(sum(visit.planned), 0),
       sum(visit.made),
       sum(visit.made AND visit.orders IS NOT NULL),
       sum(visit.made AND visit.orders IS NOT NULL) * 10000 / nullif(sum(visit.made), 0),
       sum(visit.lines) FILTER (WHERE visit.made) * 1000
           / sum(visit.orders) FILTER (WHERE visit.made),
       CAST(avg(visit.stayed_ms) FILTER (WHERE visit.made) / 60000 AS INTEGER)"""

_COLUMNS = (
    ReportColumn(name="planned", title="Planned", unit="int"),
    ReportColumn(name="visited", title="Of them visited", unit="int"),
    ReportColumn(name="coverage", title="Coverage, %", unit="percent"),
    ReportColumn(name="visits", title="Visits", unit="int"),
    ReportColumn(name="with_order", title="With an order", unit="int"),
    ReportColumn(name="strike", title="Strike rate, %", unit="percent"),
    ReportColumn(name="lines_per_order", title="Lines per order", unit="quantity"),
    ReportColumn(name="minutes", title="Minutes in the outlet", unit="int"),
)

_OF_UNIT = """(:unit = '' OR visits.user_id IN (
            SELECT users.id FROM below CROSS JOIN users ON users.org_id = +below.id))"""

_OWN = "visits.user_id = :caller_user_id"

COVERAGE = Report(
    name="coverage",
    title="Planned outlets that were visited, and visits that brought an order",
    sql=f"""
WITH RECURSIVE {BELOW},{_VISITS.format(whose=_OF_UNIT, by="")}
SELECT users.login, {_FIGURES}
FROM visit LEFT JOIN users ON users.id = visit.user_id
GROUP BY visit.user_id
ORDER BY users.login
""",
    columns=(ReportColumn(name="user", title="Person"), *_COLUMNS),
    parameters=(*SPAN, UNIT),
    roles=SELLERS,
    chart="bars",
)

COVERAGE_BY_UNIT = Report(
    name="coverage_by_unit",
    title="Planned outlets that were visited, and visits that brought an order, by branch",
    sql=f"""
WITH RECURSIVE {BELOW},{_VISITS.format(whose=_OF_UNIT, by="")}
SELECT coalesce(org_units.code, ''), text_in(org_units.name, :caller_languages),
       count(DISTINCT visit.user_id), {_FIGURES}
FROM visit LEFT JOIN users ON users.id = visit.user_id
LEFT JOIN org_units ON org_units.id = users.org_id
GROUP BY users.org_id
ORDER BY org_units.code
""",
    columns=(
        ReportColumn(name="code", title="Code"),
        ReportColumn(name="unit", title="Branch"),
        ReportColumn(name="people", title="People", unit="int"),
        *_COLUMNS,
    ),
    parameters=(*SPAN, UNIT),
    roles=SELLERS,
    chart="bars",
)

# It reads all records, so that visits and orders of outlets that went to somebody else still
# count, and of these nothing but the caller's own.
MY_FIGURES = Report(
    name="my_figures",
    title="My own visits and orders",
    sql=f"""
WITH {_VISITS.format(whose=_OWN, by="AND orders.user_id = :caller_user_id").lstrip()}
SELECT {_FIGURES}
FROM visit
HAVING count(*) > 0
""",
    columns=_COLUMNS,
    parameters=SPAN,
    roles=FIELD,
    scope="everything",
)

VISIT_REPORTS = (COVERAGE, COVERAGE_BY_UNIT, MY_FIGURES)
"""Every report of visits."""
