"""Changes: the result of comparing two definitions.

Invariants: a change is a value with a rule's id, a place, and the old and new values. Its
severities are those of its rule, except that a change to a preview operation is at most a warning.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

from genesys_core.definition.diff.rules import PREVIEW_LIMIT, RULES, ChangeRule, Weight

__all__ = ["Change", "Direction", "heaviest_weight"]

Direction: TypeAlias = Literal["request", "response", "both", ""]
"""Where a model is used; empty if it is not reachable from any operation or topic."""


class Change(Struct, frozen=True):
    """One change.

    Attributes:
        rule: its rule's id.
        subject: the operation (``GET /api/v2/users``), model or topic.
        part: the parameter, property or value within the subject; empty for the whole subject.
        old: the old value; empty if there was none.
        new: the new value; empty if there is none.
        direction: for models, whether they occur in requests, responses or both.
        is_preview: whether the operation is a preview.
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
        """The rule of the change."""
        return RULES[self.rule]

    @property
    def python(self) -> Weight:
        """The effect on Python code."""
        return self._limited(self.kind.python)

    @property
    def wire(self) -> Weight:
        """The effect on requests and responses."""
        return self._limited(self.kind.wire)

    @property
    def weight(self) -> Weight:
        """The greater of the two severities."""
        return max(self.python, self.wire)

    @property
    def place(self) -> str:
        """The subject and part as one text, which ignore files match."""
        return f"{self.subject} {self.part}" if self.part else self.subject

    def _limited(self, weight: Weight) -> Weight:
        return min(weight, PREVIEW_LIMIT) if self.is_preview else weight


def heaviest_weight(changes: Iterable[Change]) -> Weight:
    """Return the greatest severity; ``NONE`` if there are no changes."""
    return max((change.weight for change in changes), default=Weight.NONE)
