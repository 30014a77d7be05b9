"""Stations, and their associations with users.

Invariants: a station has at most one user, and a user is associated with at most one station.
"""

from typing import Final

from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import Record, reference_of

__all__ = ["STATIONS", "associate_station", "leave_station", "set_default_station", "stations_of"]

STATIONS: Final = ("", "api", "v2", "stations")
"""The path segments of the station collection."""


def stations_of(state: PlatformState, user_id: str) -> Record:
    """Return the stations of a user, as a ``UserStations``."""
    return state.singles.get(_place(user_id), {})


def associate_station(state: PlatformState, user_id: str, station_id: str, when: str) -> None:
    """Associate a user with a station, and end the user's association with any other.

    Args:
        state: the platform's state.
        user_id: the id of the user.
        station_id: the id of an existing station that no other user uses.
        when: the date and time of the association.
    """
    leave_station(state, user_id)
    stations = state.collections[STATIONS]
    station = {**stations[station_id], "userId": user_id, "status": "ASSOCIATED"}
    stations[station_id] = station
    shown = {**_show(station), "associatedUser": _user(state, user_id), "associatedDate": when}
    _keep(state, user_id, {"associatedStation": shown, "lastAssociatedStation": shown})


def leave_station(state: PlatformState, user_id: str) -> None:
    """End a user's association with a station, if there is one."""
    stations = state.collections.get(STATIONS, {})
    for identity, station in stations.items():
        if station.get("userId") == user_id:
            rest = {name: value for name, value in station.items() if name != "userId"}
            stations[identity] = {**rest, "status": "AVAILABLE"}
    if "associatedStation" in stations_of(state, user_id):
        _keep(state, user_id, {"associatedStation": None})


def set_default_station(state: PlatformState, user_id: str, station_id: str | None) -> None:
    """Set a user's default station; ``None`` removes the default."""
    station = None if station_id is None else state.collections[STATIONS][station_id]
    shown = None if station is None else {**_show(station), "defaultUser": _user(state, user_id)}
    _keep(state, user_id, {"defaultStation": shown})


def _keep(state: PlatformState, user_id: str, changes: Record) -> None:
    """Update a user's stations; the effective station is the associated one, or else the default."""
    known = {**stations_of(state, user_id), **changes}
    known["effectiveStation"] = known.get("associatedStation") or known.get("defaultStation")
    state.singles[_place(user_id)] = {
        name: value for name, value in known.items() if value is not None
    }


def _user(state: PlatformState, user_id: str) -> Record:
    """Return the reference to a user that a station contains."""
    user = state.users[user_id]
    return {**reference_of(user), "version": user.get("version", 1)}


def _show(station: Record) -> Record:
    """Return a station as a ``UserStation``."""
    return {name: station[name] for name in ("id", "name", "type") if name in station}


def _place(user_id: str) -> tuple[str, ...]:
    return ("", "api", "v2", "users", user_id, "station")
