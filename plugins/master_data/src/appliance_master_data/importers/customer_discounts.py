"""Discounts and prices agreed with customers."""

from __future__ import annotations

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, parties, subjects
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="customer_discounts",
    title="Discounts of an outlet, customer, holding or segment on goods",
    columns=(
        headers.outlet(
            "For this outlet. A row is for one outlet, party, holding or segment.", required=False
        ),
        headers.party("For this party.", required=False),
        headers.named(
            "holding",
            ("Холдинг", "Группа контрагентов", "holding", "customer group"),
            "For the parties of this holding: the code of the party at its head.",
        ),
        ImportColumn(
            name="segment", headers=("Сегмент", "segment"), doc="For the outlets of this segment."
        ),
        headers.product(
            "On this product. A row is on one product, group or brand; absent: on all.",
            required=False,
        ),
        headers.named("group", ("Группа товаров", *headers.GROUP), "On this group of products."),
        ImportColumn(
            name="brand", headers=("Бренд", "Марка", "brand"), doc="On products of this brand."
        ),
        headers.number(
            "percent_bp", ("Скидка, %", "Скидка", "discount", "discount, %"), "Percent.", scale=2
        ),
        headers.number("price", ("Цена", "price"), "In place of a discount: this price.", scale=4),
        headers.valid_from(),
        headers.valid_to(),
    ),
)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a discount of one customer on one kind of goods."""
    cells = Cells(IMPORTER, values, context)
    who = subjects.one(cells, "outlet", "party", "holding", "segment")
    if who is None:
        raise cells.wrong("outlet", "say for whom it is: an outlet, party, holding or segment")
    what = subjects.one(cells, "product", "group", "brand")
    percent, price = cells.percent("percent_bp"), cells.not_negative("price")
    if (percent is None) == (price is None):
        raise cells.wrong("percent_bp", "a row holds either a discount or a price")
    since, until = cells.period("discount")
    holding = who.kind == "holding"
    row = {
        "subject_kind": "group" if holding else who.kind,
        "subject_id": parties.reference(who.code) if holding else who.value,
        "object_kind": "all" if what is None else what.kind,
        "object_id": None if what is None else what.value,
        "percent_bp": percent,
        "price": price,
        "valid_from": since,
        **until,
    }
    kind, code = ("", "") if what is None else (what.kind, what.code)
    external_id = joined(who.kind, who.code, kind, code, since)
    return [ImportRecord(collection="customer_discounts", external_id=external_id, row=row)]
