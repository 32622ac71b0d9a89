"""Who reads and who writes: the groups of roles that collections name."""

from __future__ import annotations

OFFICE = ("admin", "manager")
"""Those who keep masters: they may attach what every device sees, and decide proposals."""

LEADERS = ("supervisor", *OFFICE)
"""Those who plan the work of others."""

FIELD = ("agent", "driver", "merchandiser", "supervisor", "technician")
"""Those who visit outlets."""
