"""Parses the platform's Swagger document and topics into this library's own types."""
