"""Faults of printers, lines and people: no job is lost, none is printed twice unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper_count import LINES, SAYS, Paper, Tally, fate
from print_cases import CASES
from print_faults import KILLS, NAMES, kill, run
from print_rig import Rig

from appliance.printing.job import Job
from appliance.testing.usb_testbed import missing

QUICK = [case for case in CASES if case.quick]


def lines_here() -> tuple[str, ...]:
    """Without umockdev the other lines are tried all the same."""
    return tuple(line for line in LINES if line != "usb" or not missing())


def check(tally: Tally, least: int) -> None:
    assert tally.complaints == []
    assert (tally.total("lost"), tally.total("twice")) == (0, 0)
    assert tally.total("jobs") >= least
    for line in lines_here():
        for says in SAYS:
            assert tally.total("jobs", line=line, says=says)


@pytest.mark.slow
def test_faults_at_some_bytes_lose_and_double_no_job(tmp_path: Path) -> None:
    tally = run(tmp_path, QUICK, most=2, lines=lines_here())
    check(tally, 200)
    # Faults did happen, and to every kind of printer.
    for says in SAYS:
        assert tally.total("asked_part", says=says)
        assert tally.total("waited", says=says)


@pytest.mark.slow
def test_documents_that_are_hard_to_print_come_out_once(tmp_path: Path) -> None:
    hard = [case for case in CASES if case.spots == "once" and case.document is not Rig.document]
    assert len(hard) == 5
    tally = run(tmp_path, hard, lines=lines_here()[-1:], says=["printed"])
    assert tally.complaints == []
    assert tally.total("once") == tally.total("jobs") == 2 * len(hard)


@pytest.mark.slow
def test_a_daemon_killed_in_the_middle_of_its_jobs_loses_and_doubles_none(tmp_path: Path) -> None:
    tally, says = Tally(), ("printed", "nothing")
    kill(tmp_path / "box", tally, 1, lines_here(), says, "killed: in the middle of sending")
    assert tally.complaints == []
    assert tally.total("jobs") == 4 * len(lines_here())
    assert tally.total("asked_part")


@pytest.mark.slow
@pytest.mark.deep
@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("line", LINES)
def test_every_fault_at_every_byte(tmp_path: Path, line: str, says: str) -> None:
    if line not in lines_here():
        pytest.skip(missing())
    tally = run(tmp_path, most=0, costly=5, lines=[line], says=[says])
    assert tally.complaints == []
    assert tally.total("jobs") > 400


@pytest.mark.slow
@pytest.mark.deep
def test_a_daemon_killed_in_every_state(tmp_path: Path) -> None:
    tally = run(tmp_path, [], kills=2, lines=lines_here())
    check(tally, 2 * 2 * len(KILLS) * 6)


def test_the_counting_sees_what_is_lost_and_what_is_there_twice() -> None:
    done = Job(id="1", number=1, printer="van", title="x", created_at=0, state="completed")
    asks = Job(
        id="1",
        number=1,
        printer="van",
        title="x",
        created_at=0,
        state="held",
        reason="outcome-unknown",
    )
    lines = [b"@1.0@", b"@1.1@"]
    job = b"@1.0@\n@1.1@\n"
    for paper, found in ((job, "once"), (job[:8], "lost"), (b"", "lost"), (b"@2.0@\n", "lost")):
        assert fate(done, Paper.of(paper, job, lines, {0}), waited=False) == found
    assert fate(done, Paper.of(job, job, lines, set()), waited=False) == "lost", "in a picture"
    assert fate(asks, Paper.of(job[:8], job, lines, {0}), waited=False) == "asked_part"
    tally = Tally()
    for paper in (job, job + b"@1.0@\n", b"@1.1@\n@1.1@\n"):
        seen = Paper.of(paper, job, lines, {0})
        tally.add("f", "usb", "nothing", fate(done, seen, waited=False), seen, "a job")
    assert (tally.total("twice"), tally.total("lost"), tally.total("once")) == (2, 1, 2)
    assert len(tally.complaints) == 2


def test_the_page_of_faults_has_a_row_for_each_and_none_was_lost() -> None:
    page = (Path(__file__).parents[2] / "docs/printing-faults.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in page.splitlines()
        if "|" in line
    ]
    assert {row[0] for row in rows} >= set(NAMES)
    counted = [row for row in rows if row[1].strip("*").replace(",", "").isdigit()]
    assert len(counted) > len(NAMES)
    assert {cell.strip("*") for row in counted for cell in row[-2:]} == {"0"}
