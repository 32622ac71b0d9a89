"""What the office tells: announcements, answers, notifications, how documents stand."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_master_data.collections.shapes import (
    FOR_WHOM,
    ISSUES,
    ROLE,
    SEGMENTS,
    UNIT,
    validity,
)

_TEXTS = (
    Field(name="title", type="i18n", required=True, max_length=300, search=True),
    Field(name="text", type="i18n", required=True, max_length=20_000),
    UNIT,
    ROLE,
    SEGMENTS,
    *validity(),
    Field(
        name="attachment_ids",
        type="list",
        max_length=50,
        items=Field(name="attachment_id", type="ref", of="attachments"),
    ),
)
"""What an announcement and an answer have in common."""

ANNOUNCEMENTS = Collection(
    name="announcements",
    title="News for a unit, a role or everybody.",
    bucket=FOR_WHOM,
    fields=(
        *_TEXTS,
        Field(name="must_read", type="bool", doc="It stays in front until it is opened."),
    ),
)

FAQ = Collection(
    name="faq",
    title="Frequent questions (title) and their answers (text).",
    bucket=FOR_WHOM,
    fields=(*_TEXTS, Field(name="sort", type="int")),
)

NOTIFICATIONS = Collection(
    name="notifications",
    title="Messages of the appliance to one person.",
    direction="both",
    conflict="field_merge",
    kind="request",
    bucket=("own:{user_id}",),
    write=("*",),
    fields=(
        Field(name="user_id", type="ref", of="users", required=True),
        Field(name="kind", type="text", required=True, max_length=64),
        Field(name="text", type="i18n", required=True),
        Field(name="at", type="timestamp", required=True),
        Field(name="ref_type", type="text", max_length=64, doc="The collection it is about."),
        Field(name="ref_id", type="id", doc="The record it is about."),
        Field(name="read_at", type="timestamp", doc="All that a device may set."),
    ),
)

DOC_STATES = Collection(
    name="doc_states",
    title="What became of documents that people sent.",
    bucket=("outlet:{outlet_id}", "user:{user_id}"),
    key=("doc_id", "at"),
    fields=(
        Field(name="doc_id", type="id", required=True, index=True),
        Field(name="doc_type", type="text", required=True, max_length=64, doc="Its collection."),
        Field(name="state", type="text", required=True, max_length=40),
        Field(
            name="verdict",
            type="text",
            required=True,
            values=("accepted", "held", "rejected", "flagged"),
        ),
        ISSUES,
        Field(name="by", type="ref", of="users", doc="Absent: the appliance itself."),
        Field(name="at", type="timestamp", required=True),
        Field(name="server_number", type="text", max_length=80),
        Field(name="user_id", type="ref", of="users", required=True, doc="Whose document it is."),
        Field(
            name="outlet_id",
            type="ref",
            of="outlets",
            doc="With it all who see the outlet see the state, else its author and his leaders.",
        ),
    ),
)
