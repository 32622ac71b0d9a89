"""Kinds of goods, and how the demo writes them down.

A department is a line ``= name ; brands``, a family ``- name ; packs ; days ; tax``, with the
regulation of what needs a licence after the tax, and below it a line for each variant. Names are
in the languages of `LANGUAGES`, divided by ``|``. A pack is ``contents price/pieces``: what is in
it, roubles and kopecks of one, and how many come in a box. Goods by weight are in packs of ``kg``,
whose price is that of a kilogram and whose box is so many kilograms.
"""

from __future__ import annotations

from typing import NamedTuple

LANGUAGES = ("ru", "kk", "uz", "bg", "en")
UNITS: dict[str, tuple[str, ...]] = {
    "ml": ("мл", "мл", "ml", "мл", "ml"),
    "l": ("л", "л", "l", "л", "l"),
    "g": ("г", "г", "g", "г", "g"),
    "kg": ("кг", "кг", "kg", "кг", "kg"),
    "pcs": ("шт", "дана", "dona", "бр.", "pcs"),
}
"""What contents are measured in, in each language."""

QUOTES = ("«{}»", "«{}»", "«{}»", "„{}“", "“{}”")
"""How a name is quoted in each language."""

Names = tuple[str, ...]
"""A text in each of `LANGUAGES`."""


class Pack(NamedTuple):
    """A size that goods come in.

    Attributes:
        amount, unit: what is in it, ``unit`` of `UNITS`; 0 for goods by weight.
        kopecks: wholesale price of one piece, or of a kilogram.
        box: pieces, or kilograms, in a box.
    """

    amount: int
    unit: str
    kopecks: int
    box: int

    @property
    def by_weight(self) -> bool:
        """Whether the base unit is the kilogram."""
        return self.amount == 0

    @property
    def net_g(self) -> int:
        """Grams of one piece; millilitres count as grams, pieces as 4 grams each."""
        return self.amount * {"ml": 1, "g": 1, "pcs": 4}.get(self.unit, 1) or 1_000

    def text(self, language: int) -> str:
        """Return it as it stands in a name; of goods by weight, what a box holds."""
        unit, amount = self.unit, str(self.amount or self.box)
        if unit in ("ml", "g") and self.amount >= 1_000:
            unit = "l" if unit == "ml" else "kg"
            whole, rest = divmod(self.amount, 1_000)
            point = "." if LANGUAGES[language] == "en" else ","
            amount = f"{whole}{point}{rest // 100}" if rest else str(whole)
        return f", {amount} {UNITS[unit][language]}"


class Family(NamedTuple):
    """One kind of goods.

    Attributes:
        department: the name of its department.
        name: its own.
        brands: that make it.
        packs: it comes in.
        days: shelf life; 0: it does not spoil.
        tax: its tax category.
        regulation: a licence is needed to buy it; "" for none.
        variants: names of goods, without brand and contents.
    """

    department: Names
    name: Names
    brands: tuple[str, ...]
    packs: tuple[Pack, ...]
    days: int
    tax: str
    regulation: str
    variants: tuple[Names, ...]


def read(text: str) -> list[Family]:
    """Read families as they are written down."""
    families: list[Family] = []
    department: Names = ()
    brands: tuple[str, ...] = ()
    for line in filter(None, map(str.strip, text.splitlines())):
        kind, rest = line[0], [part.strip() for part in line[1:].split(";")]
        if kind == "=":
            department = names(rest[0])
            brands = tuple(brand.strip() for brand in rest[1].split(","))
        elif kind == "-":
            packs = tuple(_pack(pack) for pack in rest[1].split(","))
            tax, _, regulation = rest[3].partition(" ")
            families.append(
                Family(department, names(rest[0]), brands, packs, int(rest[2]), tax, regulation, ())
            )
        else:
            variants = (*families[-1].variants, names(line))
            families[-1] = families[-1]._replace(variants=variants)
    return families


def names(text: str) -> Names:
    """Read a text in each of `LANGUAGES`, divided by ``|``."""
    found = tuple(part.strip() for part in text.split("|"))
    if len(found) != len(LANGUAGES):
        raise ValueError(f"{text!r} is not in {len(LANGUAGES)} languages")
    return found


def _pack(text: str) -> Pack:
    contents, price, box = text.replace("/", " ").split()
    digits = contents.rstrip("kgmlpcs")
    roubles, _, kopecks = price.partition(".")
    unit = contents[len(digits) :]
    return Pack(int(digits or 0), unit, int(roubles) * 100 + int(kopecks or 0), int(box))
