"""State for the operations without a handler, by rules that are read from the definition."""
