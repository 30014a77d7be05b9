"""Redis without I/O: the protocol, places in a shared rate limit, leases on token exchanges."""
