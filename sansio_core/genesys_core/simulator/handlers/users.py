"""Handlers for users: ``/api/v2/users`` and its subresources.

Invariants: expansions are returned only if requested with ``expand``. Each update increments the
user's version, and an update based on an outdated version is rejected with 409.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from genesys_core.simulator.conversations.agents import retire_user
from genesys_core.simulator.handlers.authorization import describe_authorization
from genesys_core.simulator.handlers.conversation_lookup import require_user_context
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
)
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import (
    PlatformProblem,
    bad_request,
    no_such_entity,
    version_conflict,
)
from genesys_core.simulator.state.default_roles import EMPLOYEE, role_id
from genesys_core.simulator.state.deleted_users import follow_deletion, leave_lists
from genesys_core.simulator.state.examples import Json, example_of
from genesys_core.simulator.state.grants import grant_role
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.stations import leave_station, stations_of
from genesys_core.simulator.state.world import (
    DIVISIONS,
    Record,
    home_division,
    reference_of,
    user_state,
)

__all__ = [
    "HANDLERS",
    "add_user",
    "check_email",
    "find_user_of_email",
    "remove_user",
    "update_user",
]

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
"""The values of ``expand`` that simulated users support."""


_DEEPEST: Final = 10_000
"""The maximum number of inactive users that can be listed, over all pages."""


def get_users_me(call: ApiCall) -> Reply:
    """Return the user of the caller's token."""
    user_id = require_user_context(call)
    return json_reply(_shown(call, _find(call, user_id), model="UserMe"))


def get_users(call: ApiCall) -> Reply:
    """Return a page of users in the requested ``state``, by default ``active``."""
    state, ids = call.argument("state", "active"), call.query.get("id")
    reach = (call.number("pageNumber", 1) or 1) * (call.number("pageSize", 25) or 1)
    if state == "inactive" and reach > _DEEPEST:
        raise bad_request(
            f"Only the first {_DEEPEST} inactive users can be listed.", field="pageNumber"
        )
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
    """Return a user in the requested ``state``; by default, any user that is not deleted."""
    user = _find(call, call.arguments["userId"])
    wanted, state = call.argument("state", ""), user_state(user)
    if wanted not in ("any", state) and (wanted or state == "deleted"):
        raise no_such_entity("user", call.arguments["userId"])
    return json_reply(_shown(call, user))


def post_users(call: ApiCall) -> Reply:
    """Create a user; reject an email that another user, even a deleted one, already has."""
    body = call.document()
    check_email(call.state, str(body.get("email")))
    return json_reply(_shown(call, add_user(call, body, str(body.pop("divisionId", "")))))


def patch_user(call: ApiCall) -> Reply:
    """Update a user; the request must contain the current version."""
    user, body = _find(call, call.arguments["userId"]), call.document()
    if body.get("version") != user.get("version"):
        raise version_conflict("user", str(user["id"]), body.get("version"), user.get("version"))
    if body.get("email") is not None:
        check_email(call.state, str(body["email"]), str(user["id"]))
    if "manager" in body:
        body["manager"] = _manager(body["manager"])
    return json_reply(_shown(call, update_user(call, user, body)))


def delete_user(call: ApiCall) -> Reply:
    """Mark a user as deleted; the record is kept, with the state ``deleted``."""
    user = _find(call, call.arguments["userId"])
    if user_state(user) == "deleted":
        raise no_such_entity("user", call.arguments["userId"])
    remove_user(call, user)
    return json_reply({})


def check_email(state: PlatformState, email: str, user_id: str = "") -> None:
    """Check that an email is not in use by any user, including deleted users.

    Raises:
        Problem: 409 if a user other than ``user_id`` uses the email.
    """
    other = find_user_of_email(state, email)
    if other is not None and other["id"] != user_id:
        extra: Record = {"entityId": other["id"], "entityName": "user"}
        message = f"A user with the email [{email}] already exists."
        raise PlatformProblem(409, "general.conflict", message, extra=extra)


def find_user_of_email(state: PlatformState, email: str) -> Record | None:
    """Return the user with an email, ignoring case and including deleted users, or ``None``."""
    wanted = email.casefold()
    users = state.users.values()
    return next((u for u in users if str(u.get("email") or "").casefold() == wanted), None)


def add_user(call: ApiCall, given: Mapping[str, Json], division_id: str) -> Record:
    """Create a user with the role ``employee``, and return the record.

    Raises:
        Problem: 400 if the simulator stores the maximum number of users.
    """
    state = call.state
    if len(state.users) >= call.settings.max_items:
        raise bad_request(
            f"The simulator stores at most {call.settings.max_items} users (Settings.max_items)."
        )
    identity = state.new_id("user")
    known = state.collections.get(DIVISIONS, {}).get(division_id)
    division: Record = {
        "id": division_id,
        "selfUri": f"/api/v2/authorization/divisions/{division_id}",
    }
    user: Record = {
        "id": identity,
        "division": division if known is None else reference_of(known),
        "username": given.get("email"),
        "acdAutoAnswer": False,
        **{
            name: value
            for name, value in given.items()
            if value is not None and name not in {"divisionId", "password"}
        },
        "state": given.get("state") or "active",
        "version": 1,
        "selfUri": f"/api/v2/users/{identity}",
    }
    state.users[identity], when = user, format_instant(call.now.wall)
    state.modified_users[identity] = when
    home, role = str(home_division(state.seed)["id"]), role_id(state.seed, EMPLOYEE)
    grant_role(state, identity, role, home, when)
    return user


def update_user(call: ApiCall, user: Record, changes: Mapping[str, Json]) -> Record:
    """Change a user, increment the version, and return the record; null removes a property."""
    merged = {**call.state.users[str(user["id"])], **changes}
    version = merged.get("version")
    kept = {name: value for name, value in merged.items() if value is not None}
    changed: Record = {**kept, "version": version + 1 if isinstance(version, int) else 1}
    call.state.users[str(user["id"])] = changed
    call.state.modified_users[str(user["id"])] = format_instant(call.now.wall)
    follow_deletion(call.state, changed, call.settings.max_deleted_users)
    return changed


def remove_user(call: ApiCall, user: Record) -> None:
    """Mark a user as deleted, and remove the user from all queues, groups and teams."""
    identity = str(user["id"])
    retire_user(call.state, identity, call.now)
    leave_station(call.state, identity)
    leave_lists(call.state, identity)
    update_user(call, user, {"state": "deleted"})


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


def _shown(call: ApiCall, user: Record, model: str = "User") -> Json:
    wanted = {name.partition(".")[0].lower() for name in call.query.get("expand", ())}
    hidden = {name for name in _EXPANSIONS if name.lower() not in wanted}
    plain = {name: value for name, value in user.items() if name not in hidden}
    if "station" in wanted:
        plain["station"] = stations_of(call.state, str(user["id"]))
    if "authorization" in wanted:
        plain["authorization"] = describe_authorization(call, str(user["id"]))
    return {**_made_up(call, wanted, model), **plain}


def _made_up(call: ApiCall, wanted: Iterable[str], model: str) -> Record:
    """Return example values for the requested expansions.

    The caller overwrites those that the simulator stores.
    """
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
