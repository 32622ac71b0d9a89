"""The barcodes of a unit, one or several in a cell."""

from __future__ import annotations

import re

from appliance.api import ImportColumn, ImportNote, Row
from appliance_master_data.gtin import GtinError, gtin
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells

COLUMN = ImportColumn(
    name="barcode",
    headers=headers.BARCODE,
    type="code",
    doc="GTINs of the unit, 8, 12, 13 or 14 digits; several with a space or comma between.",
    several=True,
)

MOST = 20
"""Barcodes of one unit."""

_BETWEEN = re.compile(r"[\s,;/|]+")

# Whether another unit of a product on sale has the barcode as its first.
_TAKEN = """
SELECT products.code, unit.uom_code
FROM product_uoms AS unit JOIN products ON products.id = unit.product_id
WHERE unit.gtin = :gtin AND products.active AND NOT (products.code = :product
    AND CASE WHEN :unit IS NULL THEN coalesce(unit.is_base, 0) ELSE unit.uom_code = :unit END)
LIMIT 1
"""


def read(cells: Cells, product: str, unit: str | None) -> tuple[Row, list[ImportNote]]:
    """Return the fields with a unit's barcodes, and notes on those that are left out.

    Args:
        cells: of the row, with `COLUMN`.
        product: its product's code.
        unit: its own code; None for the base unit.

    Raises:
        ImportRowError: a barcode is wrong or another unit's, and the setting ``wrong_barcodes``
            is to refuse it; or there are more than `MOST`.
    """
    if COLUMN.name not in cells:
        return {}, []
    texts = [text for text in _BETWEEN.split(str(cells.value(COLUMN.name) or "")) if text]
    right: list[str] = []
    notes: list[ImportNote] = []
    for text in dict.fromkeys(texts):
        try:
            code = gtin(text)
            _check_free(cells, code, product, unit)
        except GtinError as error:
            if cells.context.settings["wrong_barcodes"] != "leave_out":
                raise cells.wrong(COLUMN.name, f"{error}; correct it") from None
            note = f"the unit is imported without this barcode: {error}"
            notes.append(ImportNote(text=note, column=COLUMN.headers[0]))
        else:
            right.append(code)
    if len(right) > MOST:
        raise cells.wrong(COLUMN.name, f"a unit has at most {MOST} barcodes, not {len(right)}")
    return {"gtin": right[0] if right else None, "more_gtins": right[1:] or None}, notes


def _check_free(cells: Cells, code: str, product: str, unit: str | None) -> None:
    taken = cells.context.select(_TAKEN, {"gtin": code, "product": product, "unit": unit})
    if taken:
        other, its_unit = taken[0]
        raise GtinError(f"the barcode {code} is that of the product {other}, unit {its_unit}")
