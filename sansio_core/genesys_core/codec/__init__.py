"""Decoding of JSON to models, repair of mismatched values, and encoding of models to JSON."""
