"""Who reads and who writes: the groups of roles that collections name."""

from __future__ import annotations

from appliance.api.permissions import ROLES

STAFF = tuple(role for role in ROLES if role != "client")
"""Everybody who works for the company: what customers are not to see is read by these alone. A role
that a partner adds is named in the config, or by the partner's plugin."""

OFFICE = ("admin", "manager")
"""Those who keep masters: they may attach what every device sees, and decide proposals."""

LEADERS = ("supervisor", *OFFICE)
"""Those who plan the work of others."""

FIELD = ("agent", "driver", "merchandiser", "supervisor", "technician")
"""Those who visit outlets."""
