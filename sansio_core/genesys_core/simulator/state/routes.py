"""Routes paths to operations, segment by segment.

Invariants: a literal segment takes precedence over a placeholder, from left to right, and a
placeholder matches exactly one segment that is not empty and not ``.`` or ``..``. The time of a
lookup depends on the length of the path, not on the number of routes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar
from urllib.parse import unquote

from msgspec import Struct

__all__ = ["Found", "RouteTable", "ServedRoute"]

F = TypeVar("F")

_NOT_AN_ID = frozenset({"", ".", ".."})


class ServedRoute(Struct, Generic[F], frozen=True):
    """A route: an HTTP method on a path template.

    Attributes:
        method: the HTTP method, in upper case.
        template: the path template, such as ``/api/v2/users/{userId}``.
        facts: data attached to the route, such as its operation in the definition.
    """

    method: str
    template: str
    facts: F


class Found(Struct, Generic[F], frozen=True):
    """The result of looking up a path.

    Attributes:
        routes: the routes that match the path, by method.
        values: the decoded values of the path's placeholders, from left to right.
    """

    routes: Mapping[str, ServedRoute[F]]
    values: tuple[str, ...]

    def arguments(self, route: ServedRoute[F]) -> dict[str, str]:
        """Return the values of the placeholders, by their names in a route's template."""
        return dict(zip(find_placeholders(route.template), self.values, strict=True))


class _Node(Generic[F]):
    __slots__ = ("literals", "placeholder", "routes")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[F]] = {}
        self.placeholder: _Node[F] | None = None
        self.routes: dict[str, ServedRoute[F]] = {}

    def child(self, segment: str) -> "_Node[F]":
        """Return the child node for a segment, creating it if necessary."""
        if not _is_placeholder(segment):
            return self.literals.setdefault(segment, _Node())
        if self.placeholder is None:
            self.placeholder = _Node()
        return self.placeholder


class RouteTable(Generic[F]):
    """A tree of routes, in which each level is a path segment.

    Args:
        routes: the routes, in any order; of two that differ only in the names of placeholders, the
            later one is used.
    """

    def __init__(self, routes: Iterable[ServedRoute[F]]) -> None:
        self._root: _Node[F] = _Node()
        self._routes = tuple(routes)
        for route in self._routes:
            node = self._root
            for segment in _segments(route.template):
                node = node.child(segment)
            node.routes[route.method] = route

    def __len__(self) -> int:
        return len(self._routes)

    def __iter__(self) -> Iterator[ServedRoute[F]]:
        return iter(self._routes)

    def find(self, path: str) -> Found[F] | None:
        """Return the routes that match a path, or ``None`` if there are none.

        Args:
            path: the percent-encoded path, so that ``%2F`` stays inside its segment.
        """
        segments = [unquote(each, errors="replace") for each in _segments(path)]
        return _descend(self._root, segments, 0, ())


def find_placeholders(template: str) -> list[str]:
    """Return the names of a template's placeholders, from left to right."""
    return [each[1:-1] for each in _segments(template) if _is_placeholder(each)]


def _descend(
    node: _Node[F], segments: list[str], at: int, values: tuple[str, ...]
) -> Found[F] | None:
    if at == len(segments):
        return Found(node.routes, values) if node.routes else None
    segment = segments[at]
    literal = node.literals.get(segment)
    found = None if literal is None else _descend(literal, segments, at + 1, values)
    # Backtrack from a literal without a matching route: although /users/me exists, the path
    # /users/me/queues matches /users/{userId}/queues.
    if found is None and node.placeholder is not None and segment not in _NOT_AN_ID:
        found = _descend(node.placeholder, segments, at + 1, (*values, segment))
    return found


def _segments(path: str) -> list[str]:
    return path.split("/")


def _is_placeholder(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")
