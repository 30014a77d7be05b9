"""Pagination of listings in every style of the platform; a listing can be resumed at any item."""
