"""Statuses of success that the definition does not tell: it has one response for each operation.

Invariants: a status replaces 200 or 204 alone, never that of a problem. Every other operation answers 200, or 204 without a body.
"""

from typing import Final

from msgspec.structs import replace

from genesys_core.simulator.http.exchange import Reply

__all__ = ["ACCEPTED", "with_status"]

_MEMBERS: Final = "/api/v2/groups/{groupId}/members"

ACCEPTED: Final = frozenset(
    {
        ("DELETE", "/api/v2/contentmanagement/documents/{documentId}"),
        ("DELETE", _MEMBERS),
        ("DELETE", "/api/v2/outbound/campaigns/{campaignId}/progress"),
        ("DELETE", "/api/v2/outbound/messagingcampaigns/{messagingCampaignId}/progress"),
        ("POST", "/api/v2/analytics/conversations/details/jobs"),
        ("POST", "/api/v2/analytics/users/details/jobs"),
        ("POST", _MEMBERS),
    }
)
"""Operations that answer 202: the platform does what they ask a moment later. Those of conversations and of stations of users
have handlers, which say so themselves."""


def with_status(method: str, template: str, reply: Reply) -> Reply:
    """Return the reply of an operation with the status that the platform gives it."""
    if (method, template) in ACCEPTED and reply.status in {200, 204}:
        return replace(reply, status=202)
    return reply
