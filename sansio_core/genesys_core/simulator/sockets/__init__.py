"""The simulated platform's notification sockets."""
