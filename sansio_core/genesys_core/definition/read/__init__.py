"""Parsing of the platform's Swagger document into our own types."""
