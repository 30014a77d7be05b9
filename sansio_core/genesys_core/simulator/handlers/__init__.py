"""Handlers for the simulator's stateful operations."""
