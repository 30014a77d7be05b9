"""Eventual consistency, as on the platform, with ``Settings(lag=True)``.

Invariants: only reads see creations and deletions late. Reading a created item returns 404 for up
to 5 seconds, and listings and searches include it after 2 to 10 seconds; a deleted item remains
visible for up to 30 seconds, a deleted queue for up to 120. A role takes effect 10 seconds after it
has been granted. The delay of a creation or deletion depends on the seed and the item's path.

The platform's own Terraform provider waits this long for deletions and roles; the other delays are
guesses. Guess: creations and deletions affect writes, events and unique names immediately.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from genesys_core.clock import Now
from genesys_core.simulator.http.exchange import ApiCall, format_instant
from genesys_core.simulator.state.changes import RecordChange, RecordPath, stored_items
from genesys_core.simulator.state.examples import uuid_shaped
from genesys_core.simulator.state.memory import PlatformState, Unsettled

if TYPE_CHECKING:
    from genesys_core.simulator.state.world import Record

__all__ = ["delay_change", "is_read", "show_earlier_grants", "show_earlier_items"]

_GRANT: Final = 10.0
_READ: Final = 5.0
_FIRST_LISTED, _LAST_LISTED = 2.0, 10.0
_DELETED: Final = 30.0
_DELETED_QUEUE: Final = 120.0
_MOST: Final = 1_000
"""The maximum number of delayed changes; if exceeded, the oldest change becomes visible early."""


def is_read(call: ApiCall) -> bool:
    """Return whether an API call only reads, by ``GET``, ``HEAD`` or a search."""
    return call.route.method in {"GET", "HEAD"} or call.route.template.endswith("/search")


def delay_change(state: PlatformState, change: RecordChange, now: Now) -> None:
    """Hide an item's creation or deletion from reads for some time; updates are not delayed."""
    if change.kind == "updated" or not change.template.endswith("/{}"):
        return
    ids = iter(change.ids)
    path = tuple(next(ids) if each == "{}" else each for each in change.template.split("/"))
    part = int(uuid_shaped(state.seed, "lag", *path)[:8], 16) / 2**32
    if change.kind == "created":
        listed = _FIRST_LISTED + part * (_LAST_LISTED - _FIRST_LISTED)
        unsettled = Unsettled(None, now.monotonic + part * _READ, now.monotonic + listed)
    else:
        is_queue = change.template == "/api/v2/routing/queues/{}"
        gone = now.monotonic + part * (_DELETED_QUEUE if is_queue else _DELETED)
        unsettled = Unsettled(change.record, gone, gone)
    if len(state.unsettled) >= _MOST:
        del state.unsettled[next(iter(state.unsettled))]
    state.unsettled[path] = unsettled


@contextmanager
def show_earlier_items(call: ApiCall) -> Generator[None, None, None]:
    """Within the ``with`` block, undo the creations and deletions that reads cannot see yet."""
    state, now = call.state, call.now.monotonic
    is_listing = not call.route.template.endswith("}")
    saved: dict[RecordPath, dict[str, Record]] = {}
    for path, change in list(state.unsettled.items()):
        if now >= max(change.read, change.listed):
            del state.unsettled[path]
        elif now < (change.listed if is_listing else change.read):
            items = stored_items(state, path[:-1])
            saved.setdefault(path[:-1], dict(items))
            if change.before is None:
                items.pop(path[-1], None)
            else:
                items.setdefault(path[-1], change.before)
    try:
        yield
    finally:
        for place, items in saved.items():
            # In place: others, such as the call's handler, may refer to the same dictionary.
            changed = stored_items(state, place)
            changed.clear()
            changed.update(items)


@contextmanager
def show_earlier_grants(state: PlatformState, now: Now) -> Generator[None, None, None]:
    """Within the ``with`` block, hide the grants that are not in effect yet."""
    first, last = format_instant(now.wall - _GRANT), format_instant(now.wall)
    grants = state.grants
    state.grants = {
        # Initial grants are in effect at once: their fixed date may be later than a test's clock.
        subject: {key: when for key, when in held.items() if not first < when <= last}
        for subject, held in grants.items()
    }
    try:
        yield
    finally:
        state.grants = grants
