"""Where random bytes come from."""

from __future__ import annotations

from collections.abc import Callable

Entropy = Callable[[int], bytes]
"""``entropy(n)`` returns n unpredictable bytes; `os.urandom` outside of tests.

Secrets, tokens and serial numbers are drawn from it. Private keys are not: OpenSSL makes them from
its own generator.
"""
