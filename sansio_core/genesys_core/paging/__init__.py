"""Pagination of listings in every style, resumable at any item."""
