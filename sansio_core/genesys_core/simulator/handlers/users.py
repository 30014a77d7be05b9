"""Handlers for users: ``/api/v2/users`` and its subresources.

Invariants: expansions are returned only if requested with ``expand``. Each update increments the
user's version, and an update based on an outdated version is rejected with 409.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from genesys_core.simulator.conversations.agents import retire_user
from genesys_core.simulator.handlers.authorization import describe_authorization
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
)
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import PlatformProblem, no_such_entity, version_conflict
from genesys_core.simulator.state.default_roles import EMPLOYEE, role_id
from genesys_core.simulator.state.examples import Json, example_of
from genesys_core.simulator.state.grants import grant_role
from genesys_core.simulator.state.world import Record, home_division, user_state

__all__ = ["HANDLERS"]

_EXPANSIONS: Final = frozenset(
    {
        "presence",
        "routingStatus",
        "skills",
        "languages",
        "groups",
        "locations",
        "profileSkills",
        "certifications",
        "dateLastLogin",
    }
)
"""Expansions supported by simulated users."""


def get_users_me(call: ApiCall) -> Reply:
    """Return the token's user."""
    user_id = None if call.token is None else call.token.user_id
    if user_id is None:
        message = (
            "This request requires a user context. Client credentials cannot be used for requests "
            "to this resource."
        )
        raise PlatformProblem(400, "bad.request", message)
    return json_reply(_shown(call, _find(call, user_id), model="UserMe"))


def get_users(call: ApiCall) -> Reply:
    """Return a page of users, optionally filtered by state or id."""
    state, ids = call.argument("state", "active"), call.query.get("id")
    chosen = [
        user
        for user in call.state.users.values()
        if (ids is None or user["id"] in ids) and state in ("any", user_state(user))
    ]
    chosen.sort(
        key=lambda user: str(user.get("name")),
        reverse=call.argument("sortOrder", "ascending") == "descending",
    )
    return json_reply(make_page(call, chosen, lambda user: _shown(call, user)))


def get_user(call: ApiCall) -> Reply:
    """Return a user; a deleted one only if ``state`` includes it."""
    user = _find(call, call.arguments["userId"])
    if call.argument("state", "active") not in ("any", user_state(user)):
        raise no_such_entity("user", call.arguments["userId"])
    return json_reply(_shown(call, user))


def post_users(call: ApiCall) -> Reply:
    """Create a user."""
    body = call.document()
    identity = call.state.new_id("user")
    division = str(body.pop("divisionId", ""))
    body.pop("password", None)
    user: Record = {
        "id": identity,
        "division": {"id": division, "selfUri": f"/api/v2/authorization/divisions/{division}"},
        "username": body.get("email"),
        "acdAutoAnswer": False,
        **{name: value for name, value in body.items() if value is not None},
        "state": body.get("state") or "active",
        "version": 1,
        "selfUri": f"/api/v2/users/{identity}",
    }
    call.state.users[identity] = user
    home = str(home_division(call.state.seed)["id"])
    role = role_id(call.state.seed, EMPLOYEE)
    grant_role(call.state, identity, role, home, format_instant(call.now.wall))
    return json_reply(_shown(call, user))


def patch_user(call: ApiCall) -> Reply:
    """Update a user; the request must contain the current version."""
    user, body = _find(call, call.arguments["userId"]), call.document()
    if body.get("version") != user.get("version"):
        raise version_conflict("user", str(user["id"]), body.get("version"), user.get("version"))
    if "manager" in body:
        body["manager"] = _manager(body["manager"])
    return json_reply(_shown(call, _store(call, {**user, **body})))


def delete_user(call: ApiCall) -> Reply:
    """Mark a user as deleted; the record is kept, with the state ``deleted``."""
    user = _find(call, call.arguments["userId"])
    if user_state(user) == "deleted":
        raise no_such_entity("user", call.arguments["userId"])
    retire_user(call.state, str(user["id"]), call.now)
    _store(call, {**_find(call, str(user["id"])), "state": "deleted"})
    return json_reply({})


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", "/api/v2/users/me"): get_users_me,
    ("GET", "/api/v2/users"): get_users,
    ("POST", "/api/v2/users"): post_users,
    ("GET", "/api/v2/users/{userId}"): get_user,
    ("PATCH", "/api/v2/users/{userId}"): patch_user,
    ("DELETE", "/api/v2/users/{userId}"): delete_user,
}


def _find(call: ApiCall, identity: str) -> Record:
    user = call.state.users.get(identity)
    if user is None:
        raise no_such_entity("user", identity)
    return user


def _store(call: ApiCall, user: Record) -> Record:
    version = user.get("version")
    kept = {name: value for name, value in user.items() if value is not None}
    changed: Record = {**kept, "version": version + 1 if isinstance(version, int) else 1}
    call.state.users[str(user["id"])] = changed
    return changed


def _shown(call: ApiCall, user: Record, model: str = "User") -> Json:
    wanted = {name.partition(".")[0].lower() for name in call.query.get("expand", ())}
    hidden = {name for name in _EXPANSIONS if name.lower() not in wanted}
    plain = {name: value for name, value in user.items() if name not in hidden}
    if "authorization" in wanted:
        plain["authorization"] = describe_authorization(call, str(user["id"]))
    return {**_made_up(call, wanted, model), **plain}


def _made_up(call: ApiCall, wanted: Iterable[str], model: str) -> Record:
    """Return example values for expansions that simulated users do not support."""
    schema = call.definition.schemas.get(model)
    properties = {} if schema is None else schema.properties or {}
    return {
        name: example_of(call.definition, each, depth=1, hint=name)
        for name, each in properties.items()
        if name.lower() in wanted
    }


def _manager(identity: Json) -> Json:
    """Convert a manager's id in a request to the object in a response."""
    return {"id": identity, "selfUri": f"/api/v2/users/{identity}"} if identity else None
