"""A change between two API definitions: one item of the result of a comparison.

Invariants: a change is immutable. Its severities are those of its rule, except that for a preview
operation they are at most ``WARN``.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.definition.diff.rules import PREVIEW_LIMIT, RULES, ChangeRule, Weight

__all__ = ["Change", "Direction", "heaviest_weight"]

Direction: TypeAlias = Literal["request", "response", "both", ""]
"""Whether requests, responses or both contain a model; empty if neither contains it."""


class Change(Struct, frozen=True):
    """A change between two API definitions.

    Attributes:
        rule: the id of the comparison rule for this kind of change.
        subject: the operation (``GET /api/v2/users``), path, model or topic that changed.
        part: the parameter, property or value within the subject; empty for the whole subject.
        old: the old value; empty if there was none.
        new: the new value; empty if there is none.
        direction: whether requests, responses or both contain the model; empty if neither does, and
            for other subjects.
        is_preview: whether the subject is a preview operation, or a path with only preview
            operations.
    """

    rule: str
    subject: str
    part: str = ""
    old: str = ""
    new: str = ""
    direction: Direction = ""
    is_preview: bool = False

    @property
    def kind(self) -> ChangeRule:
        """The comparison rule for this kind of change."""
        return RULES[self.rule]

    @property
    def python(self) -> Weight:
        """The severity of the change's effect on Python code."""
        return self._limited(self.kind.python)

    @property
    def wire(self) -> Weight:
        """The severity of the change's effect on requests and responses."""
        return self._limited(self.kind.wire)

    @property
    def weight(self) -> Weight:
        """The greater of two severities: :attr:`python` and :attr:`wire`."""
        return max(self.python, self.wire)

    @property
    def place(self) -> str:
        """The text that an ignore file's patterns match: the subject, then the part, if any."""
        return f"{self.subject} {self.part}" if self.part else self.subject

    def _limited(self, weight: Weight) -> Weight:
        return min(weight, PREVIEW_LIMIT) if self.is_preview else weight


def heaviest_weight(changes: Iterable[Change]) -> Weight:
    """Return the greatest severity of any change; ``NONE`` if there are no changes."""
    return max((change.weight for change in changes), default=Weight.NONE)
