"""Writes the reference pages: APIs, models, topics, permissions, commands, configuration keys.

Invariants: pure. The same definition yields identical pages, byte for byte. Each model, topic,
permission, command and configuration key has one section, and each method one section for each of its
APIs; anchors are derived from names.
"""

from genesys_core.definition.reference.change_pages import DefinitionChanges, parse_changes
from genesys_core.definition.reference.command_pages import (
    CommandArgument,
    CommandDescription,
    commands_text,
)
from genesys_core.definition.reference.pages import ModelExample, build_reference

__all__ = [
    "CommandArgument",
    "CommandDescription",
    "DefinitionChanges",
    "ModelExample",
    "build_reference",
    "commands_text",
    "parse_changes",
]
