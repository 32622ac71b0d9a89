"""Words inside the issues of pricing, in English: fields, and what stands where no figure is.

A `PricingIssue` names them as `Text`. A plugin that says issues in other languages takes the table
into its own and translates it there.
"""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api.amounts import Amount
from appliance.api.texts import Text

WORDS: Mapping[str, str] = {
    "field:qty": "quantity",
    "field:list_price": "list price",
    "field:discounts": "discounts",
    "field:net_price": "net price",
    "field:gross_amount": "gross amount",
    "field:line_amount": "line amount",
    "field:doc_discount": "share of the discount on the document",
    "field:tax_category": "tax category",
    "field:rate_bp": "tax rate",
    "field:tax_amount": "tax amount",
    "field:total": "total",
    "field:gross": "amount before discounts",
    "field:discount": "discount",
    "field:net": "amount without tax",
    "field:tax": "tax",
    "field:taxable": "taxable amount",
    "field:rounding": "rounding",
    "field:payable": "amount to pay",
    "field:weight_g": "weight",
    "field:volume_cm3": "volume",
    "field:price_list_id": "price list",
    "field:currency": "currency",
    "field:tax_included": "tax included",
    "field:gift_of_promo_id": "gift",
    "price:nothing": "nothing",
    "price:not_there": "not there",
    "price:gift_of": "the gift of {what}",
    "price:discount": "the discount",
    "price:promotion": "promotion {code}",
    "price:yes": "true",
    "price:no": "false",
    "price:budget": "budget",
    "price:outlet_limit": "limit for one outlet",
}
"""Every word by its key."""


def word(key: str, **values: object) -> Text:
    """Return a word of the table. Its values are a plain object: issues can be written as JSON."""
    return Text(key, values)


def field_word(name: str) -> Text:
    """Return the word for a field of a line or document."""
    return word(f"field:{name}")


def in_english(word: object) -> str:
    """Say a word that stands in a sentence."""
    if isinstance(word, Text):
        values = {name: in_english(value) for name, value in word.values.items()}
        return WORDS[word.key].format_map(values)
    return str(word)


def kept(word: object) -> str | Text | Amount:
    """Return a word as an issue holds it: what another language says otherwise stays unsaid."""
    return word if isinstance(word, Text | Amount) else str(word)
