"""The config section ``[plugins.master_data]``."""

from __future__ import annotations

from appliance.api import Setting

SETTINGS = (
    Setting(
        "default_price_list",
        "text",
        "Code of a price list that every device gets, beside those of its outlets; empty: none.",
        default="",
    ),
    Setting(
        "prices_include_tax",
        "bool",
        "Whether the prices of a price list that a file only mentions include tax.",
        default=True,
    ),
    Setting(
        "wrong_barcodes",
        "text",
        "What the import does with a barcode that is no GTIN or another unit's: leave it out with a"
        " note, or refuse the row.",
        default="leave_out",
        values=("leave_out", "refuse"),
    ),
    Setting(
        "stock_confirm_hours",
        "int",
        "An imported balance that has not changed is stored again, as newly confirmed, once it"
        " is this old.",
        default=12,
        minimum=0,
        maximum=8_760,
    ),
    Setting(
        "history_months",
        "int",
        "Months of sales history that devices get, the current one among them; older ones stay for"
        " reports.",
        default=6,
        minimum=1,
        maximum=120,
    ),
    Setting(
        "portal_logins",
        "bool",
        "Whether a contact with access to the portal becomes a user by itself, known by the phone.",
        default=True,
    ),
    Setting(
        "visit_min_minutes",
        "int",
        "A visit that took less carries a warning; 0: none does.",
        default=2,
        minimum=0,
        maximum=600,
    ),
)
