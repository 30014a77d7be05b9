"""Handlers for users' presences and routing statuses.

Invariants: each change publishes exactly one event on the user's topic for presences or for routing
statuses. Events spell presences differently from REST responses: ``On Queue`` in REST is ``ON_QUEUE``
in an event.
"""

from collections.abc import Mapping

from genesys_core.simulator.conversations.agents import follow_presence, request_routing_status
from genesys_core.simulator.conversations.user_queries import present_presence
from genesys_core.simulator.conversations.user_statuses import note_status
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, format_instant, json_reply
from genesys_core.simulator.http.problems import bad_request, no_such_entity
from genesys_core.simulator.state.channels import Notice
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import SYSTEM_PRESENCES, Record, presence_definition

__all__ = ["HANDLERS"]


def get_presence(call: ApiCall) -> Reply:
    """Return a user's presence."""
    return json_reply(_user(call).get("presence"))


def patch_presence(call: ApiCall) -> Reply:
    """Change a user's presence, and publish the change."""
    user = _user(call)
    presence = _changed(call, user)
    changed = {**user, "presence": presence}
    before, after = present_presence(user), present_presence(changed)
    if before != after:
        identity = str(user["id"])
        note_status(call.state, identity, "presence", call.now, before=before, after=after)
    call.state.users[str(user["id"])] = changed
    call.state.notices.append(Notice(f"v2.users.{user['id']}.presence", _event(presence)))
    if call.document().get("presenceDefinition") is not None:
        follow_presence(call.state, str(user["id"]), _event_presence(presence), call.now)
    return json_reply(presence)


def get_routing_status(call: ApiCall) -> Reply:
    """Return a user's routing status."""
    return json_reply(_user(call).get("routingStatus"))


def put_routing_status(call: ApiCall) -> Reply:
    """Change a user's routing status, and publish the change."""
    user, body = _user(call), call.document()
    if not body.get("status"):
        raise bad_request("The request body must contain the field 'status'.", field="status")
    request_routing_status(call.state, str(user["id"]), str(body["status"]), call.now)
    return json_reply(_user(call).get("routingStatus"))


def get_system_presences(call: ApiCall) -> Reply:  # noqa: ARG001 - a handler like the others
    """Return the system presences, which exist in every organization."""
    known = map(presence_definition, SYSTEM_PRESENCES)
    return json_reply([{"id": each["id"], "name": _word(each)} for each in known])


_PRESENCE = "/api/v2/users/{userId}/presences"
_DEFINITIONS = ("", "api", "v2", "presence", "definitions")

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", f"{_PRESENCE}/purecloud"): get_presence,
    ("PATCH", f"{_PRESENCE}/purecloud"): patch_presence,
    ("GET", f"{_PRESENCE}/{{sourceId}}"): get_presence,
    ("PATCH", f"{_PRESENCE}/{{sourceId}}"): patch_presence,
    ("GET", "/api/v2/users/{userId}/routingstatus"): get_routing_status,
    ("PUT", "/api/v2/users/{userId}/routingstatus"): put_routing_status,
    ("GET", "/api/v2/systempresences"): get_system_presences,
}


def _user(call: ApiCall) -> Record:
    user = call.state.users.get(call.arguments["userId"])
    if user is None:
        raise no_such_entity("user", call.arguments["userId"])
    return user


def _changed(call: ApiCall, user: Record) -> Record:
    before, body = user.get("presence"), call.document()
    old: Mapping[str, Json] = before if isinstance(before, Mapping) else {}
    source = call.arguments.get("sourceId", "purecloud")
    presence: Record = {
        "primary": True,
        "message": "",
        **old,
        **{name: value for name, value in body.items() if value is not None},
        "id": user["id"],
        "source": source.upper(),
        "modifiedDate": format_instant(call.now.wall),
        "selfUri": f"/api/v2/users/{user['id']}/presences/{source.lower()}",
    }
    if body.get("presenceDefinition") is not None:
        presence["presenceDefinition"] = _definition(call, body["presenceDefinition"])
    return presence


def _definition(call: ApiCall, given: Json) -> Record:
    """Return the presence definition that a request names by id or by system presence.

    Raises:
        Problem: 400 if there is no such definition.
    """
    named: Mapping[str, Json] = given if isinstance(given, Mapping) else {}
    for known in map(presence_definition, SYSTEM_PRESENCES):
        if named.get("id") == known["id"]:
            return known
        if "id" not in named and _word(named) == _word(known):
            return known
    own = call.state.collections.get(_DEFINITIONS, {}).get(str(named.get("id")))
    if own is not None:
        return {name: own[name] for name in ("id", "systemPresence", "selfUri") if name in own}
    if named.get("id") and named.get("systemPresence"):
        return {**named}  # complete, so tests need not create the definition
    message = (
        "The presenceDefinition must have the id of a definition, or a systemPresence: one of "
        f"{', '.join(SYSTEM_PRESENCES)}."
    )
    raise bad_request(message, field="presenceDefinition")


def _word(definition: Mapping[str, Json]) -> str:
    """Return the system presence of a presence definition, as spelled in events."""
    return str(definition.get("systemPresence") or "").upper().replace(" ", "_")


def _event_presence(presence: Record) -> str:
    """Return the system presence of a user's presence, as spelled in events."""
    return _word(_known_definition(presence))


def _known_definition(presence: Record) -> Mapping[str, Json]:
    definition = presence.get("presenceDefinition")
    return definition if isinstance(definition, Mapping) else {}


def _event(presence: Record) -> Record:
    known = _known_definition(presence)
    return {
        "source": presence["source"],
        "presenceDefinition": {"id": known.get("id"), "systemPresence": _word(known)},
        "primary": presence["primary"],
        "message": presence["message"],
        "modifiedDate": presence["modifiedDate"],
    }
