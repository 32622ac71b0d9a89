"""The composition root: what starts, in which order, and how it stops."""
