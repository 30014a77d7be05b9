"""Success statuses that the definition lacks, because it has only one response per operation.

Invariants: a status replaces only 200 or 204, never the status of a problem. Operations
outside :data:`ACCEPTED` return 200 or, if the response has no body, 204, unless their handler sets
another status.
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
"""Operations that return 202, because the platform performs them asynchronously. Operations on
conversations and on users' stations have handlers, which set the status themselves."""


def with_status(method: str, template: str, reply: Reply) -> Reply:
    """Return an operation's response with the success status that the platform uses."""
    if (method, template) in ACCEPTED and reply.status in {200, 204}:
        return replace(reply, status=202)
    return reply
