"""Who goes where: routes and the outlets on them."""

from __future__ import annotations

from appliance.api import Collection, Field

ROUTES = Collection(
    name="routes",
    title="Routes: the outlets one person looks after.",
    bucket=("route:{id}",),
    key=("code",),
    fields=(
        Field(name="code", type="text", required=True, max_length=80, index=True, search=True),
        Field(name="name", type="text", required=True, max_length=300, search=True),
        Field(
            name="org_id",
            type="ref",
            of="org_units",
            index=True,
            doc="Absent: of the whole company.",
        ),
        Field(name="kind", type="text", values=("presale", "van", "merch", "delivery")),
        Field(name="owner_user_id", type="ref", of="users", index=True),
        Field(name="warehouse_id", type="ref", of="warehouses"),
        Field(
            name="price_list_id",
            type="ref",
            of="price_lists",
            doc="Of outlets that have none by themselves, a contract or their party.",
        ),
        Field(name="active", type="bool", doc="Absent: true."),
    ),
)

ROUTE_OUTLETS = Collection(
    name="route_outlets",
    title="The outlets of a route, in the order and on the days they are visited.",
    bucket=("route:{route_id}",),
    key=("route_id", "outlet_id"),
    fields=(
        Field(name="route_id", type="ref", of="routes", required=True, index=True),
        Field(name="outlet_id", type="ref", of="outlets", required=True, index=True),
        # Not `seq`: every view has a column of that name, the row's place in the change log.
        Field(name="sort", type="int", minimum=0, doc="Its place on the route."),
        Field(
            name="weekdays",
            type="int",
            minimum=0,
            maximum=127,
            doc="A bit a day: 1 is Monday, 2 Tuesday, 64 Sunday.",
        ),
        Field(name="week_cycle", type="int", minimum=1, maximum=4, doc="Which week of four."),
        Field(name="frequency", type="int", minimum=0, doc="Visits in four weeks."),
        Field(name="scenario_id", type="ref", of="visit_scenarios"),
    ),
)
