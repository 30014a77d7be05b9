"""The pure core of the Genesys Cloud client: no sockets, no clock, no threads, no logging."""
