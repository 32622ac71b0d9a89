"""What `fieldbox simulate` shows: bars while it runs, a table when it is done."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from appliance.testing.document_desk import OF_FIELDBOX
from appliance.testing.simulation import STEPS, SimulationReport, Watch

_ROWS = {
    "rows": "rows held",
    "documents": "documents sent",
    "photos": "photos sent",
    "sent": "bytes sent",
    "received": "bytes received",
    "cuts": "cuts",
    "retries": "retries",
    "lost": "lost",
    "duplicated": "duplicated",
    "unequal": "sums unequal",
}
_BAD = frozenset({"lost", "duplicated", "unequal"})


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
    """Print the closing table, then what went wrong."""
    console, numbers = Console(), report.as_json()
    table = Table(title=f"{numbers['devices']} devices, {report.seconds:.1f} s")
    for name in ("", "all", "worst device"):
        table.add_column(name, justify="left" if not name else "right")
    worst = {name: max((int(getattr(a, name)) for a in report.agents), default=0) for name in _ROWS}
    for name, label in _ROWS.items():
        bad = name in _BAD and numbers[name]
        style = "bold red" if bad else ""
        table.add_row(label, f"{numbers[name]:,}", f"{worst[name]:,}", style=style)
    slowest = max((a.seconds for a in report.agents), default=0.0)
    table.add_row("seconds", f"{report.seconds:.1f}", f"{slowest:.1f}")
    console.print(table)
    if report.made.keys() - OF_FIELDBOX:
        made = ", ".join(f"{count} {name}" for name, count in sorted(report.made.items()))
        console.print(f"documents: {made}", markup=False)
    if report.outcomes:
        answers = ", ".join(f"{count} {name}" for name, count in sorted(report.outcomes.items()))
        console.print(f"answers: {answers}", markup=False)
    for note, count in report.notes.most_common(10):
        console.print(f"note, {count} times: {note}", markup=False)
    for failure in report.failures[:10]:
        console.print(f"failed: {failure}", markup=False, style="red")
    if len(report.failures) > 10:
        console.print(f"and {len(report.failures) - 10} more failed", style="red")
    verdict = "every document once, every sum equal" if report.passed else "NOT as it must be"
    console.print(verdict, style="green" if report.passed else "bold red")
