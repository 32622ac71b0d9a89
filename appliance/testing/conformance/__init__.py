"""Suites that a plugin, or another implementation of a port, inherits its tests from."""
