"""The settings of printing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from appliance.config.forms import PATH
from appliance.config.keys import doc, number, text, whole


class Printing(msgspec.Struct, frozen=True, kw_only=True):
    """`[printing]`: what documents look like, and how jobs are kept.

    `templates` and `profiles` are absolute once they are loaded.
    """

    templates: Annotated[
        Path | None,
        text(
            PATH,
            "A folder of templates, labels and pictures in place of the appliance's own, relative "
            "to the configuration file.",
            unset="the appliance's own",
        ),
    ] = None
    profiles: Annotated[
        Path | None,
        text(
            PATH,
            "A folder of profiles of printers, `NAME.toml`, beside the appliance's own and in "
            "place of those of the same name, relative to the configuration file.",
            unset="the appliance's own",
        ),
    ] = None
    discover: Annotated[
        bool,
        doc(
            "Whether a USB printer that is plugged in and that no printer of the configuration "
            "means becomes a printer by itself."
        ),
    ] = True
    status_slip: Annotated[
        bool,
        doc(
            "Whether a printer prints a status slip when it is plugged in for the first time, on "
            "USB or a serial port."
        ),
    ] = True
    job_age_h: Annotated[
        float,
        number(
            0,
            8_760,
            "Hours a job may wait for its printer before it is given up; 0 for any time.",
        ),
    ] = 12.0
    keep_days: Annotated[
        int, whole(1, 3_650, "Days a finished job is kept, so that a copy can be printed.")
    ] = 30
    stall_s: Annotated[
        float,
        number(
            5,
            86_400,
            "Seconds a printer may take no more bytes of a job, without saying why, before a "
            "person is asked what is on the paper.",
        ),
    ] = 300.0
