"""Observers of clients: logging, OpenTelemetry and statistics."""
