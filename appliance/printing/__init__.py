"""Documents laid out for paper."""
