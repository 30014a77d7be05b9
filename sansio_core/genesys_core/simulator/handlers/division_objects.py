"""Handler that moves entities to a division.

The path is ``/api/v2/authorization/divisions/{divisionId}/objects/{objectType}``.

Invariants: all entities in a request are moved, or none. An entity is in exactly one division, the
one in its ``division`` property.

Guess: a request with an unknown id gets a 404.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, no_content
from genesys_core.simulator.http.problems import invalid_value, no_such_entity
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import DIVISIONS, Record, reference_of

__all__ = ["HANDLERS", "OBJECT_TYPES", "name_objects"]

_OUTBOUND: Final = "/api/v2/outbound"
_WFM: Final = "/api/v2/workforcemanagement"

OBJECT_TYPES: Final[Mapping[str, str]] = {
    "BUSINESSUNIT": f"{_WFM}/businessunits",
    "CALLROUTE": "/api/v2/architect/ivrs",
    "CAMPAIGN": f"{_OUTBOUND}/campaigns",
    "CONTACTLIST": f"{_OUTBOUND}/contactlists",
    "DATATABLES": "/api/v2/flows/datatables",
    "DNCLIST": f"{_OUTBOUND}/dnclists",
    "EMAILCAMPAIGN": f"{_OUTBOUND}/messagingcampaigns",
    "EMERGENCYGROUPS": "/api/v2/architect/emergencygroups",
    "EXTENSIONPOOL": "/api/v2/telephony/providers/edges/extensionpools",
    "FLOW": "/api/v2/flows",
    "FLOWMILESTONE": "/api/v2/flows/milestones",
    "FLOWOUTCOME": "/api/v2/flows/outcomes",
    "LIBRARY": "/api/v2/responsemanagement/libraries",
    "MANAGEMENTUNIT": f"{_WFM}/managementunits",
    "MESSAGINGCAMPAIGN": f"{_OUTBOUND}/messagingcampaigns",
    "QUEUE": "/api/v2/routing/queues",
    "ROUTINGSCHEDULEGROUPS": "/api/v2/architect/schedulegroups",
    "ROUTINGSCHEDULES": "/api/v2/architect/schedules",
    "SCRIPT": "/api/v2/scripts",
    "SKILLGROUP": "/api/v2/routing/skillgroups",
    "TEAM": "/api/v2/teams",
    "USER": "/api/v2/users",
    "WORKBIN": "/api/v2/taskmanagement/workbins",
    "WORKTYPE": "/api/v2/taskmanagement/worktypes",
}
"""The path of the collection that contains the entities, by object type."""


def post_objects(call: ApiCall) -> Reply:
    """Move entities of one type to a division."""
    division_id, kind = call.arguments["divisionId"], call.arguments["objectType"]
    division = call.state.collections.get(DIVISIONS, {}).get(division_id)
    if division is None:
        raise no_such_entity("division", division_id)
    if kind not in OBJECT_TYPES:
        raise invalid_value(kind, f"one of {', '.join(OBJECT_TYPES)}", field="objectType")
    held = _things(call.state, OBJECT_TYPES[kind])
    ids = [identity for _, identity in name_objects(call)]
    for identity in ids:
        if identity not in held:
            raise no_such_entity(kind.lower(), identity)
    for identity in ids:
        held[identity] = {**held[identity], "division": reference_of(division)}
    return no_content()


def name_objects(call: ApiCall) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the collection's path segments and the id of each entity that an API call moves."""
    path = OBJECT_TYPES.get(call.arguments.get("objectType", ""))
    if path is not None and isinstance(call.body, list):
        for each in call.body:
            yield tuple(path.split("/")), str(each)


def _things(state: PlatformState, path: str) -> dict[str, Record]:
    match path:
        case "/api/v2/users":
            return state.users
        case "/api/v2/routing/queues":
            return state.queues
        case _:
            return state.collections.get(tuple(path.split("/")), {})


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", "/api/v2/authorization/divisions/{divisionId}/objects/{objectType}"): post_objects,
}
