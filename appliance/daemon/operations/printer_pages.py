"""Pages that the appliance prints of its own: status slips and calibration pages."""

from __future__ import annotations

from appliance.api.documents import Document
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Operation, OperationRefused
from appliance.daemon.operations.print_jobs import JobView
from appliance.daemon.operations.printers import PrinterName, known
from appliance.hardware.first_slips import slip_of
from appliance.hardware.print_desk import NoPrinter
from appliance.hardware.stations import Station
from appliance.printing.calibration import KIND, introduction
from appliance.printing.job import Job, JobRefused
from appliance.store.transaction import WriteTransaction


def test(desk: Desk, params: PrinterName, _actor: str) -> JobView:
    """Give a status slip to a printer's queue; it does not wait for the paper."""
    station = _station(desk, params.printer)
    return _added(desk, *slip_of(desk.box, params.printer, station, _state(desk, params.printer)))


def calibrate(desk: Desk, params: PrinterName, _actor: str) -> JobView:
    """Give a calibration page to a printer's queue; it does not wait for the paper."""
    station = _station(desk, params.printer)
    here = station.printer
    if here.transport == "file" and here.format != "bytes":
        raise OperationRefused(
            f"{params.printer} is a folder of {here.format} files: there is nothing to calibrate",
            "conflict",
        )
    page = introduction(params.printer, station.profile)
    job = Job(
        id=desk.shop.new_id(),
        number=0,
        printer=params.printer,
        title=page.title,
        created_at=0,
        kind=KIND,
        language=page.language,
    )
    return _added(desk, job, page)


def _station(desk: Desk, name: str) -> Station:
    known(desk, name)
    desk.shop.search.know_models()  # a page says what stands there now
    try:
        return desk.shop.stations.named(name)
    except NoPrinter as error:
        raise OperationRefused(str(error), "unavailable") from error


def _state(desk: Desk, name: str) -> str:
    """Say how a printer stands; where no daemon looks after it, whether it is plugged in."""
    if desk.serving.shop is None:
        plugged = desk.shop.search.plugged(name)
        return "" if plugged is None else "plugged in" if plugged else "absent"
    state = desk.shop.stations.named(name).worker.state
    return ", ".join([state.standing, *sorted(state.reasons)])


def _added(desk: Desk, job: Job, document: Document) -> JobView:
    shop = desk.shop

    def add(tx: WriteTransaction) -> Job:
        return shop.add(tx, job, document)

    try:
        added = desk.box.store.write(add)
    except JobRefused as error:
        raise OperationRefused(str(error), "conflict") from error
    desk.start_printing()
    shop.wake(job.printer)
    return JobView.of(added)


OPERATIONS = (
    Operation("printer.test", PrinterName, "write", test),
    Operation("printer.calibrate", PrinterName, "write", calibrate),
)
