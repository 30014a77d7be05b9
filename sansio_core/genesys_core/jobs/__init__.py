"""Jobs of the platform, from start to results; and waiting for a condition."""
