"""What `fieldbox simulate` shows: bars while it runs, tables when it is done."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from appliance.testing.field_day.fate import VERDICTS, CollectionTally
from appliance.testing.simulation import FAULTS, STEPS, SimulationReport, Watch

_ROWS = {
    "visits": "visits",
    "rows": "rows held",
    "documents": "documents made",
    "photos": "photos",
    "slips": "slips printed",
    "sent": "bytes sent",
    "received": "bytes received",
    "cuts": "cuts",
    "retries": "retries",
    "lost": "lost",
    "duplicated": "doubled",
    "unequal": "sums unequal",
    "untold": "states untold",
    "unexpected": "verdicts unexpected",
}
_MOST_TOLD = 20
"""Unexpected documents and failures that are listed; JSON has all of them."""

BAD = "bold red"


def step_bars(devices: int, quiet: bool) -> Progress:
    """Make a bar for each step of the agents, on standard error; enter it to show it."""
    progress = Progress(
        TextColumn("{task.description:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=quiet,
    )
    for step in (*STEPS, "failed"):
        progress.add_task(step, total=devices, visible=step != "failed")
    return progress


def watcher(progress: Progress) -> Watch:
    """Return what moves the bars as agents go on."""
    tasks = {str(task.description): task.id for task in progress.tasks}

    def watch(name: str, step: str) -> None:
        progress.update(tasks[step], advance=1, visible=True)

    return watch


def show(report: SimulationReport) -> None:
    """Print the closing tables, then what is not as it must be."""
    console = Console()
    console.print(_numbers(report))
    if report.fates:
        console.print(_documents(report))
    if report.reasons:
        console.print(_reasons(report))
    for verdict, count in sorted(report.excused.items()):
        console.print(f"{verdict} for what others ordered meanwhile: {count}", markup=False)
    _more(console, [f"note, {count} times: {text}" for text, count in report.notes.most_common()])
    _more(
        console,
        [
            f"UNEXPECTED {name}: {fate.collection} {fate.id}: {fate.problem}"
            for name, fate in report.unexpected
        ],
        BAD,
    )
    _more(console, [f"failed: {failure}" for failure in report.failures], BAD)
    if report.passed:
        console.print(
            "every document once, every sum equal, every verdict as expected", style="green"
        )
    else:
        console.print("NOT as it must be", style=BAD)


def _numbers(report: SimulationReport) -> Table:
    table = Table(title=f"{len(report.agents)} devices, {report.seconds:.1f} s")
    for name in ("", "all", "worst device"):
        table.add_column(name, justify="left" if not name else "right")
    for name, label in _ROWS.items():
        worst = max((int(getattr(agent, name)) for agent in report.agents), default=0)
        total = report.total(name)
        style = BAD if name in FAULTS and total else ""
        table.add_row(label, f"{total:,}", f"{worst:,}", style=style)
    slowest = max((agent.seconds for agent in report.agents), default=0.0)
    table.add_row("seconds", f"{report.seconds:.1f}", f"{slowest:.1f}")
    return table


def _documents(report: SimulationReport) -> Table:
    """What became of the documents; columns that are all 0 are left out."""
    tallies = report.collections
    used = [name for name in VERDICTS if any(one.verdicts[name] for one in tallies.values())]
    table = Table(title="What became of the documents")
    table.add_column("")
    for name in ("made", *used, "there once"):
        table.add_column(name, justify="right")
    for collection, one in tallies.items():
        cells = [f"{one.verdicts[name]:,}" if one.verdicts[name] else "" for name in used]
        table.add_row(
            collection,
            f"{one.made:,}",
            *cells,
            _once(one),
            style="" if one.once == one.due else BAD,
        )
    return table


def _once(tally: CollectionTally) -> str:
    """Return how many documents are on the box once, of those that must be."""
    if tally.once == tally.due:
        return f"{tally.once:,}"
    return f"{tally.once:,} of {tally.due:,}"


def _reasons(report: SimulationReport) -> Table:
    """Why documents were not simply accepted: expected and seen, and as a rep reads it."""
    table = Table(title="Reasons")
    table.add_column("reason", overflow="fold")
    table.add_column("on purpose", overflow="fold")
    table.add_column("verdict", overflow="fold")
    table.add_column("expected", justify="right", no_wrap=True)
    table.add_column("seen", justify="right", no_wrap=True)
    table.add_column("as the rep reads it", overflow="fold")
    for code, one in report.reasons.items():
        warned = one.verdict == "a warning"
        table.add_row(
            code,
            ", ".join(f"{name} {count}" for name, count in sorted(one.mistakes.items())),
            one.verdict,
            "" if warned and not one.expected else f"{one.expected:,}",
            f"{one.seen:,}",
            escape(one.sample),
            style="" if warned or one.expected == one.seen else BAD,
        )
    return table


def _more(console: Console, lines: list[str], style: str | None = None) -> None:
    """Print lines, and of too many how many more there are."""
    for line in lines[:_MOST_TOLD]:
        console.print(line, markup=False, style=style)
    if len(lines) > _MOST_TOLD:
        console.print(f"and {len(lines) - _MOST_TOLD} more; --json has all", style=style)
