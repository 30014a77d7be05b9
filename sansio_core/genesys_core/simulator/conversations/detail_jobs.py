"""The results of conversation details jobs, with cursor-based pagination.

Invariants: every match is on exactly one page; the last page has no cursor. All data up to the time
of the request is available, without the platform's delay.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from genesys_core.clock import Now
from genesys_core.simulator.conversations.detail_queries import find_active, find_started
from genesys_core.simulator.conversations.detail_records import show_detail_record
from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.timeline import ConversationTimeline
from genesys_core.simulator.state.world import Record

__all__ = ["show_job_results"]

_MOST: Final = 1000
"""The default and maximum number of conversations on a page; a guess."""


def show_job_results(
    conversations: Iterable[ConversationTimeline],
    query: Mapping[str, Json],
    now: Now,
    *,
    cursor: str = "",
    size: int | None = None,
) -> Record:
    """Return a page of a details job's results.

    Args:
        conversations: all conversations.
        query: the body that started the job.
        now: the time of the request.
        cursor: the cursor from the previous page; empty for the first page.
        size: the number of conversations on a page.

    Raises:
        Problem: 400 for an invalid cursor, size or query.
    """
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise bad_request(f"The cursor [{cursor}] is not valid for these results.", field="cursor")
    count = _MOST if size is None else size
    if not 1 <= count <= _MOST:
        raise bad_request(f"The pageSize [{count}] must be from 1 to {_MOST}.", field="pageSize")
    by_day = query.get("startOfDayIntervalMatching") is True
    found = (find_started if by_day else find_active)(conversations, query)
    start = int(cursor or 0)
    end = start + count
    page: Record = {
        "conversations": [show_detail_record(each) for each in found[start:end]],
        "dataAvailabilityDate": format_instant(now.wall),
    }
    return {**page, "cursor": str(end)} if end < len(found) else page
