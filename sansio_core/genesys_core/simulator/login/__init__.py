"""The simulated login host."""
