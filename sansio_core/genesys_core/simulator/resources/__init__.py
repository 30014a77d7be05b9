"""State for operations without a handler, by rules derived from the definition."""
