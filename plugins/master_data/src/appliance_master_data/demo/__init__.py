"""A company that exists on paper only, to try an appliance with."""
