"""Handlers for access tokens: ``/api/v2/tokens``.

Invariants: revoking a token also revokes every other token issued from the same sign-in.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply, no_content
from genesys_core.simulator.http.problems import no_such_entity
from genesys_core.simulator.state.oauth_clients import OAUTH_CLIENTS

if TYPE_CHECKING:
    from genesys_core.simulator.state.examples import Json

__all__ = ["HANDLERS"]


def get_tokens_me(call: ApiCall) -> Reply:
    """Return the organization and the client of the caller's token."""
    organization = call.state.organization
    client_id = "" if call.token is None else call.token.client_id
    known = call.state.collections.get(OAUTH_CLIENTS, {}).get(client_id, {})
    client: Json = {
        "id": client_id,
        "name": known.get("name"),
        "authorizedGrantType": known.get("authorizedGrantType"),
        "organization": organization,
    }
    return json_reply(
        {
            "organization": organization,
            "homeOrganization": organization,
            "authorizedScope": [],
            "OAuthClient": client,
        }
    )


def head_tokens_me(call: ApiCall) -> Reply:  # noqa: ARG001 - the token is valid if this is called
    """Respond to a HEAD request with a 204; an invalid token has already been rejected with a 401."""
    return no_content()


def delete_tokens_me(call: ApiCall) -> Reply:
    """Revoke the access token with which the request is made."""
    if call.token is not None:
        call.state.revoke(call.token)
    return no_content()


def delete_token(call: ApiCall) -> Reply:
    """Revoke all access tokens of a user."""
    user_id = call.arguments["userId"]
    if user_id not in call.state.users:
        raise no_such_entity("user", user_id)
    for token in [each for each in call.state.tokens.values() if each.user_id == user_id]:
        call.state.revoke(token)
    return no_content()


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", "/api/v2/tokens/me"): get_tokens_me,
    ("HEAD", "/api/v2/tokens/me"): head_tokens_me,
    ("DELETE", "/api/v2/tokens/me"): delete_tokens_me,
    ("DELETE", "/api/v2/tokens/{userId}"): delete_token,
}
