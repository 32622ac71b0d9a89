from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance.enrollment import base64url
from appliance.enrollment.pairing_url import PairingUrl


@pytest.fixture(autouse=True)
def anna(fieldbox: Any) -> None:
    assert fieldbox("user", "add", "anna", "--role", "agent", "--role", "driver").code == 0


def test_an_invitation_for_scripts_has_these_four_members(fieldbox: Any) -> None:
    said = fieldbox("device", "invite", "--user", "anna", "--role", "driver", "--json")
    assert said.code == 0
    assert list(said.json) == ["url", "code", "ca_sha256", "expires_at"]
    assert said.json["url"].startswith("fieldbox://box.local:8443/enroll?code=")


def test_an_invitation_for_people_shows_what_to_scan_type_and_compare(fieldbox: Any) -> None:
    said = fieldbox("device", "invite", "--user", "anna")
    assert said.code == 0
    assert "▄" in said.output
    assert "\x1b" not in said.output
    lines = said.output.splitlines()
    assert "  address      box.local:8443" in lines
    (code,) = [line.split()[1] for line in lines if line.startswith("  code ")]
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    first = next(n for n, line in enumerate(lines) if line.startswith("  fingerprint "))
    shown = (lines[first].removeprefix("  fingerprint") + lines[first + 1]).replace(" ", "")
    asked = fieldbox("device", "invite", "--user", "anna", "--json").json["ca_sha256"]
    assert bytes.fromhex(shown) == base64url.decode(asked)


def test_the_qr_code_goes_into_a_png_too(fieldbox: Any, tmp_path: Path) -> None:
    file = tmp_path / "invite.png"
    said = fieldbox("device", "invite", "--user", "anna", "--png", str(file), "--json")
    assert said.code == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    assert PairingUrl.parse(said.json["url"]).host == "box.local"
    lost = fieldbox("device", "invite", "--user", "anna", "--png", str(tmp_path / "no" / "x.png"))
    assert lost.code == 1
    assert "cannot be written" in lost.errors


def test_who_cannot_be_invited(fieldbox: Any) -> None:
    assert fieldbox("device", "invite", "--user", "boris").code == 1
    assert fieldbox("device", "invite", "--user", "anna", "--role", "admin").code == 1
    assert fieldbox("device", "invite").code == 2


def test_nothing_yet_says_what_to_do(fieldbox: Any) -> None:
    assert "fieldbox device invite" in fieldbox("device", "list").output
    assert fieldbox("device", "list", "--json").json == []
    assert fieldbox("mutation", "list").output == "Nothing waits.\n"
    assert fieldbox("plugin", "failures").output == "No plugin has failed.\n"
    assert fieldbox("search", "x").output == "Nothing is found.\n"


def test_people_are_listed_locked_and_changed(fieldbox: Any) -> None:
    assert "0 devices are refused" in fieldbox("user", "lock", "anna").output
    assert "locked" in fieldbox("user", "list").output
    assert "the roles agent" in fieldbox("user", "change", "anna", "--role", "agent").output
    assert fieldbox("user", "change", "anna").code == 2
    assert fieldbox("user", "unlock", "anna", "--json").json["locked"] is False
    assert fieldbox("user", "add", "boris").code == 2


def test_the_tables_for_people_name_what_scripts_get(fieldbox: Any) -> None:
    assert "master_data" in fieldbox("plugin", "list").output
    assert "orders_by_day" in fieldbox("report").output
    assert "takes orders" in fieldbox("role", "list").output
    assert "running  no" in fieldbox("status").output
    assert "user.add" in fieldbox("audit", "list").output
    assert "as they were written" in fieldbox("audit", "verify").output
    assert "order_copy" in fieldbox("print", "--kinds").output
    assert "prices" in fieldbox("export", "--kinds").output
    assert fieldbox("audit", "verify", "--last-hash", "0" * 64).code == 1
    assert fieldbox("audit", "verify", "--last-hash", "xyz").code == 2
    assert fieldbox("print", "order_copy").code == 2
    assert fieldbox("print", "order_copy", "none").code == 1
    assert fieldbox("print", "orders_copy", "none").code == 2
    assert fieldbox("mutation", "show", "1").code == 1
    assert fieldbox("x", "preselling", "recent").output == "There are no orders.\n"
    assert fieldbox("x", "preselling", "recant").code == 2
