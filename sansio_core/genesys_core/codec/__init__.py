"""JSON and models: decoding, repair and encoding."""
