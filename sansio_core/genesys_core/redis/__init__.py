"""Redis as bytes and scripts: the protocol, places in a shared rate limit, leases of tokens."""
