"""Photos, scans and images, whose bytes travel as blobs."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import ROLES

WRITERS = tuple(role for role in ROLES if role not in ("accounting", "hq"))
"""Who takes photos and scans: everybody but those who only look or exchange data."""

ATTACHMENTS = Collection(
    name="attachments",
    title="Photos, scans and images; the file itself is a blob.",
    direction="both",
    conflict="append_only",
    kind="fact",
    write=WRITERS,
    bucket=("outlet:{outlet_id}", "user:{user_id}", "all"),
    key=("sha256",),
    fields=(
        Field(name="sha256", type="blob", required=True, index=True),
        Field(name="mime", type="text", required=True, max_length=100),
        Field(name="size", type="int", required=True, minimum=0, doc="Bytes."),
        Field(name="width", type="int", minimum=1, doc="Pixels."),
        Field(name="height", type="int", minimum=1, doc="Pixels."),
        Field(name="taken_at", type="timestamp"),
        Field(name="geo", type="geo"),
        Field(name="kind", type="text", max_length=40, doc="photo, signature, scan, image."),
        Field(name="file_name", type="text", max_length=200, doc="What its source calls it."),
        Field(name="ref_type", type="text", max_length=64, doc="The collection it belongs to."),
        Field(name="ref_id", type="id", index=True, doc="The record it belongs to."),
        Field(
            name="renditions",
            type="list",
            max_length=20,
            items=Field(
                name="rendition",
                type="object",
                fields=(
                    Field(name="name", type="text", required=True, max_length=40),
                    Field(name="sha256", type="blob", required=True),
                    Field(name="width", type="int", minimum=1),
                    Field(name="height", type="int", minimum=1),
                ),
            ),
        ),
        Field(
            name="outlet_id",
            type="ref",
            of="outlets",
            doc="The outlet it was made at: devices that see the outlet see it.",
        ),
        Field(
            name="user_id",
            type="ref",
            of="users",
            doc="Who made it; the appliance sets it. Without an outlet only he sees it.",
        ),
    ),
)
