"""The simulated operations that keep state."""
