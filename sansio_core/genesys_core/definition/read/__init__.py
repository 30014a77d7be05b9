"""Parses the platform's Swagger document into this library's own types."""
