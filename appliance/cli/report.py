"""``fieldbox report``: what the field did, in a table."""

from __future__ import annotations

import sys
from typing import Any

import click

from appliance.cli.failure import Failure, WrongUse
from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.screen import moment, show_json, show_table

_DIGITS = {"money": (2, False), "price": (4, True), "quantity": (3, True), "percent": (2, True)}


@click.command()
@click.argument("name", required=False)
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="A parameter; repeat.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "xlsx", "json"]),
    default="table",
    show_default=True,
    help="json has the values as they are stored, integers in the unit of the column; xlsx is a "
    "workbook.",
)
@click.option("--language", metavar="TAG", help="Of names; default: the company's. ru, kk, ...")
@click.option(
    "--profile", default="csv", show_default=True, metavar="NAME", help="How csv is written."
)
@json_option
@pass_invocation
def report(
    invocation: Invocation,
    name: str | None,
    given: tuple[str, ...],
    form: str,
    language: str | None,
    profile: str,
    as_json: bool,
) -> None:
    """Run the report NAME; without NAME, list the reports.

    \b
    fieldbox report orders_by_day --param since=2026-01-01 --format csv > orders.csv
    fieldbox report orders_by_product --param unit=MSK --language ru --format xlsx > goods.xlsx
    """
    if as_json and form in ("csv", "xlsx"):
        raise click.UsageError(f"--json and --format {form} contradict one another; choose one")
    if form == "xlsx" and sys.stdout.isatty():
        raise click.UsageError("a workbook is nothing for a screen; add > FILE.xlsx")
    if name is None:
        if given:
            raise click.UsageError("--param is for one report; give its NAME")
        _show_reports(invocation.rows("report.list"), as_json or form == "json")
        return
    found = invocation.ask(
        "report.run", name=name, parameters=_parameters(given), language=language
    )
    if as_json or form == "json":
        names = [column["name"] for column in found["columns"]]
        show_json([dict(zip(names, row, strict=True)) for row in found["rows"]])
    elif form in ("csv", "xlsx"):
        _write_file(invocation, found, "xlsx" if form == "xlsx" else profile)
    else:
        _show_table(found)


def _parameters(given: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--param")
        if name in values:
            raise click.BadParameter(f"{name!r} is given twice", param_hint="--param")
        values[name] = value
    return values


def _show_reports(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    rows = []
    for one in found:
        parameters = [
            p["name"] if p["default"] is None else f"{p['name']}={p['default']}"
            for p in one["parameters"]
        ]
        rows.append((one["name"], one["title"], parameters, one["owner"]))
    show_table(("report", "title", "parameters", "plugin"), rows)
    click.echo()
    said = {(p["name"], p["doc"]): None for one in found for p in one["parameters"]}
    show_table(("parameter", "what it is for"), said)


def _show_table(found: dict[str, Any]) -> None:
    columns = found["columns"]
    numbers = frozenset(c["title"] for c in columns if c.get("unit", "text") in ("int", *_DIGITS))
    show_table(
        [c["title"] for c in columns],
        (
            [_cell(c.get("unit", "text"), value) for c, value in zip(columns, row, strict=True)]
            for row in found["rows"]
        ),
        right=numbers,
    )


def _cell(unit: str, value: Any) -> Any:
    from appliance.exchange.write import decimal_text

    if not isinstance(value, int):
        return value
    if unit == "timestamp":
        return moment(value)
    if unit in _DIGITS:
        digits, trim = _DIGITS[unit]
        return decimal_text(value, digits, ".", trim=trim)
    return value


def _write_file(invocation: Invocation, found: dict[str, Any], profile: str) -> None:
    from appliance.cli.export import table_bytes
    from appliance.cli.profile import known_profiles
    from appliance.exchange.profile import find_profile
    from appliance.exchange.refusal import ExchangeError, ProfileRefused

    try:
        for chunk in table_bytes(found, find_profile(profile, known_profiles(invocation))):
            sys.stdout.buffer.write(chunk)
        sys.stdout.flush()
    except ProfileRefused as error:
        raise WrongUse(str(error)) from error
    except ExchangeError as error:
        raise Failure(f"{found['name']}: {error}") from error
