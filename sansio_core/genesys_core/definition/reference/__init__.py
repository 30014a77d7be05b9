"""The reference of the API as Markdown pages: APIs, models, topics and permissions.

Invariants: pure. The same definition gives the same pages, byte for byte. Each method, model, topic
and permission has exactly one anchor, which is its name.
"""

from genesys_core.definition.reference.pages import ModelExample, build_reference

__all__ = ["ModelExample", "build_reference"]
