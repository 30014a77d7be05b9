"""Pagination of listings, in every style the platform uses; a listing can be resumed at any item."""
