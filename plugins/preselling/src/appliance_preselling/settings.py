"""The config section ``[plugins.preselling]``."""

from __future__ import annotations

from appliance.api import Setting

MOST_LINES = 1_000
"""Lines an order may have by its declaration, whatever the settings say."""

SETTINGS = (
    Setting(
        "auto_accept",
        "bool",
        "Accept a submitted order at once when no rule holds it; otherwise every order waits for"
        " approval.",
        default=True,
    ),
    Setting(
        "max_lines",
        "int",
        "Lines an order may have.",
        default=350,
        minimum=1,
        maximum=MOST_LINES,
    ),
    Setting(
        "confirm_days",
        "int",
        "Days a customer has to confirm a changed order before it expires; 0: it never does.",
        default=7,
        minimum=0,
        maximum=365,
    ),
)
