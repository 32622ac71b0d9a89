"""Transports to printers and other kit."""
