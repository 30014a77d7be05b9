"""Handlers of the simulator's stateful operations."""
