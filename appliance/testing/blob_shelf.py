"""BlobShelf: photos and signatures made offline, and their way to the appliance.

Uploads go through tusclient, an existing client of tus 1.0; only its three requests are replaced,
so that they use the device's pinned connection and its timeouts. The upload's address is stored
as soon as it is known: a later attempt asks it for its offset and goes on from there.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import tusclient.client
import tusclient.request
import tusclient.uploader.uploader

from appliance.testing.device_file import DeviceFile
from appliance.testing.link import Answer, DeviceProblem, Link, ProtocolBroken, problem_of

CHUNK_BYTES = 256 * 1024
"""Bytes of one PATCH; each carries its checksum."""

_CHECKSUM_MISMATCH = 460
_GONE = frozenset({404, 410})


class BlobShelf:
    """The blobs of a device file that must reach the appliance."""

    def __init__(self, file: DeviceFile) -> None:
        self._file = file

    def add(self, data: bytes) -> str:
        """Keep a blob for upload and return its SHA-256 in hex; the same content is kept once."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._file.folder / f"{sha256}.blob"
        part = path.with_suffix(".new")
        part.write_bytes(data)
        part.replace(path)
        self._file.execute(
            "INSERT OR IGNORE INTO blobs (sha256, path, bytes) VALUES (?, ?, ?)",
            *(sha256, path.name, len(data)),
        )
        return sha256

    def waiting(self) -> list[str]:
        """SHA-256 of the blobs not uploaded yet."""
        return [s for (s,) in self._file.execute("SELECT sha256 FROM blobs WHERE NOT done")]

    def upload(self, link: Link) -> int:
        """Upload what waits, going on where an earlier attempt ended; returns how many.

        Raises:
            LinkDown: cut; call again to go on.
            DeviceProblem: refused; the upload's address is kept unless it is gone for good.
        """
        for sha256 in (done := self.waiting()):
            self._upload(link, sha256)
        return len(done)

    def _upload(self, link: Link, sha256: str) -> None:
        path, size, url = self._file.execute(
            "SELECT path, bytes, url FROM blobs WHERE sha256 = ?", sha256
        )[0]
        upload = _PinnedUploader(link, (self._file.folder / path).read_bytes())
        if url is not None:
            upload.url = link.url + url
            try:
                upload.offset = upload.get_offset()
            except DeviceProblem as problem:
                if problem.status not in _GONE:
                    raise
                self._remember(sha256, None)  # expired: start anew
                upload.url = None
        if upload.url is None:
            upload.url = upload.create_url()
            upload.offset = 0
            self._remember(sha256, _path_of(upload.url))
        failures = 0
        while upload.offset < size:
            try:
                upload.upload_chunk()
            except DeviceProblem as problem:
                failures += 1
                if problem.status != _CHECKSUM_MISMATCH or failures > 3:
                    raise
                upload.offset = upload.get_offset()
        self._file.execute("UPDATE blobs SET done = 1 WHERE sha256 = ?", sha256)

    def _remember(self, sha256: str, url: str | None) -> None:
        self._file.execute("UPDATE blobs SET url = ? WHERE sha256 = ?", url, sha256)


def _path_of(url: str) -> str:
    # Only the path is kept: the box may have another address tomorrow.
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


# tusclient is typed in parts only, and wrongly in some of them.
_Uploader: Any = tusclient.uploader.uploader.Uploader
_TusRequest: Any = tusclient.request.TusRequest
_TusClient: Any = tusclient.client.TusClient


class _PinnedUploader(_Uploader):  # type: ignore[misc]
    """tusclient's uploader over the device's own connection."""

    def __init__(self, link: Link, content: bytes) -> None:
        self._link = link
        super().__init__(
            file_stream=io.BytesIO(content),
            client=_TusClient(link.url + "/v1/uploads"),
            chunk_size=CHUNK_BYTES,
            upload_checksum=True,
        )

    def create_url(self) -> str:
        """Create the upload and return its address."""
        response = self._send("POST", self.client.url, self.get_url_creation_headers())
        location = response.headers.get("Location")
        if not location:
            raise ProtocolBroken("an upload was created without Location")
        return urljoin(str(self.client.url), location)

    def get_offset(self) -> int:
        """Ask how many bytes of the upload arrived."""
        response = self._send("HEAD", self.url, self.get_headers())
        return _offset(response)

    def _do_request(self) -> None:
        self.request = _TusRequest(self)
        chunk = self.request.file.read(self.request._content_length)
        self.request.add_checksum(chunk)
        response = self._send("PATCH", self.url, self.request._request_headers, chunk)
        if _offset(response) != self.offset + len(chunk):
            raise ProtocolBroken(
                f"{len(chunk)} bytes at {self.offset} moved the offset to {_offset(response)}"
            )
        self.request.response_headers = {k.lower(): v for k, v in response.headers.items()}

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> requests.Response:
        response = self._link.send(method, _path_of(url), body=body, headers=headers)
        try:
            if not 200 <= response.status_code < 300:
                raise problem_of(Answer(response, self._link.traffic))
            if method != "HEAD":
                Answer(response, self._link.traffic).body(65_536)
        finally:
            response.close()
        return response


def _offset(response: requests.Response) -> int:
    text = response.headers.get("Upload-Offset", "")
    if not (text.isascii() and text.isdigit()):
        raise ProtocolBroken(f"an upload's answer with Upload-Offset {text!r}")
    return int(text)
