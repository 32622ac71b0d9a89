"""What goes to a printer for a job: its document laid out, drawn and written in its commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from appliance.api.documents import Document, as_copy
from appliance.config.declared import Printer
from appliance.hardware.file_transport import FileTransport
from appliance.hardware.print_desk import Payload, Unprintable
from appliance.hardware.transport import Transport
from appliance.printing.calibration import calibration_page, is_calibration
from appliance.printing.escpos import TooLong, render
from appliance.printing.job import Job
from appliance.printing.layout import lay_out
from appliance.printing.profile import Profile, Profiles
from appliance.printing.raster import png
from appliance.printing.text import plain_text

Blobs = Callable[[Document], Mapping[str, bytes]]
"""The pictures that a document names, by their SHA-256."""

_SUFFIXES = {"picture": ".png", "text": ".txt", "bytes": ".bin"}


class JobPayloads:
    """Makes what goes to one printer."""

    def __init__(
        self,
        printer: Printer,
        profile: Profile,
        transport: Transport,
        *,
        blobs: Blobs,
        profiles: Path | None,
    ) -> None:
        """Take the printer.

        Args:
            printer: as the configuration has it, or would.
            profile: what it can do.
            transport: its own; a folder is told titles and the kind of its files.
            blobs: finds pictures; blocks.
            profiles: the folder of a technician's profiles, or None.
        """
        self._printer = printer
        self._profile = profile
        self._folder = transport if isinstance(transport, FileTransport) else None
        self._blobs = blobs
        self._profiles = profiles
        if self._folder is not None:
            self._folder.suffix = _SUFFIXES[printer.format]

    def make(self, job: Job, document: Document) -> Payload:
        """Make the bytes of a job.

        Raises:
            Unprintable: they cannot be made.
        """
        marked = as_copy(document, job.copy)
        if is_calibration(job):
            return self._calibration(job, marked)
        pictures = self._blobs(marked)
        try:
            return self._laid_out(job, marked, pictures)
        except (TooLong, ValueError) as error:
            raise Unprintable(str(error)) from error
        except Exception as error:  # tried again it would fail again, and all behind it would wait
            structlog.get_logger("appliance.hardware").exception("job_failed", job=job.number)
            kind = type(error).__name__
            raise Unprintable(f"the appliance failed at it ({kind}); see its log") from error

    def _laid_out(self, job: Job, document: Document, pictures: Mapping[str, bytes]) -> Payload:
        sheet = lay_out(document, self._profile.columns, pictures)
        if self._folder is not None:
            self._folder.title = job.title
            if self._printer.format == "text":
                return Payload(plain_text(sheet).encode(), 0.0)
            if self._printer.format == "picture":
                return Payload(png(sheet), 0.0)
        rendered = render(sheet, self._profile)
        return self._payload(rendered.data, rendered.dots_high)

    def _calibration(self, job: Job, top: Document) -> Payload:
        if self._folder is not None:
            if self._printer.format != "bytes":
                raise Unprintable(f"{job.printer} is a folder of {self._printer.format} files")
            self._folder.title = job.title
        try:
            page = calibration_page(top, self._profile, Profiles(self._profiles).usable())
        except (TooLong, ValueError) as error:
            raise Unprintable(str(error)) from error
        return self._payload(page.data, page.dots_high)

    def _payload(self, data: bytes, dots_high: int) -> Payload:
        moving = self._folder is None  # nothing moves in a folder
        return Payload(data, self._profile.seconds(dots_high) if moving else 0.0)
