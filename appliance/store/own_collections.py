"""Collections of the appliance itself: they are there with every set of plugins."""

from __future__ import annotations

from appliance.api.collections import Collection
from appliance.printing.collection import PRINT_JOBS
from appliance.vehicle.kit_status import KIT_STATUS

OWNER = "appliance"
"""The owner that they have in place of a plugin; no plugin may be called so."""

COLLECTIONS: tuple[Collection, ...] = (PRINT_JOBS, KIT_STATUS)
"""They only go down: devices cause their records, and do not push them."""
