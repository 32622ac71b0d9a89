"""Attaching: the files that rows name go into the box as blobs, before the rows."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.api.importing import ATTACHED, Importer
from appliance.daemon.bundle import FILE, Bundle
from appliance.exchange.columns import EMPTY
from appliance.exchange.pictures import Picture, pictures_of
from appliance.exchange.refusal import FileRefused
from appliance.exchange.rows import Row, RowProblem

PIECE = 2 * 1024 * 1024
"""Bytes of a file in one request."""


class Attaching:
    """The files of one import."""

    def __init__(self, bundle: Bundle, importer: Importer, ask: Any, *, listed: bool) -> None:
        """Prepare.

        Args:
            bundle: where the files are.
            importer: of the rows.
            ask: reaches the box.
            listed: the bundle has a list; its lines mean something to people.
        """
        self._bundle = bundle
        self._importer = importer
        self._columns = {column.name for column in importer.columns}
        self._ask = ask
        self._listed = listed
        # Without a list, the header is line 1 and the files follow in their order.
        self._files = {} if listed else dict(enumerate(bundle.names, 2))
        self._sent: dict[str, Mapping[str, Any]] = {}

    def told(self, problem: RowProblem) -> RowProblem:
        """Return a problem with the name of its file, where the line says nothing."""
        name = self._files.get(problem.number)
        if self._listed or name is None:
            return problem
        text = problem.text
        if text == EMPTY:
            text = f"its name does not say the {problem.column}"
        return msgspec.structs.replace(problem, column=None, text=f"{name}: {text}")

    def row(self, row: Row, *, dry_run: bool) -> Row | RowProblem:
        """Return a row with what its file is, once that is in the box.

        Args:
            row: names the file.
            dry_run: look at the file and store nothing.
        """
        name = row.values.get(FILE)
        if name is None:
            return row
        try:
            known = self._sent.get(name)
            if known is None:
                known = self._sent[name] = self._stored(name, dry_run=dry_run)
        except FileRefused as error:
            return RowProblem(number=row.number, column=None, text=error.reason.rstrip("."))
        return msgspec.structs.replace(row, values={**row.values, **known})

    def _stored(self, name: str, *, dry_run: bool) -> Mapping[str, Any]:
        data = self._bundle.read(name)
        found: dict[str, Any]
        if self._importer.attached == "images":
            picture, small = pictures_of(data)
            found = {
                **self._picture("", picture, dry_run),
                **self._picture("small_", small, dry_run),
            }
        else:
            mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
            found = {"sha256": self._send(data, dry_run), "mime": mime, "size": len(data)}
        return {key: found[key] for key in ATTACHED if key in found and key in self._columns}

    def _picture(self, prefix: str, picture: Picture, dry_run: bool) -> dict[str, Any]:
        found = {
            "sha256": self._send(picture.data, dry_run),
            "mime": picture.mime,
            "size": len(picture.data),
            "width": picture.width,
            "height": picture.height,
        }
        return {f"{prefix}{key}": value for key, value in found.items()}

    def _send(self, data: bytes, dry_run: bool) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        if dry_run:
            return sha256
        for start in range(0, len(data) or 1, PIECE):
            piece = data[start : start + PIECE]
            last = start + PIECE >= len(data)
            params = {"sha256": sha256, "data": base64.b64encode(piece).decode(), "last": last}
            if self._ask("blob.store", params)["there"]:
                break
        return sha256
