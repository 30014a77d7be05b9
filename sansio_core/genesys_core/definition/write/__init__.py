"""Writers of source code from an API definition."""
