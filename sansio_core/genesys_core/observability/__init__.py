"""Observers, log records, statistics and span attributes."""
