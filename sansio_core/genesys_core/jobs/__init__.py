"""Jobs of the platform, from start to results, and polling until a condition is true."""
