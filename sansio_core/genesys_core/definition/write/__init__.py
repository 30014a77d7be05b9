"""Writes source code from an API definition."""
