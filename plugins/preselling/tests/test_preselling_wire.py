"""Orders over the wire: a real daemon, devices with their own stores, files and commands."""

from __future__ import annotations

import datetime
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.testing import DaemonProcess, Device
from appliance.testing.held_records import HeldRecords
from appliance.testing.link import DeviceProblem
from appliance.testing.order_desk import OrderDesk

pytestmark = pytest.mark.slow

CONFIG = "[plugins.preselling]\ncheck_stock = false\ncheck_credit = false\n"
PAST = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=10)).date().isoformat()
PEOPLE = ("anna", "lead", "accounts")


class Company:
    """The demo company, with a device for an agent, her supervisor and the accountant."""

    def __init__(self, box: DaemonProcess, folder: Path) -> None:
        self.box = box
        box.command("demo", "--size", "small")
        self.ids = {user["login"]: user["id"] for user in box.ask("user", "list")}
        self.devices = {login: Device(folder / f"{login}.db") for login in PEOPLE}
        for login, device in self.devices.items():
            device.enroll(box.invite(login), name=login)
            self.sync(login)

    def sync(self, login: str) -> dict[str, int]:
        """Push and pull; the outcomes of what was pushed."""
        report = self.devices[login].sync()
        assert report.equal
        return dict(report.push.outcomes)

    def act(self, login: str, action: str, order: str, **changes: Any) -> dict[str, int]:
        """Ask for an action on an order, by the revision the device holds."""
        self.sync(login)
        row = self.devices[login].get("orders", order).row
        made = {
            "order_id": order,
            "outlet_id": row["outlet_id"],
            "user_id": self.ids[login],
            "action": action,
            "revision": row["revision"],
            "created_at": time.time_ns() // 1_000_000,
            "tz_offset_min": 180,
        }
        self.devices[login].create("order_actions", made | changes)
        return self.sync(login)

    def edit(self, login: str, order: str, **changes: Any) -> dict[str, int]:
        """Send an order as the device holds it, with changes."""
        self.sync(login)
        device = self.devices[login]
        device.edit("orders", order, {**device.get("orders", order).row, **changes})
        return self.sync(login)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with DaemonProcess(tmp_path, CONFIG) as box:
        made = Company(box, tmp_path)
        yield made
        for device in made.devices.values():
            device.close()


def test_an_order_from_the_field_to_its_papers(company: Company, tmp_path: Path) -> None:
    anna, lead, accounts = (company.devices[login] for login in PEOPLE)
    schemas = {c["name"]: c["schema"] for c in anna.schema()["collections"] if c["writable"]}
    source = random.Random(4)
    now_ms = time.time_ns() // 1_000_000
    desk = OrderDesk(anna, schemas, HeldRecords(anna, source), source, now_ms, "A")
    order, _ = desk.order()
    # Tomorrow may be no working day, then it waits like the next one.
    (outcome,) = company.sync("anna")
    if outcome == "held":
        assert company.act("lead", "approve", order) == {"applied": 1}
        company.sync("anna")
    late = {**anna.get("orders", order).row, "state": "submitted", "number": "A-99"}
    late |= {"requested_date": PAST, "pricing_rev": anna.head}
    held = anna.create("orders", late)
    assert company.sync("anna") == {"held": 1}
    (told,) = [r.row for r in anna.rows("doc_states") if r.row["doc_id"] == held]
    assert f"Дата доставки {PAST} уже прошла." in [issue["text"] for issue in told["issues"]]

    company.sync("lead")
    waiting = {r.row["ref_id"]: r.row["kind"] for r in lead.rows("notifications")}
    assert waiting[held] == "orders.held"
    assert company.act("lead", "approve", held) == {"applied": 1}
    company.sync("anna")
    assert anna.get("orders", held).row["state"] == "accepted"

    changes = {"state": "awaiting_confirmation", "payment_terms_days": 3}
    assert company.edit("accounts", order, **changes) == {"applied": 1}
    assert company.act("anna", "confirm", order, revision=1) == {"rejected": 1}
    assert company.act("anna", "confirm", order) == {"applied": 1}

    content = b"%PDF-1.4 delivery note"
    paper = accounts.attach_blob(content)
    accounts.upload_blobs()
    file = tmp_path / "papers.csv"
    file.write_text(
        f"order;kind;number;sha256;visible from state\n{order};delivery_note;N-1;{paper};shipped\n",
        encoding="utf-8",
    )
    company.box.command("import", "order_documents", str(file))
    company.sync("anna")
    assert list(anna.rows("order_documents")) == []
    with pytest.raises(DeviceProblem, match="404"):
        anna.download_blob(paper)

    assert company.edit("accounts", order, state="shipped") == {"applied": 1}
    company.sync("anna")
    assert [r.row["number"] for r in anna.rows("order_documents")] == ["N-1"]
    assert Path(anna.download_blob(paper)).read_bytes() == content
    (shown,) = company.box.ask("x", "preselling", "revisions", "--order", order)
    assert (shown["by"], shown["revision"]) == ("accounts", 2)
