"""The countries that the demo company works in."""

from __future__ import annotations

from collections.abc import Mapping

from appliance_master_data.demo.countries.bulgaria import BULGARIA
from appliance_master_data.demo.countries.country import Country
from appliance_master_data.demo.countries.ireland import IRELAND
from appliance_master_data.demo.countries.kazakhstan import KAZAKHSTAN
from appliance_master_data.demo.countries.russia import RUSSIA
from appliance_master_data.demo.countries.uzbekistan import UZBEKISTAN

COUNTRIES: Mapping[str, Country] = {
    country.code: country for country in (RUSSIA, KAZAKHSTAN, UZBEKISTAN, BULGARIA, IRELAND)
}
"""Each by its code."""
