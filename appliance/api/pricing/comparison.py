"""Where a document as it was sent differs from the same document priced anew."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from appliance.api import amounts
from appliance.api.pricing.priced import AppliedDiscount, PricedDocument, PricedLine
from appliance.api.pricing.sent import SentDocument, SentLine, SentTotals
from appliance.api.pricing.terms import RequestedLine

Verdict = Literal["ok", "price_changed", "calc_mismatch"]
"""What a check says, the worse later.

``ok``: every figure is what it should be. ``price_changed``: it was right by the masters that the
device had, and they changed since. ``calc_mismatch``: it is wrong by the masters it was made from.
"""

Figure = int | str | None
"""A figure in the units of `appliance.api.values`, a name, or nothing."""

LINE_FIELDS = (
    "qty",
    "list_price",
    "discounts",
    "net_price",
    "gross_amount",
    "line_amount",
    "doc_discount",
    "tax_category",
    "rate_bp",
    "tax_amount",
    "total",
)
"""Fields of a line that are compared, each after those that it follows from."""

_FIGURES = operator.attrgetter(*LINE_FIELDS)

_Differing = tuple[str, int | None, str, Figure, Figure]
"""Pointer, line, field, expected and got of a difference."""

TOTAL_FIELDS = (
    "gross",
    "discount",
    "net",
    "tax",
    "rounding",
    "payable",
    "weight_g",
    "volume_cm3",
)
"""Totals that are compared."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is not what it should be.

    Attributes:
        verdict: ``price_changed`` or ``calc_mismatch``.
        pointer: JSON Pointer into the document; of a gift that is missing, ``/lines``.
        line_no: the line; None: the document, or a gift that is missing.
        field: its name; ``gift_of_promo_id`` where a gift is missing or too many.
        expected: what it should be, in the units of `appliance.api.values`; None for a gift too
            many. Discounts are in words.
        got: what was sent; None for a gift that is missing.
    """

    verdict: Verdict
    pointer: str
    line_no: int | None
    field: str
    expected: Figure
    got: Figure


def compare(
    sent: SentDocument,
    priced: PricedDocument,
    requested: Sequence[tuple[int, RequestedLine]],
    verdict: Verdict,
) -> list[Difference]:
    """Return every field in which a document differs.

    Args:
        sent: the document.
        priced: the same priced anew.
        requested: the lines that it was priced from, with their places in `sent`.
        verdict: what a difference means.
    """
    in_order = sorted(requested, key=lambda one: (one[1].line_no, one[0]))
    found: list[_Differing] = [
        (f"/{name}", None, name, getattr(priced, name), getattr(sent, name))
        for name in ("price_list_id", "currency", "tax_included")
        if getattr(sent, name) != getattr(priced, name)
    ]
    for (place, _requested), line in zip(in_order, priced.lines, strict=False):
        found += _line(f"/lines/{place}", sent.lines[place], line)
    found += _gifts(sent.lines, priced.lines[len(in_order) :])
    if sent.totals is not None:
        found += _totals(sent.totals, priced)
    return [
        Difference(
            verdict=verdict, pointer=pointer, line_no=number, field=field, expected=due, got=got
        )
        for pointer, number, field, due, got in found
    ]


def written(discounts: Iterable[AppliedDiscount]) -> str:
    """Write discounts in a line, for people."""
    return (
        ", ".join(
            one.kind if one.bp is None else f"{one.kind} {amounts.percent(one.bp)} %"
            for one in discounts
        )
        or "none"
    )


def _line(pointer: str, sent: SentLine, line: PricedLine) -> Iterable[_Differing]:
    if _FIGURES(sent) == _FIGURES(line):
        return
    for name in LINE_FIELDS:
        got, expected = getattr(sent, name), getattr(line, name)
        if got == expected:
            continue
        if name == "discounts":
            if sent.discounts is None or _same(sent.discounts, line.discounts):
                continue
            got, expected = written(sent.discounts), written(line.discounts)
        if name == "doc_discount" and not got and not expected:
            continue
        yield (f"{pointer}/{name}", sent.line_no, name, expected, got)


def _same(sent: Sequence[AppliedDiscount], priced: Sequence[AppliedDiscount]) -> bool:
    """Tell whether discounts are the same; an amount that was not sent is not compared."""
    return len(sent) == len(priced) and all(
        (one.kind, one.ref_id, one.bp) == (other.kind, other.ref_id, other.bp)
        and one.amount in (None, other.amount)
        for one, other in zip(sent, priced, strict=True)
    )


def _gifts(lines: Sequence[SentLine], priced: Sequence[PricedLine]) -> Iterable[_Differing]:
    """Pair gifts by promotion, product, unit and direction, those of equal quantity first."""
    left: dict[_Gift, list[PricedLine]] = {}
    for one in priced:
        left.setdefault(_gift(one), []).append(one)
    alone: list[tuple[int, SentLine]] = []
    for place, line in enumerate(lines):
        if line.gift_of_promo_id is None:
            continue
        matches = left.get(_gift(line), [])
        at = next((at for at, one in enumerate(matches) if one.qty == line.qty), None)
        if at is None:
            alone.append((place, line))
        else:
            yield from _line(f"/lines/{place}", line, matches.pop(at))
    for place, line in alone:
        matches = left.get(_gift(line), [])
        if matches:
            yield from _line(f"/lines/{place}", line, matches.pop(0))
        else:
            name = "gift_of_promo_id"
            yield (f"/lines/{place}/{name}", line.line_no, name, None, line.gift_of_promo_id)
    for matches in left.values():
        for one in matches:
            yield ("/lines", None, "gift_of_promo_id", one.gift_of_promo_id, None)


_Gift = tuple[str | None, str, str, bool]


def _gift(line: SentLine | PricedLine) -> _Gift:
    return line.gift_of_promo_id, line.product_id, line.uom_id, line.qty < 0


def _totals(sent: SentTotals, priced: PricedDocument) -> Iterable[_Differing]:
    for name in TOTAL_FIELDS:
        got = getattr(sent, name)
        if got is None:
            continue
        if name == "tax":
            yield from _taxes(sent, priced)
        elif got != getattr(priced.totals, name):
            yield (f"/totals/{name}", None, name, getattr(priced.totals, name), got)


def _taxes(sent: SentTotals, priced: PricedDocument) -> Iterable[_Differing]:
    left = {(one.tax_category, one.rate_bp): one for one in priced.totals.tax}
    for place, one in enumerate(sent.tax or ()):
        expected = left.pop((one.tax_category, one.rate_bp), None)
        tax = 0 if expected is None else expected.tax_amount
        taxable = 0 if expected is None else expected.taxable
        pointer = f"/totals/tax/{place}"
        if one.tax_amount != tax:
            yield (f"{pointer}/tax_amount", None, "tax", tax, one.tax_amount)
        if one.taxable not in (None, taxable):
            yield (f"{pointer}/taxable", None, "taxable", taxable, one.taxable)
    for missing in left.values():
        if missing.tax_amount:
            yield ("/totals/tax", None, "tax", missing.tax_amount, None)
