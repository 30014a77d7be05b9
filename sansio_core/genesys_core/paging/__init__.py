"""Paging: listings from their first page to their last, and items from any point on."""
