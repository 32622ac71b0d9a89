"""How much a customer may order in a day, a week or a month, and how much he did."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_master_data.collections.shapes import OBJECT_KINDS, validity

SUBJECT_KINDS = ("outlet", "party", "group")
PERIODS = ("day", "week", "month")

_SUBJECT = (
    Field(
        name="subject_kind",
        type="text",
        required=True,
        values=SUBJECT_KINDS,
        doc="group is parties.group_id: all parties of the holding together.",
    ),
    Field(name="subject_id", type="id", required=True, index=True),
)

CUSTOMER_LIMITS = Collection(
    name="customer_limits",
    title="Most that an outlet, a party or a holding may order of goods in a period.",
    bucket=("{subject_kind}:{subject_id}",),
    fields=(
        *_SUBJECT,
        Field(name="object_kind", type="text", required=True, values=OBJECT_KINDS),
        Field(
            name="object_id",
            type="text",
            max_length=200,
            doc="An id of the kind, or a brand's name; absent with all.",
        ),
        Field(
            name="period",
            type="text",
            required=True,
            values=PERIODS,
            doc="Of requested days; a week begins on Monday.",
        ),
        Field(name="max_amount", type="money", minimum=0, doc="With tax, in the order's currency."),
        Field(name="max_qty", type="quantity", minimum=0, doc="In base units."),
        *validity(required=("valid_from",)),
    ),
)

LIMIT_USES = Collection(
    name="customer_limit_uses",
    title="What orders that stand took of a limit in a period.",
    bucket=("{subject_kind}:{subject_id}",),
    key=("limit_id", "since", "currency"),
    fields=(
        Field(name="limit_id", type="ref", of="customer_limits", required=True, index=True),
        *_SUBJECT,
        Field(name="since", type="date", required=True, doc="The first day of the period."),
        Field(name="currency", type="text", required=True, max_length=3, doc="ISO 4217."),
        Field(name="amount", type="money", required=True),
        Field(name="qty", type="quantity", required=True, doc="In base units."),
    ),
)
