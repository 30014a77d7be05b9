"""The clients, and the drivers that perform the I/O of their calls."""
