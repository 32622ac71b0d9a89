"""What a printer is given for a job."""

from __future__ import annotations

import pytest

from appliance.api.documents import Document, Text
from appliance.config.declared import Printer
from appliance.hardware import job_payload
from appliance.hardware.job_payload import JobPayloads
from appliance.hardware.print_desk import Unprintable
from appliance.hardware.tcp import TcpTransport
from appliance.printing.job import Job
from appliance.printing.profile import Profiles
from appliance.store.errors import StoreUnavailable

JOB = Job(id="a", number=7, printer="van", title="x", created_at=0)
PAPER = Document(title="Invoice", blocks=(Text(text="milk"),))


def payloads(blobs=lambda _document: {}) -> JobPayloads:
    return JobPayloads(
        Printer(transport="tcp", host="192.0.2.7"),
        Profiles().get("generic"),
        TcpTransport("192.0.2.7"),
        blobs=blobs,
        profiles=None,
    )


def test_a_failure_of_the_layout_ends_this_job_and_not_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert b"milk" in payloads().make(JOB, PAPER).data
    monkeypatch.setattr(job_payload, "render", lambda *_: ()[0])
    with pytest.raises(Unprintable, match="IndexError"):
        payloads().make(JOB, PAPER)


def test_a_picture_that_cannot_be_read_now_is_waited_for() -> None:
    def failing(_document: Document) -> dict[str, bytes]:
        raise StoreUnavailable("the disk fails")

    with pytest.raises(StoreUnavailable):
        payloads(failing).make(JOB, PAPER)
