"""Collection declarations: a data set that syncs, and nothing else is needed for it."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.api.fields import Field

Direction = Literal["down", "up", "both"]
"""``down``: server to device; ``up``: device to server; ``both``. A document that goes up comes
back down to the devices whose buckets hold it unless its direction is ``up``."""

Conflict = Literal["server_wins", "append_only", "field_merge", "hook"]
"""What happens when a device edits an older version than the stored one.

``server_wins``: the outcome is `conflict`, the device's version is kept for a person.
``append_only``: a record never changes; other content under the same id is rejected.
``field_merge``: fields that only one side changed are merged; the same field, `conflict`.
``hook``: the owning plugin's `resolve_conflict` decides.
"""

Kind = Literal["master", "request", "fact"]
"""``request`` asks for something and may be rejected or held; ``fact`` has happened and is never
refused for a business reason; ``master`` is reference data (a device's edit of it is a request)."""


class Collection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One data set: its fields, who sees which part, which way it travels.

    Attributes:
        name: lower-case, unique in the appliance; it is the name on the wire and of the SQL view.
        title: one sentence for people.
        fields: what a record holds, in the order devices should store it. The id is not among
            them: every record has one.
        bucket: templates of the bucket a record lives in, such as ``"outlet:{outlet_id}"``. The
            first template whose fields are all present is taken; a template without fields
            always fits, so the last one should have none.
        key: fields that identify a record for people and imports.
        direction: see `Direction`.
        conflict: see `Conflict`.
        kind: see `Kind`.
        version: grows when the meaning of fields changes.
        deletable: devices may delete records.
        history: what its records were before is kept for as long as deletions are, so that a rule
            can look back with `Reader.as_of`. It costs a row for every change.
        read, write: the roles that may, ``"*"`` for everyone; an operator can add and take away.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    bucket: tuple[str, ...] = ("all",)
    key: tuple[str, ...] = ()
    direction: Direction = "down"
    conflict: Conflict = "server_wins"
    kind: Kind = "master"
    version: int = 1
    deletable: bool = False
    history: bool = False
    read: tuple[str, ...] = ("*",)
    write: tuple[str, ...] = ()
