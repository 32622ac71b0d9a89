"""Promotions: one row each, with its tiers in columns and its goods in lists of codes."""

from __future__ import annotations

import json

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues, Row
from appliance_master_data.importers import goods_and_audience, headers
from appliance_master_data.importers.cells import Cells, settled
from appliance_master_data.importers.promotion_tiers import COLUMNS as TIER_COLUMNS
from appliance_master_data.importers.promotion_tiers import GIFTS, tiers

IMPORTER = Importer(
    kind="promotions",
    title="Promotions; a row for each, with its tiers in columns",
    columns=(
        headers.own_code(("Код акции", "Акция", "promotion"), "What names it."),
        headers.name(),
        headers.kind(
            ("Вид акции",),
            "line_percent, line_amount, fixed_price, free_goods_inclusive, free_goods_exclusive,"
            " bundle_percent, basket_percent, basket_amount or points.",
            required=True,
        ),
        headers.org("The code of the unit that it is for, with those below; absent: for all."),
        *TIER_COLUMNS,
        *goods_and_audience.COLUMNS,
        ImportColumn(
            name="tier_mode",
            headers=("Режим", "tier mode"),
            doc="whole: the tier that is reached counts for all; marginal: each for its slice;"
            " repeat: for every N. Absent: whole.",
        ),
        ImportColumn(
            name="stacking",
            headers=("Сочетание", "stacking"),
            doc="exclusive: alone; stackable: with others. Absent: exclusive.",
        ),
        headers.number("priority", ("Приоритет", "priority"), "The highest goes first; absent: 0."),
        headers.number("budget_minor", ("Бюджет", "budget"), "What it may cost in all.", scale=2),
        headers.number(
            "max_per_outlet",
            ("Не больше на точку", "max per outlet"),
            "Of gifts the quantity, else the number of documents that an outlet gets.",
            scale=3,
        ),
        headers.valid_from(),
        headers.date(
            "valid_to",
            ("Дата окончания", "Действует по", "valid to"),
            "The last day.",
            required=True,
        ),
        headers.flag("needs_proof", ("Нужно фото", "needs proof"), "A photo is to be taken."),
        headers.named(
            "program",
            ("Программа", "Бонусная программа", "program", "programme"),
            "Of points: the bonus programme that they are of; absent: named as the promotion.",
        ),
    ),
)

_KINDS = {
    "line_percent": "line_percent",
    "скидка, %": "line_percent",
    "line_amount": "line_amount",
    "скидка суммой": "line_amount",
    "fixed_price": "fixed_price",
    "спеццена": "fixed_price",
    "free_goods_inclusive": "free_goods_inclusive",
    "подарок внутри": "free_goods_inclusive",
    "free_goods_exclusive": "free_goods_exclusive",
    "подарок": "free_goods_exclusive",
    "bundle_percent": "bundle_percent",
    "набор": "bundle_percent",
    "basket_percent": "basket_percent",
    "скидка на заказ, %": "basket_percent",
    "basket_amount": "basket_amount",
    "скидка на заказ": "basket_amount",
    "points": "points",
    "баллы": "points",
}
_MODES = {mode: mode for mode in ("whole", "marginal", "repeat")}
_STACKING = {way: way for way in ("exclusive", "stackable")}
_STORED = "SELECT id, body FROM promotions WHERE code = ?"

DEFAULTS: Row = {"tier_mode": "whole", "stacking": "exclusive", "priority": 0}


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a promotion; one of that code is the same, wherever it came from."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    kind = str(cells.choice("kind", _KINDS, None))
    cells.needed("valid_to")
    since, until = cells.period("promotion")
    found = context.select(_STORED, (code,))
    stored: Row = json.loads(found[0][1]) if found else {}
    steps = tiers(cells, kind)
    if steps is None and kind != stored.get("kind"):
        raise cells.wrong("from", "say from what on it applies, and what it gives")
    row = {
        "code": code,
        "kind": kind,
        "valid_from": since,
        **until,
        **cells.given("name", "needs_proof", "program"),
        **cells.org_id(),
        **cells.chosen("tier_mode", _MODES, "whole"),
        **cells.chosen("stacking", _STACKING, "exclusive"),
        **cells.amounts("budget_minor"),
        **_most(cells, kind),
        **goods_and_audience.products_of(cells, stored),
        **goods_and_audience.audience_of(cells, stored),
    }
    if steps is not None:
        row["tiers"] = steps
    if "priority" in cells:
        row["priority"] = cells.value("priority") or 0
    return settled("promotions", code, row, DEFAULTS, found[0][0] if found else None)


def _most(cells: Cells, kind: str) -> Row:
    """Return what an outlet may have at most: a quantity of gifts, or a number of documents."""
    if "max_per_outlet" not in cells:
        return {}
    thousandths = cells.not_negative("max_per_outlet")
    if thousandths is None or kind in GIFTS:
        return {"max_per_outlet": thousandths}
    if thousandths % 1_000:
        raise cells.wrong("max_per_outlet", "a number of documents is a whole number")
    return {"max_per_outlet": thousandths // 1_000}
