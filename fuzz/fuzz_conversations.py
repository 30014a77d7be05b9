"""For any commands and queries, the state of the simulated contact center stays consistent.

Invariants: every answer is a success or a refusal with a status below 500; afterwards agents, queues
and waiting conversations are what the timelines say. A query of any shape is answered or refused.
"""

import contextlib
from collections.abc import Callable
from functools import cache
from typing import Final

import msgspec

from genesys_core.errors import InvalidValueError
from genesys_core.simulator.conversations.traffic import parse_rate
from tests.strategies.contact_center import StaffedDesk
from tests.strategies.conversation_totals import check_agents

__all__ = ["TARGETS"]

_STATES: Final = ("connected", "disconnected")
_QUERIES: Final = (
    "/api/v2/analytics/conversations/details/query",
    "/api/v2/analytics/conversations/aggregates/query",
    "/api/v2/analytics/queues/observations/query",
)


def conversation_commands(data: bytes) -> None:
    """Each pair of bytes is a command and the participant it is for; 20 of them count."""
    desk = StaffedDesk()
    for command, pick in zip(data[:40:2], data[1:40:2], strict=False):
        conversations = list(desk.state.contact_center.conversations.values())
        parties = [(each.id, party.id) for each in conversations for party in each.participants]
        media = ("voice", "callback", "email", "message")[pick % 4]
        if command % 8 == 0 or not parties:
            desk.offer(media)
            continue
        if command % 8 == 1:
            desk.sleep(float(pick))
            desk.simulator.advance(desk.now)
            continue
        made, party = parties[pick % len(parties)]
        target = f"/api/v2/conversations/{made}/participants/{party}"
        user, held = desk.users[command % 3], bool(command & 8)
        method, target, body = (
            ("PATCH", target, {"state": _STATES[command // 8 % 2]}),
            ("PATCH", target, {"held": held}),
            ("PATCH", target, {"wrapup": {"code": "c"}}),
            ("POST", f"{target}/replace", {"queueId": desk.queue} if held else {"userId": user}),
            ("POST", f"/api/v2/conversations/{made}/assign", {"id": user}),
            ("PUT", f"/api/v2/users/{user}/routingstatus", {"status": "IDLE"}),
        )[command % 8 - 2]
        assert desk.call(method, target, body).status < 500
    check_agents(desk.state)


def conversation_queries(data: bytes) -> None:
    """The input is the body of each query, as JSON."""
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return
    desk = _desk_with_a_conversation()
    for target in _QUERIES:
        assert desk.call("POST", target, body).status in {200, 400}


@cache
def _desk_with_a_conversation() -> StaffedDesk:
    """A desk for queries, which change nothing."""
    desk = StaffedDesk(token_lifetime=1e9)
    desk.command(desk.talk(), {"state": "disconnected"})
    return desk


def traffic_rate(data: bytes) -> None:
    """The input is the text of a rate."""
    with contextlib.suppress(InvalidValueError):
        assert parse_rate(data.decode("utf-8", "replace")) > 0


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "conversation_commands": conversation_commands,
    "conversation_queries": conversation_queries,
    "traffic_rate": traffic_rate,
}
