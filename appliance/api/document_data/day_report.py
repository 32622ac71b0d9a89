"""How a van's day stands, and how it ended."""

from __future__ import annotations

import msgspec

from appliance.api.document_data.base import DocumentData
from appliance.api.document_data.sale_lines import TaxTotal
from appliance.api.values import Money, Quantity, Timestamp


class SumBy(msgspec.Struct, frozen=True, kw_only=True):
    """A sum of documents of one sort.

    Attributes:
        sort: ``cash``, ``bank``, ``card``, ``consignment``, ``cheque``, ``transfer``, ``mobile``,
            or a word of the plugin's own.
        count: how many documents.
        amount: minor units.
    """

    sort: str
    count: int = 0
    amount: Money


class DocumentCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many documents of a kind there are.

    Attributes:
        kind: its name, in words.
        count: how many.
        first, last: their numbers.
    """

    kind: str
    count: int
    first: str = ""
    last: str = ""


class StockLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the van of one article.

    Attributes:
        code: the article's code.
        name: of the article.
        qty: 1/1 000 of the unit.
        unit: the base unit.
    """

    code: str = ""
    name: str
    qty: Quantity
    unit: str = ""


class CountLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted of one article.

    Attributes:
        code: the article's code.
        name: of the article.
        unit: the base unit.
        opening: what was there in the morning, 1/1 000 of the unit.
        loaded: what was loaded since.
        sold: what was sold.
        returned: what customers gave back that can be sold.
        book: what should be there.
        actual: what is.
        value: of the difference, minor units.
    """

    code: str = ""
    name: str
    unit: str = ""
    opening: Quantity = Quantity(0)
    loaded: Quantity = Quantity(0)
    sold: Quantity = Quantity(0)
    returned: Quantity = Quantity(0)
    book: Quantity
    actual: Quantity
    value: Money = Money(0)

    @property
    def difference(self) -> Quantity:
        """Below zero what is missing, above what is too much."""
        return Quantity(self.actual - self.book)


class CashLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted of one kind of money.

    Attributes:
        method: as `SumBy.sort`.
        book: what should be there, minor units.
        actual: what is.
    """

    method: str
    book: Money
    actual: Money

    @property
    def difference(self) -> Money:
        """Below zero what is missing, above what is too much."""
        return Money(self.actual - self.book)


class NumberRange(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that were used.

    Attributes:
        series: of the numbers.
        first, last: the numbers.
    """

    series: str
    first: str
    last: str


class VoidedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was taken back.

    Attributes:
        number: of the document.
        reason: in words.
        amount: minor units.
    """

    number: str
    reason: str = ""
    amount: Money = Money(0)


class XReport(DocumentData, frozen=True, kw_only=True, tag="x_report"):
    """How the day stands.

    Attributes:
        from_at, to_at: the span, UTC milliseconds.
        opening_cash: minor units.
        sales: by form of payment.
        taxes: of the sales by rate.
        returns: by how they were settled.
        receipts: money taken by method.
        expenses: by kind.
        expected_cash: what should be in the purse.
        counts: of documents by kind, with the span of their numbers.
        stock: what should be in the van.
    """

    from_at: Timestamp
    to_at: Timestamp
    opening_cash: Money = Money(0)
    sales: tuple[SumBy, ...] = ()
    taxes: tuple[TaxTotal, ...] = ()
    returns: tuple[SumBy, ...] = ()
    receipts: tuple[SumBy, ...] = ()
    expenses: tuple[SumBy, ...] = ()
    expected_cash: Money = Money(0)
    counts: tuple[DocumentCount, ...] = ()
    stock: tuple[StockLine, ...] = ()


class ZReport(XReport, frozen=True, kw_only=True, tag="z_report"):
    """How the day ended.

    Attributes:
        sequence: which day of this van.
        counted: goods, those that differ or all.
        cash: money by method.
        ranges: numbers used.
        voided: documents taken back.
        visits_planned, visits_done: how many.
        odometer_start, odometer_end: kilometres.
    """

    sequence: int
    counted: tuple[CountLine, ...] = ()
    cash: tuple[CashLine, ...] = ()
    ranges: tuple[NumberRange, ...] = ()
    voided: tuple[VoidedDocument, ...] = ()
    visits_planned: int = 0
    visits_done: int = 0
    odometer_start: int = 0
    odometer_end: int = 0
