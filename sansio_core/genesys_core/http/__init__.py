"""Requests, responses, headers and URLs as values, and sans-IO HTTP/1.1."""
