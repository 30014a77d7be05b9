"""Operation descriptions: summaries, parameters and links, derived from the definition."""
