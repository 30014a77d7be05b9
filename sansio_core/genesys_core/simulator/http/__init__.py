"""One request being answered."""
