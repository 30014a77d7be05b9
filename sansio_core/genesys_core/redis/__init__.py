"""Redis without I/O: the protocol, slots of a shared rate limit, leases on token exchanges."""
