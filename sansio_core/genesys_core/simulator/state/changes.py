"""Detects the records that a request has changed.

The records on the request's path, and others that the request may change, are compared with their
values before the request.

Invariants: only records that differ are reported, each once, outermost first. The cost depends on
the length of the path and the number of created records, not on the size of the collections.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, TypeAlias

from msgspec import Struct

from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import ChangeKind, Record

__all__ = [
    "ChangeKind",
    "ChangeWatch",
    "RecordChange",
    "RecordPath",
    "find_record",
    "stored_items",
]

RecordPath: TypeAlias = tuple[str, ...]
"""The decoded segments of a path; the first segment is empty."""

_APART: Final = {("", "api", "v2", "users"), ("", "api", "v2", "routing", "queues")}
"""The path segments of the collections that are attributes of the state instead of entries in
``state.collections``."""


class RecordChange(Struct, frozen=True):
    """A record that was created, updated or deleted.

    Attributes:
        template: the record's path with ``{}`` for each id, such as
            ``/api/v2/outbound/campaigns/{}``.
        ids: the ids in the record's path, from left to right.
        kind: whether the record was created, updated or deleted.
        record: the record after the change; a deleted record as it was before the change.
        is_target: ``False`` if the request's path was below the record's path.
    """

    template: str
    ids: tuple[str, ...]
    kind: ChangeKind
    record: Record
    is_target: bool = True


class ChangeWatch:
    """Compares the records on a request's path after the request with those before it.

    Args:
        state: the state before the request.
        template: the request's path template, such as ``/api/v2/groups/{groupId}/members``.
        arguments: the values of the path parameters, by name.
        others: other records that the request may change: for each, the path of its collection and
            its id.
    """

    def __init__(
        self,
        state: PlatformState,
        template: str,
        arguments: Mapping[str, str],
        others: Iterable[tuple[RecordPath, str]] = (),
    ) -> None:
        segments = template.split("/")
        self._is_id = [each.startswith("{") for each in segments]
        path = tuple(arguments[each[1:-1]] if each.startswith("{") else each for each in segments)
        self._items: list[tuple[RecordPath, Record | None]] = [
            (path[: at + 1], find_record(state, path[: at + 1]))
            for at, is_id in enumerate(self._is_id)
            if is_id or at == len(path) - 1
        ]
        self._path = path
        self._others = [
            (place, identity, find_record(state, (*place, identity))) for place, identity in others
        ]
        # New items are at the end of a collection's dictionary, after the first `_count` items.
        self._count = len(_collection(state, path))

    def changes(self, state: PlatformState) -> Iterator[RecordChange]:
        """Yield the records that the request has created, updated or deleted.

        Args:
            state: the state after the request.
        """
        for path, before in self._items:
            after = find_record(state, path)
            if before is not after and before != after:
                yield self._change(path, before, after)
        for place, identity, before in self._others:
            after = find_record(state, (*place, identity))
            if before is not None and after is not None and before != after:
                template = "/".join((*place, "{}"))
                yield RecordChange(template, (identity,), "updated", after)
        created = _collection(state, self._path)
        for identity in islice(created, self._count, None):
            yield self._change((*self._path, identity), None, created[identity])

    def _change(
        self, path: RecordPath, before: Record | None, after: Record | None
    ) -> RecordChange:
        # A created item's path is one segment longer than the request's path: that segment is an id.
        marks = [*self._is_id[: len(path)], True][: len(path)]
        template = "/".join("{}" if m else each for m, each in zip(marks, path, strict=True))
        ids = tuple(each for m, each in zip(marks, path, strict=True) if m)
        is_target = len(path) >= len(self._path)
        if after is None:
            return RecordChange(template, ids, "deleted", before or {}, is_target)
        kind: ChangeKind = "created" if before is None else "updated"
        return RecordChange(template, ids, kind, after, is_target)


def _collection(state: PlatformState, path: RecordPath) -> Mapping[str, Record]:
    is_there = path in _APART or path in state.collections
    return stored_items(state, path) if is_there else {}


def stored_items(state: PlatformState, path: RecordPath) -> dict[str, Record]:
    """Return the stored records of the collection at a path, for modification."""
    match path:
        case ("", "api", "v2", "users"):
            return state.users
        case ("", "api", "v2", "routing", "queues"):
            return state.queues
        case _:
            return state.collections.setdefault(path, {})


def find_record(state: PlatformState, path: RecordPath) -> Record | None:
    """Return the record of the item or single resource stored at a path, or ``None``."""
    return state.singles.get(path) or _collection(state, path[:-1]).get(path[-1])
