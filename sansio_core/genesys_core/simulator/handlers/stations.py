"""Handlers for users' stations.

Invariants: a station that is associated with another user cannot be used. All changes return 202
without a body.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.handlers.conversation_lookup import require_user, require_user_context
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
)
from genesys_core.simulator.http.problems import PlatformProblem, no_such_entity
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.examples import example_of, uuid_shaped
from genesys_core.simulator.state.stations import (
    STATIONS,
    associate_station,
    leave_station,
    set_default_station,
    stations_of,
)
from genesys_core.simulator.state.world import Record

__all__ = ["HANDLERS"]


def get_stations(call: ApiCall) -> Reply:
    """Return a user's stations."""
    return json_reply(stations_of(call.state, _user_id(call)))


def put_associated_station(call: ApiCall) -> Reply:
    """Associate a user with a station."""
    user_id, station = _user_id(call), _station(call)
    if station.get("userId") not in {None, user_id}:
        message = f"The station {station['id']} is used by another user."
        raise PlatformProblem(409, "userservice.stationalreadyassociated", message)
    associate_station(call.state, user_id, str(station["id"]), format_instant(call.now.wall))
    return Reply(202)


def delete_associated_station(call: ApiCall) -> Reply:
    """End a user's association with a station."""
    leave_station(call.state, _user_id(call))
    return Reply(202)


def put_default_station(call: ApiCall) -> Reply:
    """Set a user's default station."""
    set_default_station(call.state, _user_id(call), str(_station(call)["id"]))
    return Reply(202)


def delete_default_station(call: ApiCall) -> Reply:
    """Remove a user's default station."""
    set_default_station(call.state, _user_id(call), None)
    return Reply(202)


def delete_associated_user(call: ApiCall) -> Reply:
    """End a station's association with its user."""
    user_id = _station(call).get("userId")
    if user_id is not None:
        leave_station(call.state, str(user_id))
    return Reply(202)


def _user_id(call: ApiCall) -> str:
    user_id = call.arguments.get("userId")
    return require_user(call, require_user_context(call) if user_id is None else user_id)


def _station(call: ApiCall) -> Record:
    """Return the station in a call's path.

    If no stations are stored, the example station of the listing is stored first.

    Raises:
        Problem: 404 if there is no such station.
    """
    identity = call.arguments["stationId"]
    stations = call.state.collections.get(STATIONS, {})
    if not stations and identity == uuid_shaped(call.state.seed, *STATIONS):
        made = example_of(call.definition, Schema(ref="#/definitions/Station"))
        known: Record = {**made} if isinstance(made, Mapping) else {}
        for name in ("userId", "webRtcUserId"):
            known.pop(name, None)
        known |= {"id": identity, "status": "AVAILABLE", "selfUri": "/".join((*STATIONS, identity))}
        stations = call.state.collections.setdefault(STATIONS, {})
        stations[identity] = known
    if identity not in stations:
        raise no_such_entity("station", identity)
    return stations[identity]


_ME: Final = "/api/v2/users/stations/me"
_USER: Final = "/api/v2/users/{userId}/station"
_STATION: Final = "associatedstation/{stationId}"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", _ME): get_stations,
    ("DELETE", f"{_ME}/associatedstation"): delete_associated_station,
    ("PUT", f"{_ME}/{_STATION}"): put_associated_station,
    ("GET", _USER): get_stations,
    ("DELETE", f"{_USER}/associatedstation"): delete_associated_station,
    ("PUT", f"{_USER}/{_STATION}"): put_associated_station,
    ("DELETE", f"{_USER}/defaultstation"): delete_default_station,
    ("PUT", f"{_USER}/defaultstation/{{stationId}}"): put_default_station,
    ("DELETE", "/api/v2/stations/{stationId}/associateduser"): delete_associated_user,
}
