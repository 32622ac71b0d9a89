"""Pages that the appliance prints of its own: status slips and calibration pages."""

from __future__ import annotations

from datetime import UTC, datetime

from appliance.api.documents import Document
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Operation, OperationRefused
from appliance.daemon.operations.print_jobs import JobView
from appliance.daemon.operations.printers import PrinterName
from appliance.hardware.print_desk import NoPrinter
from appliance.hardware.printers import is_plugged, transport_of
from appliance.printing.calibration import KIND, introduction
from appliance.printing.job import Job, JobRefused
from appliance.printing.profile import Profile
from appliance.printing.status_slip import Facts, status_slip
from appliance.store.transaction import WriteTransaction


def test(desk: Desk, params: PrinterName, _actor: str) -> JobView:
    """Give a status slip to a printer's queue; it does not wait for the paper."""
    profile = _profile(desk, params.printer)
    here = desk.box.settings.printers[params.printer]
    moment = datetime.fromtimestamp(desk.box.now_ms() // 1000, UTC).astimezone()
    slip = status_slip(
        Facts(
            box=desk.box.settings.name,
            box_id=desk.box.store.appliance_id,
            printer=params.printer,
            where=transport_of(here).identity,
            profile=profile.title,
            columns=profile.columns,
            state=_state(desk, params.printer),
            time=moment.isoformat(" "),
        )
    )
    return _added(desk, params.printer, slip, "")


def calibrate(desk: Desk, params: PrinterName, _actor: str) -> JobView:
    """Give a calibration page to a printer's queue; it does not wait for the paper."""
    profile = _profile(desk, params.printer)
    here = desk.box.settings.printers[params.printer]
    if here.transport == "file" and here.format != "bytes":
        raise OperationRefused(
            f"{params.printer} is a folder of {here.format} files: there is nothing to calibrate",
            "conflict",
        )
    return _added(desk, params.printer, introduction(params.printer, profile), KIND)


def _profile(desk: Desk, name: str) -> Profile:
    if name not in desk.box.settings.printers:
        raise unknown("printer", name, desk.box.settings.printers)
    try:
        return desk.shop.profile(desk.shop.chosen(name))
    except NoPrinter as error:
        raise OperationRefused(str(error), "unavailable") from error


def _state(desk: Desk, name: str) -> str:
    """Say how a printer stands; where no daemon looks after it, whether it is plugged in."""
    if desk.serving.shop is None:
        plugged = is_plugged(desk.box.settings.printers[name])
        return "" if plugged is None else "plugged in" if plugged else "absent"
    state = next(one.state for one in desk.shop.printers() if one.name == name)
    return ", ".join([state.standing, *sorted(state.reasons)])


def _added(desk: Desk, printer: str, document: Document, kind: str) -> JobView:
    shop = desk.shop
    job = Job(
        id=shop.new_id(),
        number=0,
        printer=printer,
        title=document.title,
        created_at=0,
        kind=kind,
        language=document.language,
    )

    def add(tx: WriteTransaction) -> Job:
        return shop.add(tx, job, document)

    try:
        added = desk.box.store.write(add)
    except JobRefused as error:
        raise OperationRefused(str(error), "conflict") from error
    desk.start_printing()
    shop.wake(printer)
    return JobView.of(added)


OPERATIONS = (
    Operation("printer.test", PrinterName, "write", test),
    Operation("printer.calibrate", PrinterName, "write", calibrate),
)
