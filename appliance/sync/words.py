"""What intake itself says of a mutation, in English; the translations are in ``locale``.

A sentence is looked up by the code of its issue, or by the code and a variant after a colon. It is
for the person whose device sent the mutation; ``why`` is for the technician whom that person asks,
in the words of the protocol, and stays in English.
"""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api.texts import Texts

ENGLISH: Mapping[str, str] = {
    "malformed": "The app sent something that cannot be read: {why}.",
    "internal": "The appliance failed at this; it is kept for a technician.",
    "collection_unknown": "There is no collection “{collection}” here.",
    "schema_invalid": "The app sent something that does not fit here: {why}.",
    "mid_reused": "The app sent other content under the number of an earlier change.",
    "plugin_failed": "The appliance failed at this; it is kept for a technician: {why}.",
    "plugin_failed:service": "Kept for a technician: the plugin “{plugin}” is out of service.",
    "scope_denied": "This device does not work with that record's outlet or person.",
    "role_denied": "Your roles ({roles}) do not write “{collection}”.",
    "role_denied:down": "Only the office writes “{collection}”.",
    "device_seq_gap": "Changes of this device that have not arrived: numbers {first} to {last}.",
    "clock_skew": "The clock of this device is ahead, by minutes: {ahead}. Set it right.",
    "delete_denied": "Records of this kind are not deleted.",
    "record_unknown": "The record does not exist here.",
    "record_deleted": "The record was deleted meanwhile.",
    "hash_conflict": "There is another record with the same id; make a new one.",
    "revision_stale": "The record was changed meanwhile. Look at it again; what you sent is kept.",
}
"""Every sentence by its key."""

TEXTS = Texts.load("appliance.sync", "intake", ENGLISH)
"""The sentences in all their languages."""
