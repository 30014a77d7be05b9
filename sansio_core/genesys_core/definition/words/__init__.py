"""Describes operations: summaries, parameters and links, derived from the definition."""
