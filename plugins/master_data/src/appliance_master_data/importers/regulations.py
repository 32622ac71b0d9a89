"""Which law goods fall under: what a licence is for, and what goods need one of."""

from __future__ import annotations

_WORDS = {
    "alcohol": "alcohol",
    "алкоголь": "alcohol",
    "beer": "beer",
    "пиво": "beer",
    "tobacco": "tobacco",
    "табак": "tobacco",
    "pharma": "pharma",
    "лекарства": "pharma",
}


def named(text: str) -> str:
    """Return a regulation by one of the words that files have for it; another word is a code."""
    return _WORDS.get(text.casefold(), text)
