"""The state of the simulated platform."""
