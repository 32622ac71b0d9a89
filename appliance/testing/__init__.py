"""PUBLIC test kit: simulated devices, in-memory appliance, conformance suites."""
