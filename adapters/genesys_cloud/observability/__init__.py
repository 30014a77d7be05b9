"""Logging, OpenTelemetry and counters."""
