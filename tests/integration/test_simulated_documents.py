"""Simulated devices exercise the collections of a configuration, through a real daemon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.testing.daemon_process import DaemonProcess

CONFIG = """
[collections.kits]
fields = { code = "text!", given = "date", seen = "timestamp!", photo = "blob", by = "ref:users" }
key = ["code"]
write = ["agent"]
[collections.kit_parts]
fields = { kit_id = "ref:kits!", worth = "money" }
key = ["kit_id"]
bucket = "kit:{kit_id}"
write = ["agent"]
[collections.licence_checks]
fields = { licence_id = "ref:licences!" }
key = ["licence_id"]
write = ["agent"]
[collections.secrets]
fields = { code = "text!" }
key = ["code"]
write = ["manager"]
"""


@pytest.mark.slow
def test_every_second_document_has_all_that_can_be_made_up(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path, CONFIG) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        told = json.loads(
            daemon.command(
                "simulate", "--devices", "2", "--visits", "0", "--documents", "4", "--json"
            )
        )
        records = json.loads(daemon.command("status", "--json"))["store"]["records"]
    assert told["passed"] is True
    assert told["collections"] == {"kit_parts": 8, "kits": 8}
    # Nobody was granted the bucket of a kit, which a schema does not tell of.
    assert told["outcomes"] == {"applied": 8, "quarantined": 8}
    assert told["notes"] == {
        "kit_parts: quarantined: This device does not work with that record's outlet or person.": 8,
        "licence_checks: not made: /licence_id needs one of licences, and the device sees none": 2,
    }
    assert records["kits"] == 8
    assert not {"kit_parts", "licence_checks", "secrets"} & records.keys()
