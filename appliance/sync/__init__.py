"""The sync core: what a device may see, what it sends, and in which order. No I/O."""
