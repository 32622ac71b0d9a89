"""The routes of `/v1/uploads`, with what their documentation needs."""

from __future__ import annotations

from collections.abc import Callable

from appliance.http.route import Answer, Parameter, RequestBody, Route, RouteLimits
from appliance.http.uploads import PATH, UploadHandlers
from appliance.http.workers import Workers
from appliance.store.uploads import UploadStore
from appliance.sync.upload_answers import BLOB_HEADER
from appliance.sync.upload_headers import CHUNK_TYPE

_TAGS = ("blobs",)
_UPLOAD_ID = Parameter(
    name="upload_id",
    description="The upload's id, the last part of the Location that POST gave.",
    pattern="[0-9a-f]{32}",
)
_SERVICE = {
    "Tus-Version": "Protocol versions spoken: 1.0.0.",
    "Tus-Extension": "Extensions of the protocol that are offered.",
    "Tus-Max-Size": "Largest upload in bytes.",
    "Tus-Checksum-Algorithm": "Algorithms of Upload-Checksum: sha1, sha256.",
}
_EXPIRES = {"Upload-Expires": "When the upload ends unless more of it arrives (HTTP date)."}
_OFFSET = {"Upload-Offset": "Bytes that are durable."}
_BLOB = {BLOB_HEADER: "Once the upload is finished: the blob's name, SHA-256 in lower-case hex."}

_CREATE = """\
tus 1.0, creation, creation-defer-length and creation-with-upload: give Upload-Length, or \
Upload-Defer-Length: 1 and the length later. Upload-Metadata holds at most 32 keys in 4096 \
characters; of its keys the box reads one, sha256: the SHA-256 of the whole content in lower-case \
hex. Content that differs from it is refused with 422 when it is complete, and removed. A request \
that carries bytes and is cut leaves no upload."""
_REPORT = """\
Ends a PATCH of this upload that is still under way, keeping what of it arrived; then tells the \
offset to go on from. A finished upload is reported for a day at most."""
_APPEND = """\
Send from the offset that HEAD tells. What arrives before the connection breaks is kept, except \
under Upload-Checksum (sha1 or sha256 of this request's bytes): such a chunk counts when all of it \
arrived and fits, else the offset stays. The answer leaves after the bytes are durable. A request \
that loses the upload to a later one gets 423."""


def upload_routes(
    store: UploadStore, workers: Workers, clock: Callable[[], int]
) -> tuple[Route, ...]:
    """Make the routes; arguments as of `UploadHandlers`."""
    handlers = UploadHandlers(store, workers, clock)
    bytes_in = RequestBody(
        media={CHUNK_TYPE: {}}, description="Bytes of the content.", required=False
    )
    flowing = RouteLimits(max_body=store.max_bytes, streaming=True, takes="files")
    one = f"{PATH}/{{upload_id}}"
    disk = ("storage_full", "storage_unavailable")
    lookup = ("tus_version", "not_found", "gone", *disk)
    options = [
        Route(
            method="OPTIONS",
            path=path,
            handler=handlers.options,
            summary="What uploads can do",
            auth="none",
            parameters=parameters,
            responses={204: Answer(description="The service.", headers=_SERVICE)},
            tags=_TAGS,
        )
        for path, parameters in ((PATH, ()), (one, (_UPLOAD_ID,)))
    ]
    return (
        *options,
        Route(
            method="POST",
            path=PATH,
            handler=handlers.create,
            summary="Create an upload",
            description=_CREATE,
            request_body=bytes_in,
            responses={
                201: Answer(
                    description="Created.",
                    headers={"Location": "The upload's path.", **_EXPIRES, **_OFFSET, **_BLOB},
                )
            },
            problems=(
                "tus_version",
                "bad_header",
                "media_type_unsupported",
                "body_too_large",
                "checksum_mismatch",
                "content_invalid",
                "too_many_requests",
                *disk,
            ),
            limits=flowing,
            tags=_TAGS,
        ),
        Route(
            method="HEAD",
            path=one,
            handler=handlers.report,
            summary="Ask how far an upload has come",
            description=_REPORT,
            parameters=(_UPLOAD_ID,),
            responses={
                200: Answer(
                    description="The upload.",
                    headers={
                        **_OFFSET,
                        "Upload-Length": "The whole size in bytes, once it is known.",
                        "Upload-Defer-Length": "1 while it is not.",
                        "Upload-Metadata": "As it was sent.",
                        **_EXPIRES,
                        **_BLOB,
                    },
                )
            },
            problems=lookup,
            tags=_TAGS,
        ),
        Route(
            method="PATCH",
            path=one,
            handler=handlers.append,
            summary="Send the next bytes of an upload",
            description=_APPEND,
            parameters=(_UPLOAD_ID,),
            request_body=bytes_in,
            responses={
                204: Answer(
                    description="The bytes are durable.", headers={**_OFFSET, **_EXPIRES, **_BLOB}
                )
            },
            problems=(
                *lookup,
                "bad_header",
                "media_type_unsupported",
                "offset_mismatch",
                "body_too_large",
                "checksum_mismatch",
                "content_invalid",
                "upload_locked",
            ),
            limits=flowing,
            method_override=True,
            tags=_TAGS,
        ),
        Route(
            method="DELETE",
            path=one,
            handler=handlers.remove,
            summary="End an upload",
            description="Frees its space. A blob that it became stays.",
            parameters=(_UPLOAD_ID,),
            responses={204: Answer(description="Removed.")},
            problems=(*lookup, "upload_locked"),
            method_override=True,
            tags=_TAGS,
        ),
    )
