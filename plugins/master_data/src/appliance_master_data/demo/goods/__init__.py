"""What the demo company sells: invented brands, believable names, packs and prices."""

from __future__ import annotations

from importlib import resources

from appliance_master_data.demo.goods.family import Family, read

FILES = ("drinks", "sweets", "groceries", "fresh", "household")
"""Texts beside this module, in the order of the catalogue."""

FAMILIES: tuple[Family, ...] = tuple(
    family
    for name in FILES
    for family in read(resources.files(__name__).joinpath(f"{name}.txt").read_text("utf-8"))
)
"""Every kind of goods."""
