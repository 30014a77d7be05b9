"""Handlers that write OAuth clients, which can then get tokens at the login host.

Invariants: the API's and the login host's records of a client change together. A deleted or
inactive client gets no tokens, and its tokens are revoked. A client keeps its secret until a new
one is requested. A client that uses client credentials has at least one role.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from msgspec.structs import replace

from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.problems import PlatformProblem, bad_request, no_such_entity
from genesys_core.simulator.http.values import conform_reply
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.grants import forget_subject, grant_role
from genesys_core.simulator.state.oauth_clients import OAUTH_CLIENTS, login_client
from genesys_core.simulator.state.world import Record, home_division

__all__ = ["HANDLERS"]

_KEPT: Final = ("id", "secret", "dateCreated", "createdBy", "selfUri")


def post_client(call: ApiCall) -> Reply:
    """Create an OAuth client with a new secret and the roles that the body names."""
    if len(call.state.clients) >= call.settings.max_items:
        raise bad_request(
            f"The simulator stores at most {call.settings.max_items} OAuth clients (Settings.max_items)."
        )
    identity, when = call.state.new_id("oauth client"), format_instant(call.now.wall)
    return _keep(
        call,
        {
            "state": "active",
            **_given(call),
            "id": identity,
            "secret": call.state.new_secret("client secret"),
            "dateCreated": when,
            "createdBy": _caller(call),
            "selfUri": "/".join((*OAUTH_CLIENTS, identity)),
        },
    )


def put_client(call: ApiCall) -> Reply:
    """Replace an OAuth client; its id and secret are kept."""
    old = _find(call)
    kept: Record = {name: old[name] for name in _KEPT if name in old}
    return _keep(call, {"state": old.get("state", "active"), **_given(call), **kept})


def post_secret(call: ApiCall) -> Reply:
    """Generate a new secret for an OAuth client; the previous secret becomes invalid."""
    return _keep(call, {**_find(call), "secret": call.state.new_secret("client secret")})


def delete_client(call: ApiCall) -> Reply:
    """Delete an OAuth client, and revoke its tokens."""
    identity = str(_find(call)["id"])
    del call.state.collections[OAUTH_CLIENTS][identity]
    call.state.clients.pop(identity, None)
    forget_subject(call.state, identity)
    _end_tokens(call, identity)
    return no_content()


def _keep(call: ApiCall, record: Record) -> Reply:
    """Store a client's records for the API and for the login host, and return the response."""
    record = {
        **record,
        "dateModified": format_instant(call.now.wall),
        "modifiedBy": _caller(call),
    }
    schema = call.route.facts.reply_schema or Schema()
    kept = cast(Record, conform_reply(call, schema, record))
    identity = str(kept["id"])
    call.state.collections.setdefault(OAUTH_CLIENTS, {})[identity] = kept
    client = login_client(kept)
    if client is None:
        call.state.clients.pop(identity, None)
        _end_tokens(call, identity)
    else:
        old = call.state.clients.get(identity)
        if old is not None and call.route.template.endswith("/secret"):
            # A client of the world may have more than one grant, and a user.
            client = replace(old, secret=client.secret)
        call.state.clients[identity] = client
    if call.body is not None:
        _grant_roles(call, identity, kept)
    return json_reply(kept)


def _grant_roles(call: ApiCall, identity: str, record: Record) -> None:
    """Replace a client's grants with the roles that its record names."""
    home, when = str(home_division(call.state.seed)["id"]), format_instant(call.now.wall)
    forget_subject(call.state, identity)
    for role_id in _elements(record.get("roleIds")):
        grant_role(call.state, identity, str(role_id), home, when)
    for pair in _elements(record.get("roleDivisions")):
        given: Mapping[str, Json] = pair if isinstance(pair, Mapping) else {}
        grant_role(
            call.state, identity, str(given.get("roleId")), str(given.get("divisionId")), when
        )


def _end_tokens(call: ApiCall, identity: str) -> None:
    for token in [each for each in call.state.tokens.values() if each.client_id == identity]:
        call.state.revoke(token)


def _find(call: ApiCall) -> Record:
    identity = call.arguments["clientId"]
    found = call.state.collections.get(OAUTH_CLIENTS, {}).get(identity)
    if found is None:
        raise no_such_entity("client", identity)
    return found


def _given(call: ApiCall) -> Record:
    """Return the properties of a client in a call's body, without nulls.

    Raises:
        Problem: 400 for a client that uses client credentials and has no role.
    """
    given: Record = {name: value for name, value in call.document().items() if value is not None}
    is_service = given.get("authorizedGrantType") == "CLIENT-CREDENTIALS"
    if is_service and not any(_elements(given.get(name)) for name in ("roleIds", "roleDivisions")):
        message = "A client that uses client credentials needs at least one role."
        raise PlatformProblem(400, "missing.client.roles", message)
    return given


def _caller(call: ApiCall) -> Record:
    identity = "" if call.token is None else call.token.user_id or call.token.client_id
    return {"id": identity}


def _elements(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()


_CLIENT: Final = "/api/v2/oauth/clients/{clientId}"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", "/api/v2/oauth/clients"): post_client,
    ("PUT", _CLIENT): put_client,
    ("DELETE", _CLIENT): delete_client,
    ("POST", f"{_CLIENT}/secret"): post_secret,
}
