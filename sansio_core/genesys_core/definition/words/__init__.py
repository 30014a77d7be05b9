"""Words for operations: summaries, parameters and links, made from facts of the definition."""
