"""What can go wrong with the store, split by who can mend it."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be used; the text says what to do."""


class StoreInUse(StoreError):
    """Another process holds the store."""


class DeviceRevoked(Exception):
    """The device, or its user, may not send any more."""


class StoreUnavailable(StoreError):
    """The disk is full, read-only or failing: nothing was stored, and what was sent must be sent
    again."""


class StoreFull(StoreUnavailable):
    """The disk has no room for more documents; see `appliance.store.disk_reserve`."""


class KeptFull(StoreError):
    """A mutation would have to be kept, and its device may not keep more; see
    `appliance.store.kept`."""


class StoreTooNew(StoreError):
    """The store was written by a newer version of Fieldbox."""
