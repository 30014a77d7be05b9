"""The clients, and what drives a call."""
