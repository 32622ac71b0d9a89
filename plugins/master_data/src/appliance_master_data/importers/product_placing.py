"""In which groups of which trees a product stands."""

from __future__ import annotations

from appliance.api import ImportColumn, ImportRecord, Row
from appliance_master_data.importers import product_groups
from appliance_master_data.importers.cells import Cells

MOST_GROUPS = 20
"""Groups of a product; as its collection says."""

CLIENT_GROUPS = ImportColumn(
    name="client_groups",
    headers=("Группы витрины", "Группы для клиентов", "client groups"),
    doc="Codes of its groups in other trees than that of accounting, with commas between.",
)

# CROSS JOIN: else SQLite goes through all groups for the one product.
_STORED = """
SELECT groups.id, groups.tree FROM products
CROSS JOIN json_each(products.body, '$.group_ids') AS member
CROSS JOIN product_groups AS groups ON groups.id = member.value
WHERE products.code = ?
"""


def mentioned(cells: Cells) -> list[ImportRecord]:
    """Make the groups of a row that customers see, if they are not known yet."""
    tree = product_groups.CLIENT_TREE
    return [product_groups.mention(code, tree) for code in cells.codes(CLIENT_GROUPS.name)]


def group_ids(cells: Cells, code: str, group: str | None) -> Row:
    """Return the groups of a product, as far as the file has columns of them.

    A column is about the groups of its own trees; what the product is in elsewhere it stays in.

    Args:
        cells: of the row.
        code: the product's.
        group: the code of its group in accounting's tree.
    """
    of_acc, of_others = "group" in cells, CLIENT_GROUPS.name in cells
    if not (of_acc or of_others):
        return {}
    found = [] if group is None else [product_groups.reference(group)]
    others = [product_groups.reference(one) for one in cells.codes(CLIENT_GROUPS.name)]
    if len(others) >= MOST_GROUPS:
        text = f"a product is in at most {MOST_GROUPS - 1} groups of other trees"
        raise cells.wrong(CLIENT_GROUPS.name, text)
    if of_acc and of_others:
        return {"group_ids": [*found, *others]}
    stored = cells.context.select(_STORED, (code,))
    kept = [one for one, tree in stored if (tree == product_groups.TREE) != of_acc]
    return {"group_ids": [*found, *kept] if of_acc else [*kept, *others]}
