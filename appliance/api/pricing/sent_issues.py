"""What to tell of a document that was sent: few issues that people can act on.

One wrong price makes six wrong figures in its line and more in the totals. Of each line the field
is told that the others follow from; totals are told of where no line differs, or where they do not
follow from the document's own lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from appliance.api import amounts
from appliance.api.amounts import Amount
from appliance.api.pricing.book import PriceBook, is_valid
from appliance.api.pricing.calculation import Calculation
from appliance.api.pricing.comparison import Difference, Figure
from appliance.api.pricing.customer_discounts import CustomerDiscount
from appliance.api.pricing.issues import PricingIssue, bounded, pricing_issue
from appliance.api.pricing.priced import PricedDocument
from appliance.api.pricing.sent import SentDocument, SentLine
from appliance.api.pricing.terms import Terms
from appliance.api.pricing.words import WORDS, field_word, word
from appliance.api.texts import Text

_PRICES = frozenset({"list_price", "net_price"})
_PERCENTAGES = frozenset({"rate_bp"})
_QUANTITIES = frozenset({"qty"})
_PLAIN = frozenset({"weight_g", "volume_cm3"})
_NOT_THERE = word("price:not_there")
_NO_LINE = frozenset({"ref_unknown", "uom_wrong", "price_missing"})
"""Codes of lines that could not be priced: their figures are not told of besides."""


class SentIssues:
    """Finds the issues of one document."""

    def __init__(
        self, sent: SentDocument, terms: Terms, book: PriceBook, priced: PricedDocument
    ) -> None:
        """Begin.

        Args:
            sent: the document.
            terms: of the document.
            book: the masters that it was made from.
            priced: the document as it should be.
        """
        self._sent = sent
        self._terms = terms
        self._book = book
        self._priced = priced
        self._calculation = Calculation(book, terms)
        self._expired: set[str] = set()
        self._capped = {one.ref_id for one in priced.trace if one.step == "gift_capped"}

    def found(
        self,
        differences: Sequence[Difference],
        wrong: Mapping[str, int],
        *,
        graced: bool = False,
    ) -> tuple[PricingIssue, ...]:
        """Return the issues: those that pricing found, then those of the comparison.

        Args:
            differences: every field that differs.
            wrong: pointers to what contradicts the document's own figures.
            graced: whether a price that changed is only warned of.
        """
        by_line: dict[str, list[Difference]] = {}
        document: list[Difference] = []
        missing: list[Difference] = []
        for one in differences:
            if one.pointer == "/lines":
                missing.append(one)
            elif one.pointer.startswith("/lines/"):
                by_line.setdefault(one.pointer.split("/")[2], []).append(one)
            else:
                document.append(one)
        changed = {
            one.pointer
            for one in differences
            if one.field == "list_price" and one.verdict == "price_changed"
        }
        # A price that was taken out of the list since has changed; it was not missing.
        own = [
            one
            for one in self._priced.issues
            if one.code != "price_missing" or one.pointer not in changed
        ]
        unpriced = {one.pointer.split("/")[2] for one in own if one.code in _NO_LINE}
        other_list = any(one.field == "price_list_id" for one in document)
        made: list[PricingIssue] = []
        for place, of_line in by_line.items():
            if place not in unpriced:
                made += self._line(self._sent.lines[int(place)], of_line, wrong, other_list)
        made += [self._gift(one, one.expected) for one in missing]
        told = bool(by_line or missing or other_list)
        made += self._document(document, wrong, told=told)
        made += self._claimed()
        if graced:
            made = [
                msgspec.structs.replace(one, severity="warn")
                if one.code == "price_changed"
                else one
                for one in made
            ]
        return bounded([*own, *made])

    def _line(
        self,
        line: SentLine,
        differences: Sequence[Difference],
        wrong: Mapping[str, int],
        other_list: bool,
    ) -> Iterable[PricingIssue]:
        root = differences[0]
        told = self._root(line, root)
        if not (other_list and root.field == "list_price"):
            yield told
        rate = next((one for one in differences if one.field == "rate_bp"), None)
        if rate is not None and rate is not root:
            yield self._issue(rate, "tax_wrong")
        slip = next((one for one in differences if one.pointer in wrong), None)
        if slip is not None and slip is not root and slip is not rate:
            yield self._issue(slip, "calc_mismatch")

    def _root(self, line: SentLine, root: Difference) -> PricingIssue:
        if line.gift_of_promo_id is not None:
            return self._gift(root, line.gift_of_promo_id, line)
        if root.field == "rate_bp":
            return self._issue(root, "tax_wrong")
        if root.field == "discounts":
            for one in line.discounts or ():
                if one.ref_id is not None and self._is_expired(one.ref_id, line):
                    self._expired.add(one.ref_id)
                    return self._issue(root, "discount_expired", what=self._name(one.ref_id))
        return self._issue(root, root.verdict)

    def _gift(
        self, root: Difference, promotion_id: Figure, line: SentLine | None = None
    ) -> PricingIssue:
        """Return the issue of a gift: too much of it, of another promotion, or missing."""
        if line is not None and root.field in ("qty", "gift_of_promo_id"):
            name = line.gift_of_promo_id or ""
            if self._is_expired(name, None):
                self._expired.add(name)
                return self._issue(root, "discount_expired", what=self._name(name))
            capped = name in self._capped
            less = root.expected is None or (
                isinstance(root.expected, int) and abs(root.expected) < abs(line.qty)
            )
            if capped and less:
                code = self._book.promotion_by_id[name].promotion.code
                limit = f"{WORDS['price:budget']} or {WORDS['price:outlet_limit']}"
                left = self._written("qty", root.expected or 0)
                found = self._written("qty", abs(line.qty))
                words: dict[str, object] = {"limit": limit, "left": left, "found": found}
                return self._issue(root, "promo_budget", promotion=code, **words)
        if root.field == "gift_of_promo_id":
            gift = word("price:gift_of", what=self._name(str(promotion_id)))
            got = _NOT_THERE if root.got is None else gift
            expected = _NOT_THERE if root.expected is None else gift
            words = {"field": field_word("gift_of_promo_id"), "found": got, "wanted": expected}
            return self._issue(root, root.verdict, **words)
        return self._issue(root, root.verdict)

    def _document(
        self, differences: Sequence[Difference], wrong: Mapping[str, int], *, told: bool
    ) -> Iterable[PricingIssue]:
        for one in differences:
            if one.field == "price_list_id":
                why = f"should be {self._list(one.expected)}, not {self._list(one.got)}"
                yield self._issue(one, "price_list_wrong", why=why)
            elif one.field in ("currency", "tax_included"):
                yield self._issue(one, one.verdict)
            elif one.pointer in wrong:
                yield self._issue(one, "calc_mismatch")
            elif not told:
                yield self._issue(one, one.verdict)

    def _claimed(self) -> Iterable[PricingIssue]:
        """Yield an issue for each promotion that the document claims and that is not valid."""
        for place, name in enumerate(self._sent.promo_ids or ()):
            if name in self._priced.promo_ids or name in self._expired:
                continue
            if self._is_expired(name, None):
                yield pricing_issue(
                    "discount_expired",
                    self._terms.kind,
                    f"/promo_ids/{place}",
                    got=name,
                    what=self._name(name),
                    date=self._terms.pricing_date,
                )

    def _is_expired(self, ref_id: str, line: SentLine | None) -> bool:
        """Tell whether a discount or promotion is known, and not for the day, subject, product."""
        unit = None if line is None else self._book.units.get(line.uom_id)
        ranked = self._book.promotion_by_id.get(ref_id)
        if ranked is not None:
            if not self._calculation.is_for_subject(ranked):
                return True
            return unit is not None and ranked.position not in self._book.promotions_on(unit.goods)
        discount = self._book.discount_by_id.get(ref_id)
        if discount is None:
            return False
        if not is_valid(discount.valid_from, discount.valid_to, self._terms.pricing_date):
            return True
        if not self._is_for_subject(discount):
            return True
        return unit is not None and discount.key not in unit.goods.keys

    def _is_for_subject(self, discount: CustomerDiscount) -> bool:
        subject = self._terms.subject
        return (
            discount.subject_id
            in {
                "outlet": (subject.outlet_id,),
                "party": (subject.party_id,),
                "group": subject.group_ids,
                "segment": subject.segments,
            }[discount.subject_kind]
        )

    def _name(self, ref_id: str) -> Text:
        ranked = self._book.promotion_by_id.get(ref_id)
        if ranked is None:
            return word("price:discount")
        return word("price:promotion", code=ranked.promotion.code)

    def _list(self, list_id: Figure) -> str:
        found = None if list_id is None else self._book.price_lists.get(str(list_id))
        return str(list_id or "none") if found is None else found.name

    def _issue(self, one: Difference, code: str, **words: object) -> PricingIssue:
        wanted, found = self._written(one.field, one.expected), self._written(one.field, one.got)
        figures = {
            "field": field_word(one.field),
            "wanted": wanted,
            "found": found,
            "why": f"is {wanted} %, not {found} %",
            "date": self._terms.pricing_date,
        }
        return pricing_issue(
            code,
            self._terms.kind,
            one.pointer,
            line_no=one.line_no,
            expected=one.expected,
            got=one.got,
            **(figures | words),
        )

    def _written(self, field: str, figure: Figure) -> str | Text | Amount:
        if figure is None:
            return word("price:nothing")
        if isinstance(figure, bool):
            return word("price:yes" if figure else "price:no")
        if isinstance(figure, str) or field in _PLAIN:
            return str(figure)
        if field in _PRICES:
            return Amount(amounts.price(figure))
        if field in _QUANTITIES:
            return Amount(amounts.quantity(figure))
        if field in _PERCENTAGES:
            return Amount(amounts.percent(figure))
        return self._calculation.money(figure)
