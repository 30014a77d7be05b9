"""Handling of HTTP requests."""
