"""Fieldbox: an on-premise sync appliance for field sales."""

__version__ = "0.1.0"
