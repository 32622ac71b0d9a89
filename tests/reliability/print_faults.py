"""Every fault on every line with every kind of printer, counted: ``print_faults.py --help``.

Prints tables as Markdown, and fails where a job was lost, or printed twice without a person asking.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import structlog
from kill_rig import KillRig, states
from paper_count import LINES, SAYS, Tally
from print_cases import CASES, Case
from print_rig import Rig

from appliance.testing.usb_testbed import missing

KILLS = tuple(states(random.Random(0)))
MARK = "<!-- from here on written by print_faults.py -->"
NAMES = (*(case.name for case in CASES), *KILLS)


def places(size: int, most: int) -> list[int]:
    """Return where a fault happens: at every place of 1 to `size`, or `most` of them evenly."""
    if most == 0 or most >= size:
        return list(range(1, size + 1))
    return sorted({1 + (2 * n + 1) * size // (2 * most) for n in range(most)} - {size + 1})


def run(
    folder: Path,
    cases: Sequence[Case] = CASES,
    *,
    most: int = 0,
    costly: int = 0,
    kills: int = 0,
    lines: Sequence[str] = LINES,
    says: Sequence[str] = tuple(SAYS),
) -> Tally:
    """Try faults, each printer in a thread of its own, and then kill the daemon.

    Args:
        folder: where boxes are made.
        cases: the faults.
        most: bytes at which a fault happens that may happen at any; 0 is every one.
        costly: likewise, where somebody waits for seconds.
        kills: how often the daemon is killed in each state of a job.
        lines: which lines.
        says: which printers.
    """
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="usb") as usb:  # its sockets need a short path
        Path(usb).chmod(0o777)
        threads = []
        for line in lines if cases else ():
            for number, one in enumerate(says, 1):
                rig = Rig(folder / f"{line}-{one}", line, one, tally, usb=Path(usb), number=number)
                given = (rig, tally, cases, most, costly)
                threads.append(threading.Thread(target=_all, args=given))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if kills:
        kill(folder / "killed", tally, kills, lines, says)
    return tally


def kill(
    folder: Path,
    tally: Tally,
    times: int,
    lines: Sequence[str],
    says: Sequence[str] = tuple(SAYS),
    only: str = "",
) -> None:
    """Kill the daemon so often in each state of a job, or in one."""
    rig = KillRig(folder, tally, tuple(lines), tuple(says))
    try:
        for seed in range(times):
            for name, (arm, ready) in states(random.Random(seed)).items():
                if only in ("", name):
                    rig.run(name, arm, ready)
    except Exception as error:
        tally.complain(f"killed: {error!r}")
        traceback.print_exc()
    finally:
        rig.close()


def _all(rig: Rig, tally: Tally, cases: Sequence[Case], most: int, costly: int) -> None:
    """All faults on one printer."""
    try:
        for case in cases:
            if rig.line not in case.lines or rig.says not in case.says:
                continue
            size = rig.places(case.spots, case.document(rig))
            for at in places(size, costly if case.costs else most):
                tally.run(case.name, rig.line, rig.says)
                try:
                    case.run(rig, at)
                except Exception as error:
                    tally.complain(f"{case.name}, {rig.line}, {rig.says}, at {at}: {error!r}")
                    traceback.print_exc()
                    return
    finally:
        rig.close()


def main() -> int:
    """Run what was asked for; 1 where a job was lost or doubled, or a run could not be judged."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=0, metavar="N", help="bytes; 0: every byte")
    parser.add_argument("--costly", type=int, default=5, metavar="N", help="where somebody waits")
    parser.add_argument("--kills", type=int, default=1, metavar="N", help="kills in each state")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="FAULT")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the tables into this page")
    parser.add_argument("--lines", nargs="+", choices=LINES, default=LINES)
    parser.add_argument("--says", nargs="+", choices=tuple(SAYS), default=tuple(SAYS))
    given = parser.parse_args()
    if "usb" in given.lines and (reason := missing()):
        print(reason, file=sys.stderr)
        return 1
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    cases = [case for case in CASES if not given.only or case.name in given.only]
    kills = given.kills if not given.only or set(KILLS) & set(given.only) else 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        tally = run(
            Path(folder),
            cases,
            most=given.most,
            costly=given.costly,
            kills=kills,
            lines=given.lines,
            says=given.says,
        )
    tables = tally.markdown(NAMES)
    print(tables)
    if given.page is not None:
        head, mark, _ = given.page.read_text(encoding="utf-8").partition(MARK)
        given.page.write_text(f"{head}{mark}\n\n{tables}", encoding="utf-8")
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    for complaint in tally.complaints:
        print(complaint, file=sys.stderr)
    return int(bool(tally.complaints))


if __name__ == "__main__":
    sys.exit(main())
