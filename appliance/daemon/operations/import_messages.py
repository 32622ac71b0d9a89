"""What is said about imports: parameters and results of the operations in `imports`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.api.importing import MAX_TOGETHER, ImportColumn, Importer
from appliance.store.external_refs import SOURCE_PATTERN
from appliance.store.import_deactivation import Unused

MAX_ROWS = 500
"""Rows in one batch: what the writer does at a stretch while devices wait."""


class KindView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file, with the columns that it may have, and the plugin that reads it."""

    kind: str
    title: str
    owner: str
    columns: tuple[ImportColumn, ...]
    together: str = ""
    attached: str = ""
    file_names: str = ""

    def importer(self) -> Importer:
        """Return it as the reader of files takes it."""
        members = msgspec.structs.asdict(self)
        del members["owner"]
        return Importer(**members)


Source = Annotated[
    str,
    msgspec.Meta(
        pattern=SOURCE_PATTERN,
        description="up to 63 lower-case letters, digits and _ . - with a letter or digit first",
    ),
]


class BeginImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new import.

    Attributes:
        kind: of the file.
        source: whose external ids the file holds; ids of different sources are never mixed up.
        dry_run: find out what would happen and store nothing.
        file, sha256, profile: the file's name, the SHA-256 of its bytes and how it is read, for
            the history.
        full: the file names everything; what it does not name goes out of use at the end.
        whole: all of the file or nothing: an import that breaks is undone.
        claim: names a file taken from a watched folder. One whose process died goes on; one that
            is over is not begun again.
    """

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    source: Source
    dry_run: bool = False
    file: Annotated[str, msgspec.Meta(max_length=200)] = ""
    sha256: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    profile: Annotated[str, msgspec.Meta(max_length=200)] = ""
    full: bool = False
    whole: bool = False
    claim: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """The number that further requests of the same conversation name the import by.

    Attributes:
        number: 0 where the claim is over already.
        state: then, how it ended.
        entry: its number in the history; None of a dry run.
    """

    number: int
    state: str = ""
    entry: int | None = None


SentValues = dict[str, str | int | bool | None]
"""Values of a row by column."""


class SentRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row: its line in the file, and its values as `appliance.exchange` reads them.

    Attributes:
        number: its line.
        values: of the row; of rows that belong together, of the first.
        rows: of rows that belong together, the values of each.
    """

    number: Annotated[int, msgspec.Meta(ge=1)]
    values: SentValues
    rows: Annotated[list[SentValues], msgspec.Meta(max_length=MAX_TOGETHER)] | None = None


class SendBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of an open import, in the order of the file."""

    number: int
    rows: Annotated[list[SentRow], msgspec.Meta(max_length=MAX_ROWS)]


class NamedImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An open import."""

    number: int


class EndImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file is at its end.

    Attributes:
        number: of the import.
        unlimited: of a full load, deactivate however many records the file does not name.
        deactivate: whether to do it at all.
        left_out: rows that the reader of the file left out, for the history.
    """

    number: int
    left_out: Annotated[int, msgspec.Meta(ge=0)] = 0
    unlimited: bool = False
    deactivate: bool = True


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a row; ``column`` is "" for the whole row."""

    number: int
    column: str
    text: str


class BatchDone(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch did.

    Attributes:
        collections: records created, changed and unchanged of each.
        problems: of rows that were left out.
        notes: of rows that were imported all the same.
        more: of ``import.rest``, ask again.
    """

    collections: dict[str, tuple[int, int, int]]
    problems: tuple[ProblemView, ...]
    notes: tuple[ProblemView, ...]
    more: bool = False


class ImportEnded(msgspec.Struct, frozen=True, kw_only=True):
    """How an import ended.

    Attributes:
        deactivated: of a full load, what it put out of use, by collection.
        refused: why it put nothing out of use, or "".
    """

    deactivated: dict[str, Unused]
    refused: str = ""
