"""JSON and models: decode, repair, encode."""
