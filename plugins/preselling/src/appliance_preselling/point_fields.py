"""The collection `order_points`: what each order adds to and takes from bonus accounts."""

from __future__ import annotations

from appliance.api import Collection, Field

EARNED, SPENT = KINDS = ("earned", "spent")
"""What became of points with an order."""

ORDER_POINTS = Collection(
    name="order_points",
    title="Points that orders earned or spent, behind the balances of bonus accounts.",
    bucket=("party:{party_id}",),
    key=("order_id", "entry"),
    fields=(
        Field(name="order_id", type="ref", of="orders", required=True, index=True),
        Field(
            name="entry",
            type="text",
            required=True,
            max_length=100,
            doc="kind and program, with a slash between; once in an order.",
        ),
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(name="outlet_id", type="ref", of="outlets", required=True, doc="The order's."),
        Field(name="revision", type="int", required=True, minimum=1, doc="The order's."),
        Field(name="kind", type="text", required=True, values=KINDS),
        Field(name="program", type="text", required=True, max_length=80),
        Field(name="points", type="int", required=True, doc="Below 0 where they are spent."),
        Field(
            name="counts",
            type="bool",
            required=True,
            doc="Whether the balance has them: earned ones once the order is shipped, spent ones"
            " once it is accepted, neither once it is given up.",
        ),
        Field(name="at", type="timestamp", required=True, doc="When that last changed."),
    ),
)
