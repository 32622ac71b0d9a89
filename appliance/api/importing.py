"""Importers: how a row of a file becomes records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from appliance.api.mutations import Row

ColumnType = Literal["text", "int", "decimal", "bool", "date", "code"]
"""The name of a column type; see `COLUMN_TYPES`."""

COLUMN_TYPES: dict[str, str] = {
    "text": "text as it stands, trimmed",
    "code": "an identifier: text as it stands, trimmed, never read as a number",
    "int": "a whole number",
    "decimal": "a number with the profile's separator; arrives as an integer times 10^scale",
    "bool": "1, 0, да, нет, true, false, yes, no, +, -",
    "date": "YYYY-MM-DD, DD.MM.YYYY or DD/MM/YYYY; arrives as YYYY-MM-DD",
}
"""Each type of an import column and how its text is read."""


class ImportColumn(msgspec.Struct, frozen=True, kw_only=True):
    """One column that an importer understands.

    Attributes:
        name: for the importer.
        headers: header texts it is known by, in any language; compared without case and space.
        type: see `COLUMN_TYPES`.
        scale: for ``decimal``, how many decimal digits are kept; more digits are an error.
        required: a row without it is refused.
        doc: one sentence for people.
        several: for ``code``, a cell may hold several, with spaces, commas, semicolons, slashes or
            bars between; each is checked as a code, and they arrive as one text with one space
            between.
        family: it stands for any number of columns, each with a member's name after a colon:
            the header ``Property: Colour`` arrives as ``property:Colour``. A column that is no
            family may have the same headers, alone. See `column_named`.
    """

    name: str
    headers: tuple[str, ...]
    type: ColumnType = "text"
    scale: int = 0
    required: bool = False
    doc: str = ""
    several: bool = False
    family: bool = False


MAX_MEMBER = 80
"""Characters of the name of a member of a family of columns."""


def column_named(columns: Iterable[ImportColumn], name: str) -> ImportColumn | None:
    """Return the column of that name, None where there is none.

    Args:
        columns: of an importer.
        name: a column's, or ``family:member`` of a family of columns.
    """
    family, colon, member = name.partition(":")
    for column in columns:
        if column.name == name and not column.family:
            return column
        if column.family and colon and column.name == family and 0 < len(member) <= MAX_MEMBER:
            return msgspec.structs.replace(column, name=name, family=False)
    return None


class Importer(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of file: ``fieldbox import KIND FILE``.

    Attributes:
        kind: unique in the appliance.
        title: one sentence for people.
        columns: what a row may hold; unknown columns are reported once and left out.
        together: a column. Rows that follow one another with the same value in it are about one
            thing, such as the lines of an order: they arrive as one row with the values of the
            first, and those of each, the first among them, as a list under `ROWS`. Where one
            of them cannot be used, none is.
        attached: each row names a file in its column ``file``, which comes in the same folder or
            ZIP archive. The box stores it as a blob and fills in those of `ATTACHED` that
            are columns. With ``images`` it must be a picture: what is stored is one of at most
            1,600 pixels without what the camera wrote into it, and a small one beside it.
        file_names: a regular expression with names of columns as its groups, for the names of such
            files without their endings. By it a folder without a list of its files has its
            rows.
    """

    kind: str
    title: str
    columns: tuple[ImportColumn, ...]
    together: str = ""
    attached: Literal["", "files", "images"] = ""
    file_names: str = ""


ATTACHED = (
    *("sha256", "mime", "size"),
    *("width", "height", "small_sha256", "small_width", "small_height"),
)
"""Columns that are filled in of a file that comes with a row; the second row of images alone."""


ROWS = "rows"
"""The key of all rows of a thing, where an importer takes them `together`."""

MAX_TOGETHER = 1_000
"""Rows of one thing."""


class ImportRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a row of a file asks for.

    The appliance finds or makes its id by ``external_id``, and replaces each value that is an
    `ExternalRef` by the id of that record.

    Attributes:
        collection: where it goes.
        external_id: its name in the file's system, at most 200 characters, unique in the
            collection and source.
        row: its fields; a value may be an `ExternalRef`. Fields of an existing record that the
            row does not name keep their values.
        create_only: an existing record is left as it is (for what a file only mentions).
        record_id: where the external id is not known yet, the record that it names from now on:
            one that the importer found by what people know it by. None, or one that does not
            exist: a new record.
    """

    collection: str
    external_id: str
    row: Row
    create_only: bool = False
    record_id: str | None = None


class ImportNote(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person should know of a row that was imported all the same.

    Attributes:
        text: one plain sentence.
        column: the column's header, "" for the whole row.
    """

    text: str
    column: str = ""


class ExternalRef(msgspec.Struct, frozen=True, kw_only=True):
    """A reference by external id, to be replaced by the record's id.

    Attributes:
        collection: where it points.
        external_id: its name in the file's system.
    """

    collection: str
    external_id: str


DEFAULT_SOURCE = "accounting"
"""The system whose external ids a file holds where nobody names another."""


class ExternalName(msgspec.Struct, frozen=True, kw_only=True):
    """An external id for a record that did not come from a file, so that files find it.

    Attributes:
        collection: of the record.
        id: of the record.
        external_id: its name in the other system, as `ImportRecord` would give it.
        source: the other system: lower-case letters, digits and ``_ . -``, at most 63 characters.
    """

    collection: str
    id: str
    external_id: str
    source: str = DEFAULT_SOURCE


ImportValues = dict[str, Any]
"""A row of a file by column name: text, integers, booleans or None, read by `ColumnType`."""
