"""Files that can be imported: one module for each kind.

Each module holds an ``IMPORTER``, what its file may contain, and ``records``, which turns one row
into records. External ids are the codes of the file. A record that a row only mentions (the group
of a product, the price list of a price) is made under its code and never overwritten, so files can
come in any order that has products before prices and stock. An empty cell clears the field, or
means what the column's ``doc`` says of an absent value; a column that the file does not have leaves
existing records as they are.
"""

from __future__ import annotations

from collections.abc import Callable

from appliance.api import Context, Importer, ImportNote, ImportRecord, ImportValues
from appliance_master_data.importers import (
    announcements,
    assortments,
    bonus_accounts,
    contacts,
    contracts,
    customer_discounts,
    customer_limits,
    faq,
    images,
    licences,
    org_units,
    outlets,
    parties,
    price_lists,
    prices,
    product_groups,
    product_lines,
    product_uoms,
    products,
    promotions,
    reason_codes,
    receivables,
    route_outlets,
    routes,
    sales_history,
    stock_balances,
    targets,
    tax_rates,
    tax_rules,
    users,
    visit_scenarios,
    warehouses,
)

Records = Callable[[ImportValues, Context], list[ImportRecord | ImportNote]]

_MODULES = (
    product_groups,
    products,
    images,
    product_uoms,
    price_lists,
    prices,
    warehouses,
    stock_balances,
    parties,
    org_units,
    users,
    outlets,
    contacts,
    contracts,
    licences,
    customer_discounts,
    customer_limits,
    promotions,
    product_lines,
    bonus_accounts,
    tax_rates,
    tax_rules,
    receivables,
    sales_history,
    routes,
    route_outlets,
    assortments,
    reason_codes,
    targets,
    visit_scenarios,
    announcements,
    faq,
)

IMPORTERS: tuple[Importer, ...] = tuple(module.IMPORTER for module in _MODULES)
"""Every kind of file, in an order in which they can be imported."""

RECORDS: dict[str, Records] = {module.IMPORTER.kind: module.records for module in _MODULES}
"""What turns a row of a kind into records."""
