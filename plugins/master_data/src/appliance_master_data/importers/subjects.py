"""What a row is about: one of several columns that each name a record of another kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from appliance.api import ExternalRef
from appliance_master_data.importers import outlets, parties, product_groups, products, routes
from appliance_master_data.importers.cells import Cells, Refer

REFERENCES: Mapping[str, Refer] = {
    "outlet": outlets.reference,
    "party": parties.reference,
    "route": routes.reference,
    "product": products.reference,
    "group": product_groups.reference,
}
"""How a column's code becomes a reference; a column that is not here holds the name itself."""


class Subject(NamedTuple):
    """What a row is about.

    Attributes:
        kind: the column that says it.
        code: what stands there.
        value: a reference to that record, or what stands there.
    """

    kind: str
    code: str
    value: ExternalRef | str


def one(cells: Cells, *columns: str) -> Subject | None:
    """Return what a row is about, None where none of the columns is filled.

    Raises:
        ImportRowError: several are.
    """
    column = cells.one_of(*columns)
    if column is None:
        return None
    code = cells.code(column)
    refer = REFERENCES.get(column)
    return Subject(column, code, code if refer is None else refer(code))
