"""User analytics: aggregates, details and observations.

Invariants: everything is computed from recorded presences, routing statuses and memberships.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.conversations.user_queries import (
    query_user_aggregates,
    query_user_details,
    query_user_observations,
)
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply

__all__ = ["HANDLERS"]


def post_aggregates_query(call: ApiCall) -> Reply:
    """Return the response to a user aggregates query."""
    return json_reply(query_user_aggregates(call.state, call.document(), call.now))


def post_details_query(call: ApiCall) -> Reply:
    """Return the response to a user details query."""
    return json_reply(query_user_details(call.state, call.document()))


def post_observations_query(call: ApiCall) -> Reply:
    """Return the response to a user observations query."""
    return json_reply(query_user_observations(call.state, call.document()))


_USERS: Final = "/api/v2/analytics/users"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", f"{_USERS}/aggregates/query"): post_aggregates_query,
    ("POST", f"{_USERS}/details/query"): post_details_query,
    ("POST", f"{_USERS}/observations/query"): post_observations_query,
}
