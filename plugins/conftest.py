"""What holds for every test: machines are noisy, so no example has a deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("fieldbox", deadline=None, print_blob=True)
settings.load_profile("fieldbox")
