"""Redis without I/O: its protocol, a shared rate limit, and leases for token requests."""
