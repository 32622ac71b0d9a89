"""The process that imports one file of the watched folder, for the daemon that started it.

What the file holds is read here, bounded in memory and apart from the event loop; rows go to the
daemon over its control socket. A job comes as one JSON value on standard input, its result goes to
standard output as another. When the daemon dies, the socket breaks and so does this.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from appliance.api.importing import Importer
from appliance.daemon.attaching import Attaching
from appliance.daemon.bundle import open_source
from appliance.daemon.control_client import AskFailed, AskRefused, ControlClient
from appliance.daemon.control_socket import connect
from appliance.daemon.file_import import FileImport
from appliance.exchange.detection import Told, detect, told_as
from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.refusal import ExchangeError
from appliance.exchange.refused_rows import refused_rows

MAX_MEMORY = 512 * 1024 * 1024
"""Bytes of address space; a workbook's texts are the most that is held of a file."""

NICE = 5
"""How much the daemon comes first."""

CONNECT_S = 10.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One file.

    Attributes:
        state_dir: of the box, where the socket is.
        path: the file.
        name: what it was called.
        refused: where rows that are refused are written.
        kind: of the file.
        profile: how it is read; None is found out.
        source, whole, full, claim: see `FileImport`.
    """

    state_dir: str
    path: str
    name: str
    refused: str
    kind: str
    profile: Profile | None
    source: str
    whole: bool
    full: bool
    claim: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it.

    Attributes:
        state: ``done``, ``partly`` where rows were left out, ``failed``, or ``again`` where the box
            could not take it now.
        lines: for people.
    """

    state: str
    lines: list[str]


def main() -> None:
    """Do the job."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    os.nice(NICE)
    sys.stdout.buffer.write(msgspec.json.encode(done(job)))


def done(job: Job) -> Result:
    """Import a file and return what became of it."""
    try:
        client = ControlClient(connect(Path(job.state_dir), timeout_s=CONNECT_S))
    except OSError as error:
        return Result(state="again", lines=[f"the daemon cannot be reached: {error}"])
    try:
        return _imported(job, client)
    except AskFailed as error:
        return Result(state="again", lines=[str(error)])
    except AskRefused as error:
        again = error.code == "unavailable"
        return Result(state="again" if again else "failed", lines=[str(error)])
    except (ExchangeError, ValueError) as error:
        return Result(state="failed", lines=[str(error)])
    except OSError as error:
        return Result(state="failed", lines=[f"the file cannot be read: {error}"])
    except MemoryError:
        return Result(state="failed", lines=["the file takes more memory than there is for it"])
    finally:
        client.close()


def _imported(job: Job, client: ControlClient) -> Result:
    importer = _importer(client, job.kind)
    with ExitStack() as opened:
        stream, bundle, listed = open_source(Path(job.path), importer, opened)
        profile = job.profile if listed else PROFILES["csv"]
        read_as = "" if listed else "the names of its files"
        if profile is None:
            profile = detect(stream, importer, Told(), Profile(name="detected"))
            read_as = told_as(profile)
        stream.seek(0)
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        stream.seek(0)
        attaching = (
            None if bundle is None else Attaching(bundle, importer, client.ask, listed=listed)
        )
        run = FileImport(
            client.ask,
            importer,
            profile,
            source=job.source,
            file=job.name,
            sha256=sha256,
            read_as=read_as,
            whole=job.whole,
            full=job.full,
            claim=job.claim,
            attaching=attaching,
        )
        summary = run.run(stream)
        if run.refused:
            with Path(job.refused).open("wb") as out:
                for chunk in refused_rows(stream, profile, importer, run.refused):
                    out.write(chunk)
    stored = summary.already or not (summary.kept_out or summary.stopped)
    clean = summary.done or summary.already
    return Result(
        state="failed" if not stored else "done" if clean else "partly", lines=summary.lines()
    )


def _importer(client: ControlClient, kind: str) -> Importer:
    rows: list[dict[str, Any]] = client.ask("import.kinds", {})["rows"]
    found = next((row for row in rows if row["kind"] == kind), None)
    if found is None:
        raise AskRefused(f"there is no kind {kind!r}", "unknown_name")
    members = {name: value for name, value in found.items() if name != "owner"}
    return msgspec.convert(members, Importer)


if __name__ == "__main__":
    main()
