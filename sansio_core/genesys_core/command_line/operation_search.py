"""Search over the descriptions of operations."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from genesys_core.command_line.operations import OperationDescription
from genesys_core.command_line.usage import UsageError, suggest_name

__all__ = ["OperationFilter", "find_method", "search_operations"]


@dataclass(frozen=True)
class OperationFilter:
    """The conditions of a search; they ignore case, and match every operation if they are not set.

    Attributes:
        words: words that must all occur in the API's name or in the operation's name, path, summary
            or notes.
        path: a text that must occur in the path.
        permission: a text that must occur in a permission.
        is_preview: whether only preview operations match, which may change without notice.
        is_deprecated: whether only deprecated operations match.
    """

    words: Sequence[str] = ()
    path: str = ""
    permission: str = ""
    is_preview: bool = False
    is_deprecated: bool = False

    def matches(self, description: OperationDescription) -> bool:
        """Return whether an operation matches all conditions."""
        if self.is_preview and not description.is_preview:
            return False
        if self.is_deprecated and not description.is_deprecated:
            return False
        if self.path.lower() not in description.path.lower():
            return False
        wanted = self.permission.lower()
        if wanted and not any(wanted in each.lower() for each in description.permissions):
            return False
        about = description
        text = f"{about.api} {about.name} {about.path} {about.summary} {about.notes}".lower()
        return all(word.lower() in text for word in self.words)


def search_operations(
    descriptions: Iterable[OperationDescription], wanted: OperationFilter
) -> Iterator[OperationDescription]:
    """Yield the operations that match all conditions.

    An operation that belongs to several APIs is listed once for each.
    """
    return (each for each in descriptions if wanted.matches(each))


def find_method(name: str, operations: Iterable[OperationDescription]) -> OperationDescription:
    """Return an operation of an API by method name; dashes in the name are read as underscores.

    Raises:
        UsageError: the API has no such method; the message suggests a similar name.
    """
    wanted = name.replace("-", "_")
    known = {each.name: each for each in operations}
    if wanted in known:
        return known[wanted]
    api = next((each.api for each in known.values()), "")
    raise UsageError(f"{api} {name}: no such method{suggest_name(wanted, known)}")
