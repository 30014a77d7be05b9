"""Connections as bytes, and faults on them."""
