"""Measurements of the appliance against limits that are measured in the same run."""
