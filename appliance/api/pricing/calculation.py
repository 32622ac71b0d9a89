"""What the steps of a calculation share: the book, the terms, the lines, the trace, the issues."""

from __future__ import annotations

from appliance.api import amounts
from appliance.api.amounts import Amount
from appliance.api.pricing.book import PriceBook, RankedPromotion
from appliance.api.pricing.issues import PricingIssue, pricing_issue
from appliance.api.pricing.price_lists import PriceList
from appliance.api.pricing.terms import Terms
from appliance.api.pricing.trace import TraceStep
from appliance.api.pricing.working_line import WorkingLine


class Calculation:
    """One document while it is priced.

    Attributes:
        book, terms: what it is priced from.
        scale: see `Branch.scale`.
        chain: the price list and its parents; empty where no list can be used.
        lines: the lines that were asked for, by their numbers.
        gifts: the lines that promotions added.
        uses: what other documents had of promotions, by their ids.
        used: positions of the promotions that were applied.
        spent, given: by promotion and sign: what it took off, minor units, and the gifts it gave,
            1/1 000 base units.
        trace, issues: found so far.
    """

    __slots__ = (
        "book",
        "chain",
        "gifts",
        "given",
        "issues",
        "lines",
        "scale",
        "spent",
        "terms",
        "trace",
        "used",
        "uses",
    )

    def __init__(self, book: PriceBook, terms: Terms) -> None:
        self.book = book
        self.terms = terms
        self.scale = terms.branch.scale
        self.chain: list[PriceList] = []
        self.lines: list[WorkingLine] = []
        self.gifts: list[WorkingLine] = []
        self.uses = {one.promotion_id: one for one in terms.uses}
        self.used: set[int] = set()
        self.spent: dict[tuple[str, int], int] = {}
        self.given: dict[tuple[str, int], int] = {}
        self.trace: list[TraceStep] = []
        self.issues: list[PricingIssue] = []

    def note(
        self,
        step: str,
        line: WorkingLine | None = None,
        ref_id: str | None = None,
        **values: int | str,
    ) -> None:
        """Add a step to the trace."""
        line_no = None if line is None else line.line_no
        self.trace.append(TraceStep(step, line_no, ref_id, values))

    def find(
        self,
        code: str,
        line: WorkingLine | None = None,
        field: str = "",
        *,
        expected: int | str | None = None,
        got: int | str | None = None,
        **words: object,
    ) -> None:
        """Add an issue; `field` is one of the line, or of the document where there is no line."""
        if line is None:
            pointer = f"/{field}" if field else ""
        else:
            pointer = f"/lines/{line.place}/{field}" if field else f"/lines/{line.place}"
        self.issues.append(
            pricing_issue(
                code,
                self.terms.kind,
                pointer,
                line_no=None if line is None else line.line_no,
                expected=expected,
                got=got,
                **words,
            )
        )

    def money(self, minor: int) -> Amount:
        """Write an amount for people."""
        return Amount(amounts.money(minor, self.terms.branch.currency_exponent))

    def count(self, promotion_id: str, sign: int, spent: int, given: int = 0) -> None:
        """Count what a promotion costs on goods that are sold (sign 1) or come back (-1)."""
        key = (promotion_id, sign)
        self.spent[key] = self.spent.get(key, 0) + spent
        self.given[key] = self.given.get(key, 0) + given

    def is_for_subject(self, ranked: RankedPromotion) -> bool:
        """Tell whether a promotion is valid on the day and for the subject."""
        promotion = ranked.promotion
        if not promotion.valid_from <= self.terms.pricing_date <= promotion.valid_to:
            return False
        if promotion.org_id is not None and promotion.org_id not in self.terms.subject.org_ids:
            return False
        return promotion.audience is None or promotion.audience.has(self.terms.subject)
