"""The clients and the drivers of their calls."""
