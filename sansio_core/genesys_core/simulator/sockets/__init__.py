"""Notification sockets of the simulated platform."""
