"""Which goods may be ordered where."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_master_data.collections.shapes import AUDIENCE, UNIT, chosen_goods

PRODUCT_LINES = Collection(
    name="product_lines",
    title="Goods that outlets may order, or may not: of units, segments and single outlets.",
    bucket=("org:{org_id}", "all"),
    key=("code",),
    fields=(
        Field(name="code", type="text", required=True, max_length=80, index=True, search=True),
        Field(name="name", type="i18n", required=True, search=True),
        UNIT,
        AUDIENCE,
        Field(
            name="rule",
            type="text",
            required=True,
            values=("only", "never"),
            doc="What its outlets may order these goods by: nothing else, or not at all.",
        ),
        chosen_goods("Absent: all products."),
        Field(name="active", type="bool", doc="False: it says nothing for now."),
    ),
)
