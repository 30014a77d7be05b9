"""Platform jobs, from start to results, and waiting for a condition."""
