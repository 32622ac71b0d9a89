"""Bundles: folders and ZIP archives of files that come together, with a list of them or without."""

from __future__ import annotations

import csv
import io
import re
import stat
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, NamedTuple

from appliance.api.importing import Importer
from appliance.exchange.refusal import FileRefused, shown
from appliance.exchange.suggestion import ZIP_MARK

MAX_FILES = 20_000
"""Files of a bundle."""

MAX_FILE_BYTES = 32 * 1024 * 1024
"""Bytes of one of them, unpacked."""

FILE = "file"
"""The column that names a file."""

_LISTS = (".csv", ".xlsx", ".txt")
_WORKBOOK = "[Content_Types].xml"


class Bundle:
    """An open bundle.

    Attributes:
        names: of its files, in order, as a list would name them: with folders, ``/`` between.
    """

    def __init__(self, path: Path) -> None:
        """Open a folder or an archive.

        Raises:
            FileRefused: it is neither, is broken, or holds too many files.
            OSError: it cannot be read.
        """
        self._folder: Path | None = path if path.is_dir() else None
        self._archive: zipfile.ZipFile | None = None
        if self._folder is not None:
            found = [
                one.relative_to(path).as_posix()
                for one in path.rglob("*")
                if stat.S_ISREG(one.lstat().st_mode)
            ]
        else:
            try:
                self._archive = zipfile.ZipFile(path)
            except zipfile.BadZipFile as error:
                raise FileRefused(f"the archive is broken: {error}.") from None
            found = [one.filename for one in self._archive.infolist() if not one.is_dir()]
        hidden = re.compile(r"(^|/)(\.|__MACOSX/|Thumbs\.db$)")
        self.names: Sequence[str] = sorted(name for name in found if not hidden.search(name))
        if len(self.names) > MAX_FILES:
            raise FileRefused(f"it holds more than {MAX_FILES} files.")

    def __enter__(self) -> Bundle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._archive is not None:
            self._archive.close()

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            FileRefused: there is none of the name, it is too large, or it cannot be unpacked.
        """
        if name not in self.names:
            raise FileRefused(f"there is no file {shown(name)} beside the list.")
        try:
            if self._archive is None:
                assert self._folder is not None
                with (self._folder / name).open("rb") as stream:
                    data = stream.read(MAX_FILE_BYTES + 1)
            else:
                with self._archive.open(name) as packed:
                    data = packed.read(MAX_FILE_BYTES + 1)
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError) as error:
            raise FileRefused(f"{shown(name)} cannot be read: {str(error)[:200]}.") from None
        if len(data) > MAX_FILE_BYTES:
            raise FileRefused(f"{shown(name)} has more than {MAX_FILE_BYTES >> 20} MiB.")
        return data

    def rows(self, importer: Importer) -> tuple[io.BytesIO, str]:
        """Return the list of the files and its name: one that is among them, or one made by their
        names, as a CSV in UTF-8, and "".

        Raises:
            FileRefused: there are several lists, or the names do not say what the files are.
        """
        lists = [one for one in self.names if one.casefold().endswith(_LISTS)]
        if len(lists) > 1:
            named = ", ".join(map(shown, lists[:5]))
            raise FileRefused(f"it holds more than one list: {named}; leave one of them.")
        if lists:
            return io.BytesIO(self.read(lists[0])), lists[0]
        if not self.names:
            raise FileRefused("it holds no files.")
        return self._by_names(importer), ""

    def _by_names(self, importer: Importer) -> io.BytesIO:
        pattern = re.compile(importer.file_names)
        columns = list(pattern.groupindex)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([FILE, *columns])
        for name in self.names:
            found = pattern.fullmatch(PurePosixPath(name).stem)
            values = {} if found is None else found.groupdict()
            writer.writerow([name, *(values.get(column) or "" for column in columns)])
        return io.BytesIO(out.getvalue().encode())


class Source(NamedTuple):
    """Where the rows of an import come from.

    Attributes:
        stream: of the rows.
        bundle: the files that come with them, None where none do.
        listed: the rows are those of a list that somebody wrote.
    """

    stream: BinaryIO
    bundle: Bundle | None
    listed: bool


def open_source(path: Path, importer: Importer, opened: ExitStack) -> Source:
    """Open a file to import, or a bundle where the importer takes one.

    Args:
        path: of either.
        importer: of the rows.
        opened: closes what is opened.

    Raises:
        FileRefused: see `Bundle`.
        OSError: it cannot be read.
    """
    if not (importer.attached and is_bundle(path)):
        return Source(opened.enter_context(path.open("rb")), None, listed=True)
    bundle = opened.enter_context(Bundle(path))
    rows, name = bundle.rows(importer)
    return Source(rows, bundle, listed=bool(name))


def is_bundle(path: Path) -> bool:
    """Tell whether a path is a folder, or a ZIP archive that is no workbook.

    Raises:
        OSError: it cannot be read.
    """
    if path.is_dir():
        return True
    with path.open("rb") as stream:
        if stream.read(len(ZIP_MARK)) != ZIP_MARK:
            return False
        try:
            with zipfile.ZipFile(stream) as archive:
                return _WORKBOOK not in archive.namelist()
        except zipfile.BadZipFile:
            return False
