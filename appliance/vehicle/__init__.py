"""Power and position of a van: what batteries, chargers and receivers say, and what follows."""
