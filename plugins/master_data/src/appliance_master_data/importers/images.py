"""Images of products: pictures in a folder or archive, named by the products' codes."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

from appliance.api import Context, ExternalRef, ImportColumn, Importer, ImportRecord, ImportValues
from appliance.api.importing import ColumnType
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import MAX_CODE, SEPARATOR, Cells, joined

MOST_IMAGES = 50
"""Images of a product; as its collection says."""


def _filled(name: str, kind: ColumnType = "code") -> ImportColumn:
    return ImportColumn(name=name, headers=(name,), type=kind, doc="Filled in by the box.")


IMPORTER = Importer(
    kind="images",
    title="Images of products, in a folder or ZIP archive; their names are the products' codes",
    attached="images",
    file_names="(?P<product>.+)",
    columns=(
        headers.product(
            "The product's code. Of a file's name: without a _2 at its end, for the second image."
        ),
        ImportColumn(
            name="file",
            headers=("Файл", "Имя файла", "file", "file name"),
            required=True,
            doc="The name of the picture, JPEG, PNG or WebP, in the same folder or archive.",
        ),
        headers.number(
            "position", ("Порядок", "position"), "Its place among the product's: 1 is first."
        ),
        headers.flag("removed", ("Исключить", "Удалить", "remove"), "Take it away."),
        _filled("sha256"),
        _filled("mime"),
        _filled("size", "int"),
        _filled("width", "int"),
        _filled("height", "int"),
        _filled("small_sha256"),
        _filled("small_width", "int"),
        _filled("small_height", "int"),
    ),
)

_PRODUCT = "SELECT id, body -> '$.image_ids' FROM products WHERE code = ?"
_IMAGES = """
SELECT id, body ->> '$.file_name' FROM attachments
WHERE ref_id = ? AND id IN (SELECT value FROM json_each(?))
"""
_NUMBERED = re.compile(r"(.+?)[_ ]([1-9][0-9]?)")


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a picture into an attachment of its product, and put it among the product's images."""
    cells = Cells(IMPORTER, values, context)
    code, product_id, before, place = _product(cells)
    position = cells.not_negative("position") or place
    name = PurePosixPath(str(cells.needed("file"))).stem.replace(SEPARATOR, "_")[:MAX_CODE]
    external_id = joined(code, "image", name)
    image = ExternalRef(collection="attachments", external_id=external_id)
    stored = _stored(context, product_id, before, name)
    ids: list[Any] = [one for one in before if one != stored]
    if cells.value("removed"):
        return [_of_product(code, product_id, ids)]
    if len(ids) >= MOST_IMAGES:
        raise cells.wrong("file", f"a product has at most {MOST_IMAGES} images")
    if cells.value("sha256") is None:
        file = cells.value("file")
        text = f"{file} itself is missing: import the folder or ZIP archive that it lies in"
        raise cells.wrong("file", text)
    at = before.index(stored) if stored in before else len(ids)
    ids.insert(at if position is None else min(position - 1, len(ids)), stored or image)
    small = {
        "name": "small",
        "sha256": cells.value("small_sha256"),
        **{key: cells.value(f"small_{key}") for key in ("width", "height")},
    }
    row = {
        **cells.given("sha256", "mime", "size", "width", "height"),
        "kind": "image",
        "file_name": name,
        "ref_type": "products",
        "ref_id": product_id,
        "renditions": [small],
    }
    made = ImportRecord(
        collection="attachments", external_id=external_id, row=row, record_id=stored
    )
    return [made, _of_product(code, product_id, ids)]


def _product(cells: Cells) -> tuple[str, str, list[str], int | None]:
    """Return code, id and images of the product, and the number at the end of a file's name."""
    code = cells.code("product")
    found = cells.context.select(_PRODUCT, (code,))
    place = None
    numbered = _NUMBERED.fullmatch(code)
    if not found and numbered is not None:
        code, place = numbered[1], int(numbered[2])
        found = cells.context.select(_PRODUCT, (code,))
    if not found:
        raise cells.wrong("product", f"there is no product {code}; import the products first")
    product_id, images = found[0]
    return code, product_id, json.loads(images) if images else [], place


def _stored(context: Context, product_id: str, ids: list[str], name: str) -> str | None:
    """Return the image of a product that came under the same name before."""
    for image_id, stored in context.select(_IMAGES, (product_id, json.dumps(ids))):
        if stored == name:
            return str(image_id)
    return None


def _of_product(code: str, product_id: str, ids: list[Any]) -> ImportRecord:
    row = {"image_ids": ids or None}
    return ImportRecord(collection="products", external_id=code, row=row, record_id=product_id)
