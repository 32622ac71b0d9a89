"""The pricing engine: what a document costs, why, and whether one that was sent is right.

    book = PriceBook(Masters(prices=..., products=...), revision=42)
    priced = price_document(book, terms, lines)
    check = check_document(book, terms, read_document(row))

It is pure: it reads nothing, keeps nothing and gives the same for the same. Every figure is an
integer in the units of `appliance.api.values`, and `rdiv` is the only rounding. The rules, for
people who keep accounts, are in ``docs/pricing.md``.
"""

from appliance.api.pricing.book import Masters, PriceBook
from appliance.api.pricing.check import Check, check_document
from appliance.api.pricing.comparison import Difference, Verdict
from appliance.api.pricing.customer_discounts import CustomerDiscount
from appliance.api.pricing.document import price_document
from appliance.api.pricing.goods import Product, ProductGroup, ProductUom
from appliance.api.pricing.issues import ISSUES, PricingIssue
from appliance.api.pricing.price_lists import Price, PriceList
from appliance.api.pricing.priced import (
    AppliedDiscount,
    DocumentDiscount,
    Points,
    PricedDocument,
    PricedLine,
    TaxTotal,
    Totals,
)
from appliance.api.pricing.promotions import (
    GIFT_KINDS,
    Audience,
    Chosen,
    ProductChoice,
    Promotion,
    Tier,
)
from appliance.api.pricing.rows import UnreadRow, read_rows
from appliance.api.pricing.sent import (
    SentDocument,
    SentLine,
    SentTax,
    SentTotals,
    read_document,
)
from appliance.api.pricing.tax_rates import TaxRate
from appliance.api.pricing.tax_rules import TaxRule
from appliance.api.pricing.terms import (
    Branch,
    PromotionUse,
    RequestedLine,
    Subject,
    Terms,
)
from appliance.api.pricing.trace import STEPS, TraceStep, explain
from appliance.api.pricing.words import WORDS

__all__ = [
    "GIFT_KINDS",
    "ISSUES",
    "STEPS",
    "WORDS",
    "AppliedDiscount",
    "Audience",
    "Branch",
    "Check",
    "Chosen",
    "CustomerDiscount",
    "Difference",
    "DocumentDiscount",
    "Masters",
    "Points",
    "Price",
    "PriceBook",
    "PriceList",
    "PricedDocument",
    "PricedLine",
    "PricingIssue",
    "Product",
    "ProductChoice",
    "ProductGroup",
    "ProductUom",
    "Promotion",
    "PromotionUse",
    "RequestedLine",
    "SentDocument",
    "SentLine",
    "SentTax",
    "SentTotals",
    "Subject",
    "TaxRate",
    "TaxRule",
    "TaxTotal",
    "Terms",
    "Tier",
    "Totals",
    "TraceStep",
    "UnreadRow",
    "Verdict",
    "check_document",
    "explain",
    "price_document",
    "read_document",
    "read_rows",
]
