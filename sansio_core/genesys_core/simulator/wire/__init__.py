"""Byte-level connections, and fault injection."""
