"""From a definition to source text."""
