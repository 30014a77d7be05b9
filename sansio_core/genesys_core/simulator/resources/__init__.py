"""Stateful operations without handlers: rules derived from the definition implement them."""
